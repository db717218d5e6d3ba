"""Cuts what a query gave into blocks that fit onto pages, and knows the place in a result where it was cut."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

from .batch import Batch
from .datum import INVALID_ROWS, Datum
from .errors import QueryFailed


# Named tuples, here and elsewhere in the function: a dataclass takes half a millisecond of each cold start.
class Position(NamedTuple):
    """A place in the datums of one query.

    Attributes:
        published: how many lie before it.
        trail: a digest of what these cover, in their order; "" at the beginning.
    """

    published: int = 0
    trail: str = ""


BEGINNING: Final = Position()


class Room(NamedTuple):
    """What still fits: a number of datums, and a size as Batch has it."""

    datums: int
    size: int


class Block(NamedTuple):
    """Some datums of one query.

    Attributes:
        datums: themselves; none at all if there was no room for the first one.
        size: theirs together, as Batch has it.
        end: where the next block begins; None if there is none.
    """

    datums: list[Datum]
    size: int
    end: Position | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it, and nothing follows."""
        return not self.datums and self.end is None

    @property
    def measured(self) -> int:
        """The number of datums of the query, without Sidestep's own."""
        return sum(datum["MetricName"] != INVALID_ROWS for datum in self.datums)


def blocks(batches: Iterable[Batch], start: Position, room: Room, page: Room) -> Iterator[Block]:
    """Yield the blocks of a result from `start` on; whoever takes the last one knows that the result is right.

    Args:
        batches: of the whole result, from its beginning.
        start: where to begin; what lies before it was published and is left out.
        room: for the first block.
        page: the room for each further one.

    Raises:
        QueryFailed: what lies before `start` is not what it was.
    """
    trail = _Trail()
    filling = _Filling(room)
    for batch in batches:
        index = trail.skip(batch, start)
        while index < len(batch.datums):
            end = filling.take(batch, index)
            if end == index:
                trail.follow(filling.marks)
                yield filling.block(trail.position)
                filling = _Filling(page)
            index = end
    if start.published and not filling.marks:  # there was at least one more, or nobody would ask
        raise _other_rows(start)
    yield filling.block(None)


class _Filling:
    """A block that is not full yet."""

    def __init__(self, room: Room) -> None:
        self.marks: list[str] = []
        self._room = room
        self._datums: list[Datum] = []
        self._size = 0

    def take(self, batch: Batch, start: int) -> int:
        """Take datums from an index on, as many as fit, and return the index of the first that does not."""
        end = min(len(batch.datums), start + self._room.datums - len(self._datums))
        needed = sum(batch.sizes[start:end])
        while self._size + needed > self._room.size:
            end -= 1
            needed -= batch.sizes[end]
        self._datums += batch.datums[start:end]
        self.marks += batch.marks[start:end]
        self._size += needed
        return end

    def block(self, end: Position | None) -> Block:
        return Block(self._datums, self._size, end)


class _Trail:
    """Follows datums, and remembers what they covered, in which order, not what they measured."""

    def __init__(self) -> None:
        self._count = 0
        self._digest = blake2b(digest_size=16)

    @property
    def position(self) -> Position:
        return Position(self._count, self._digest.hexdigest()) if self._count else BEGINNING

    def follow(self, marks: list[str]) -> None:
        self._count += len(marks)
        self._digest.update("".join(marks).encode())

    def skip(self, batch: Batch, start: Position) -> int:
        """Follow what lies before `start`, and return the index of the first datum that does not."""
        index = min(len(batch.marks), max(0, start.published - self._count))
        if index:
            self.follow(batch.marks[:index])
            if self._count == start.published and self.position != start:
                raise _other_rows(start)
        return index


def _other_rows(start: Position) -> QueryFailed:
    return QueryFailed(
        f"the result was read again to go on after its first {start.published} values, but its rows are other ones "
        "or in another order; ORDER BY all dimensions, and in a distribution by the values as well"
    )
