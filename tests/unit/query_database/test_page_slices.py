"""A result is cut into slices of pages, and continued where it was cut."""

from collections.abc import Iterator, Sequence

import pytest

from sidestep.lambdas.query_database.errors import QueryFailed
from sidestep.lambdas.query_database.metric_data import MetricData, Point, json_bytes
from sidestep.lambdas.query_database.page import BEGINNING, Capacity, PageSlice, Position, page_slices
from tests.unit.query_database.series import LAYOUT, points, series

PAGE = Capacity(10, 100_000)
POINTS = points(25)


def cut(
    points: Sequence[Point] = POINTS, start: Position = BEGINNING, first: Capacity = PAGE, further: Capacity = PAGE
) -> list[PageSlice]:
    some = (LAYOUT.metric_data(list(points[index : index + 7])) for index in range(0, len(points), 7))
    return list(page_slices(some, start, first, further))


def again(points: Sequence[Point]) -> str:
    """Return the error of reading a result again, after its first 10 datums were published."""
    position = cut()[0].end
    assert position
    with pytest.raises(QueryFailed) as caught:
        cut(points, position)
    return str(caught.value)


def test_a_result_that_fits_is_one_slice() -> None:
    (only,) = cut(POINTS[:10])
    assert only == PageSlice(POINTS[:10], sum(map(json_bytes, series(10))), None)
    assert not only.is_empty


def test_an_empty_result_is_one_empty_slice() -> None:
    (only,) = cut([])
    assert only.is_empty


def test_a_slice_ends_where_the_page_is_full() -> None:
    # When
    slices = cut(first=Capacity(4, 100_000))

    # Then
    assert [len(one.points) for one in slices] == [4, 10, 10, 1]
    assert [one.end and one.end.published for one in slices] == [4, 14, 24, None]
    assert [point for one in slices for point in one.points] == POINTS


def test_bytes_are_counted_as_utf8_json() -> None:
    # Given space for three datums, less one byte
    capacity = Capacity(10, sum(map(json_bytes, series(3))) - 1)

    # Then
    assert len(cut(first=capacity)[0].points) == 2


def test_without_capacity_the_first_slice_is_empty_and_all_points_follow() -> None:
    first, second, *_ = cut(first=Capacity(1, 1))
    assert (first.points, first.end) == ([], BEGINNING)
    assert not first.is_empty
    assert second.points == POINTS[:10]


def test_a_result_continues_where_it_was_cut() -> None:
    # Given
    whole = cut()

    # When / Then the slices are the same wherever one begins
    for number, one in enumerate(whole[:-1]):
        assert one.end
        assert cut(start=one.end) == whole[number + 1 :]


def test_other_values_of_the_same_series_may_follow() -> None:
    # Given a database in which time has gone on
    position = cut()[0].end
    changed: list[Point] = [(name, values, 7.0) for name, values, _ in POINTS]

    # When
    assert position
    (first, *_) = cut(changed, position)

    # Then
    assert first.points == changed[10:20]


@pytest.mark.parametrize(
    "changed",
    [
        [*POINTS[1:], POINTS[0]],
        [POINTS[1], POINTS[0], *POINTS[2:]],
        [*POINTS[:9], POINTS[10], POINTS[9], *POINTS[11:]],
        [*points(1, "new"), *POINTS],
        POINTS[:4] + POINTS[5:],
        POINTS[:10],
        POINTS[:5],
        [],
    ],
    ids=[
        *("rotated", "swapped before", "swapped across", "a new one before", "one missing before"),
        *("none behind", "shorter", "none"),
    ],
)
def test_another_order_of_published_series_fails(changed: list[Point]) -> None:
    message = again(changed)
    assert "10 values" in message
    assert "ORDER BY" in message


def packed(first: int, count: int = 1) -> list[Point]:
    """Return distributions with as many values as a datum can have."""
    values: list[float] = list(range(first, first + 150))
    return [(name, series, {"Values": values, "Counts": [count, *[1] * 149]}) for name, series, _ in POINTS]


def test_packed_rows_have_to_be_the_same() -> None:
    # Given distributions that are published in part
    position = cut(packed(0))[0].end
    assert position

    # Then other values and other counts of the same values are an error, and the same values continue
    for changed in (packed(1), packed(0, count=2)):
        with pytest.raises(QueryFailed, match="10 values"):
            cut(changed, position)
    assert len(cut(packed(0), position)[0].points) == 10


def test_an_error_in_the_result_comes_before_its_last_slice() -> None:
    # Given
    def broken() -> Iterator[MetricData]:
        yield LAYOUT.metric_data(POINTS[:15])
        raise QueryFailed("row 16")

    # When / Then
    with pytest.raises(QueryFailed, match="row 16"):
        list(page_slices(broken(), BEGINNING, PAGE, PAGE))
