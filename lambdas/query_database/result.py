"""One query's rows, in batches that are small enough for the memory."""

from collections.abc import Iterator, Sequence
from typing import Final

from ..engines.interface import Row, Stream

BATCH: Final = 1000
"""Rows that are looked at together; as many datums are on a page, so more would only take more memory."""

BATCH_SIZE: Final = 1_000_000
"""Characters of text in the datums of a batch at which no further row is added."""


class Result:
    """The rows of one query.

    Attributes:
        columns: their names.
        rows_read: how many rows have been read so far.
    """

    def __init__(self, stream: Stream, datums_per_row: int = 1) -> None:
        """Prepare to read a stream. Each datum of a row, at least one, repeats the row's text."""
        self.columns = stream.columns
        self.rows_read = 0
        self._stream = stream
        self._most_text = BATCH_SIZE // datums_per_row

    def __iter__(self) -> Iterator[Sequence[Row]]:
        """Yield the rows, up to `BATCH` at a time; raises what the stream raises."""
        rows: list[Row] = []
        text = 0
        for row in self._stream:
            self.rows_read += 1
            rows.append(row)
            for cell in row:
                if type(cell) is str:
                    text += len(cell)
            if text >= self._most_text or len(rows) == BATCH:
                yield rows
                rows, text = [], 0
        if rows:
            yield rows
