"""Finds series that a result has twice, at sixteen bytes for each one, however long their names are."""

from array import array
from collections.abc import Hashable, Sequence
from typing import Final

_PART: Final = 16_384
"""So many series, about, are compared at once, which bounds the memory that it takes for a moment."""


class SeenSeries:
    """The series of a result, each with the number of its row."""

    def __init__(self) -> None:
        """Begin with none."""
        # Hashes of 64 bits, which are seeded anew in each process: two of a million series meet by chance in one of
        # 37 million results.
        self._hashes = array("q")
        self._rows = array("Q")

    def add_all(self, series: Sequence[Hashable], first: int) -> None:
        """Note the series of consecutive rows, the first of which has the number `first`."""
        self._hashes.extend(map(hash, series))
        self._rows.extend(range(first, first + len(series)))

    def repeated(self) -> tuple[int, int] | None:
        """Return the rows in which the first repeated series is, the first time and the second; None without one."""
        return None if self._count_distinct() == len(self._hashes) else self._first_repeated()

    def _count_distinct(self) -> int:
        parts = len(self._hashes) // _PART + 1
        if parts == 1:
            return len(set(self._hashes))
        shared_out = [array("q") for _ in range(parts)]
        for value in self._hashes:
            shared_out[value % parts].append(value)
        return sum(len(set(part)) for part in shared_out)

    def _first_repeated(self) -> tuple[int, int]:
        seen: dict[int, int] = {}
        for value, row in zip(self._hashes, self._rows, strict=True):
            first = seen.setdefault(value, row)
            if first != row:
                return first, row
        raise AssertionError("unreachable: fewer hashes than rows")
