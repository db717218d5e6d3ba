"""A result is cut into blocks, and taken up again where it was cut."""

from collections.abc import Iterator, Sequence

import pytest

from sidestep.lambdas.query_database.batch import Batch
from sidestep.lambdas.query_database.blocks import BEGINNING, Block, Position, Room, blocks
from sidestep.lambdas.query_database.datum import Datum, json_bytes
from sidestep.lambdas.query_database.errors import QueryFailed
from tests.unit.aws.series import series

PAGE = Room(10, 100_000)
DATUMS = list(series(25))


def cut(
    datums: Sequence[Datum] = DATUMS, start: Position = BEGINNING, room: Room = PAGE, page: Room = PAGE
) -> list[Block]:
    batches = (Batch.of(list(datums[first : first + 7])) for first in range(0, len(datums), 7))
    return list(blocks(batches, start, room, page))


def again(datums: Sequence[Datum]) -> str:
    """Return what reading a result again says, after its first 10 datums were published."""
    position = cut()[0].end
    assert position
    with pytest.raises(QueryFailed) as caught:
        cut(datums, position)
    return str(caught.value)


def test_a_result_that_fits_is_one_block() -> None:
    (block,) = cut(DATUMS[:10])
    assert block == Block(DATUMS[:10], sum(map(json_bytes, DATUMS[:10])), None)
    assert not block.is_empty


def test_nothing_is_one_empty_block() -> None:
    (block,) = cut([])
    assert block.is_empty


def test_a_block_ends_where_the_page_is_full() -> None:
    # When
    cuts = cut(room=Room(4, 100_000))

    # Then
    assert [len(block.datums) for block in cuts] == [4, 10, 10, 1]
    assert [block.end and block.end.published for block in cuts] == [4, 14, 24, None]
    assert [datum for block in cuts for datum in block.datums] == DATUMS


def test_bytes_are_counted_as_utf8_json() -> None:
    # Given room for three datums, but for one byte
    room = Room(10, sum(map(json_bytes, DATUMS[:3])) - 1)

    # Then
    assert len(cut(room=room)[0].datums) == 2


def test_without_room_the_first_block_is_empty_and_all_is_to_come() -> None:
    first, second, *_ = cut(room=Room(1, 1))
    assert (first.datums, first.end) == ([], BEGINNING)
    assert not first.is_empty
    assert second.datums == DATUMS[:10]


def test_a_result_is_taken_up_where_it_was_cut() -> None:
    # Given
    whole = cut()

    # When / Then the blocks are the same from wherever one begins
    for number, block in enumerate(whole[:-1]):
        assert block.end
        assert cut(start=block.end) == whole[number + 1 :]


def test_other_values_of_the_same_series_may_follow() -> None:
    # Given a database in which time has gone on
    position = cut()[0].end
    changed: list[Datum] = [{**datum, "Value": 7.0} for datum in DATUMS]

    # When
    assert position
    (block, *_) = cut(changed, position)

    # Then
    assert block.datums == changed[10:20]


@pytest.mark.parametrize(
    "changed",
    [
        [*DATUMS[1:], DATUMS[0]],
        [DATUMS[1], DATUMS[0], *DATUMS[2:]],
        [*DATUMS[:9], DATUMS[10], DATUMS[9], *DATUMS[11:]],
        [*series(1, "new"), *DATUMS],
        DATUMS[:4] + DATUMS[5:],
        DATUMS[:10],
        DATUMS[:5],
        [],
    ],
    ids=[
        *("rotated", "swapped before", "swapped across", "a new one before", "one missing before"),
        *("none behind", "shorter", "none"),
    ],
)
def test_another_order_of_what_was_published_fails(changed: list[Datum]) -> None:
    assert again(changed) == (
        "the result was read again to go on after its first 10 values, but its rows are other ones or in another "
        "order; ORDER BY all dimensions, and in a distribution by the values as well"
    )


def test_packed_rows_have_to_be_the_same() -> None:
    # Given distributions of which each datum is as full as it can be
    def packed(first: int) -> Iterator[Datum]:
        for datum in DATUMS:
            yield {**datum, "Values": list(range(first, first + 150)), "Counts": [1] * 150}

    position = cut(list(packed(0)))[0].end
    assert position

    # When as many rows come in another order
    with pytest.raises(QueryFailed, match="in another order"):
        cut(list(packed(1)), position)

    # Then it is told, as another count of a value is, and what is the same goes on
    counted: list[Datum] = [{**datum, "Counts": [2, *[1] * 149]} for datum in packed(0)]
    with pytest.raises(QueryFailed, match="in another order"):
        cut(counted, position)
    assert len(cut(list(packed(0)), position)[0].datums) == 10


def test_an_error_in_the_result_comes_before_its_last_block() -> None:
    # Given
    def broken() -> Iterator[Batch]:
        yield Batch.of(DATUMS[:15])
        raise QueryFailed("row 16")

    # When / Then
    with pytest.raises(QueryFailed, match="row 16"):
        list(blocks(broken(), BEGINNING, PAGE, PAGE))
