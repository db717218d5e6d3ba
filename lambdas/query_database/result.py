"""One query's rows, read from the database some at a time: so few that they never fill the memory."""

from collections.abc import Iterator, Sequence
from typing import Final

from engines.interface import Row, Stream

BATCH: Final = 1000
"""Rows that are looked at together; as many datums are on a page, so more would only take more memory."""

BATCH_SIZE: Final = 1_000_000
"""Characters of text in the rows that are looked at together, with which no further ones are read."""

_STEP: Final = 100
"""Rows that are read at once as long as it is not known that they are short."""


class Result:
    """The rows of one query.

    Attributes:
        columns: their names.
        rows_read: how many rows have been read so far.
    """

    def __init__(self, stream: Stream) -> None:
        """Begin to read a stream."""
        self.columns = stream.columns
        self.rows_read = 0
        self._stream = stream
        self._step = _STEP

    def __iter__(self) -> Iterator[Sequence[Row]]:
        """Yield the rows, up to `BATCH` at a time; raises what the stream raises."""
        while rows := self._some():
            yield rows

    def _some(self) -> list[Row]:
        """Return the next rows: so many, or so few if they are long."""
        rows: list[Row] = []
        size = 0
        while len(rows) < BATCH and size < BATCH_SIZE:
            seen = len(rows)
            try:
                rows.extend(self._stream.read(min(self._step, BATCH - seen)))
            finally:
                self.rows_read += len(rows) - seen
            if len(rows) == seen:
                break
            new = sum(len(cell) for row in rows[seen:] for cell in row if isinstance(cell, str | bytes))
            size += new
            self._step = BATCH if new * BATCH <= BATCH_SIZE * (len(rows) - seen) else _STEP
        return rows
