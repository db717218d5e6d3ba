"""Cuts what a query gave into blocks that fit onto pages, and knows the place in a result where it was cut."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Final

from query_database.datum import Datum, json_bytes
from query_database.errors import QueryFailed


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the datums of one query.

    Attributes:
        published: how many lie before it.
        trail: a digest of the series of these, in their order; "" at the beginning.
    """

    published: int = 0
    trail: str = ""


BEGINNING: Final = Position()


@dataclass(frozen=True, slots=True)
class Room:
    """What still fits: a number of datums, and of bytes as UTF-8 JSON."""

    datums: int
    size: int


@dataclass(frozen=True, slots=True)
class Block:
    """Some datums of one query.

    Attributes:
        datums: themselves; none at all if there was no room for the first one.
        size: their bytes as UTF-8 JSON.
        end: where the next block begins; None if there is none.
    """

    datums: list[Datum]
    size: int
    end: Position | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it, and nothing follows."""
        return not self.datums and self.end is None


def blocks(datums: Iterable[Datum], start: Position, room: Room, page: Room) -> Iterator[Block]:
    """Yield the blocks of a result from `start` on; whoever takes the last one knows that the result is right.

    Args:
        datums: of the whole result, from its beginning.
        start: where to begin; what lies before it was published and is left out.
        room: for the first block.
        page: the room for each further one.

    Raises:
        QueryFailed: what lies before `start` is not what it was.
    """
    stream = iter(datums)
    trail = _Trail()
    trail.follow(islice(stream, start.published))
    if trail.position != start:
        raise QueryFailed(
            f"the result was read again to go on after its first {start.published} values, but its rows are other "
            "ones or in another order; add an ORDER BY that leaves none of them open, for example of all dimensions"
        )
    filled: list[Datum] = []
    size = 0
    for datum in stream:
        needed = json_bytes(datum)
        if len(filled) == room.datums or size + needed > room.size:
            trail.follow(filled)
            yield Block(filled, size, trail.position)
            filled, size, room = [], 0, page
        filled.append(datum)
        size += needed
    yield Block(filled, size, None)


class _Trail:
    """Follows datums, and remembers which series they were of, in which order, not what they measured."""

    def __init__(self) -> None:
        self._count = 0
        self._digest = blake2b(digest_size=16)

    @property
    def position(self) -> Position:
        return Position(self._count, self._digest.hexdigest()) if self._count else BEGINNING

    def follow(self, datums: Iterable[Datum]) -> None:
        for datum in datums:
            self._count += 1
            self._digest.update(_mark(datum).encode())


def _mark(datum: Datum) -> str:
    """Return what a datum covers: its series, and how many rows if these can be several."""
    values = [dimension["Value"] for dimension in datum.get("Dimensions", ())]
    return "\n".join((datum["MetricName"], *values, str(sum(datum.get("Counts", ()))), ""))
