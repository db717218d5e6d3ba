"""Many rows per series become Values and Counts, whole, however many they are."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlencode

import botocore.serialize
import botocore.session
import pytest

from sidestep.lambdas.query_database import aggregates
from sidestep.lambdas.query_database.errors import QueryFailed
from sidestep.lambdas.query_database.metric_data import Datum, Layout
from sidestep.lambdas.query_database.page import BEGINNING, Page, page_slices
from sidestep.lambdas.query_database.queries import Metric, Query
from tests.unit.query_database.series import NOW, converted, datums

LATENCY = Metric("Milliseconds", 60, statistic="distribution")
COLUMNS = ("Path", "Latency")
QUERY = Query("latency", "SELECT ...", ("Path",), 10, 10, "skip", "skip", {"Latency": LATENCY})


def read(rows: Iterable[Sequence[object]], query: Query = QUERY) -> list[Datum]:
    return datums(query, COLUMNS, ([row] for row in rows))


def counted(made: Iterable[Datum]) -> Counter[tuple[str, float]]:
    """Return how often each series has each value; the total's name is empty."""
    counts: Counter[tuple[str, float]] = Counter()
    for datum in made:
        series = "/".join(dimension["Value"] for dimension in datum.get("Dimensions", []))
        assert 0 < len(datum["Values"]) == len(datum["Counts"]) <= 150
        assert len(set(datum["Values"])) == len(datum["Values"])
        for value, count in zip(datum["Values"], datum["Counts"], strict=True):
            counts[series, value] += count
    return counts


def test_rows_of_one_series_are_one_datum() -> None:
    assert read([("/", 12), ("/", 30), ("/", 12.0), ("/cart", 7)]) == [
        {
            "MetricName": "Latency",
            "Timestamp": NOW,
            "Unit": "Milliseconds",
            "Values": [12, 30],
            "Counts": [2, 1],
            "Dimensions": [{"Name": "Path", "Value": "/"}],
        },
        {
            "MetricName": "Latency",
            "Timestamp": NOW,
            "Unit": "Milliseconds",
            "Values": [7],
            "Counts": [1],
            "Dimensions": [{"Name": "Path", "Value": "/cart"}],
        },
    ]


def test_more_than_150_unique_values_take_more_datums() -> None:
    # Given
    rows = [("/", value % 400) for value in range(1000)]

    # When
    made = read(rows)

    # Then
    assert len(made) > 2
    assert counted(made) == Counter(rows)


def test_buffered_values_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given series that come by turns, with more values than may wait
    monkeypatch.setattr(aggregates, "MAX_WAITING", 10)
    rows = [(f"/{number % 7}", number // 3) for number in range(500)]

    # When
    made = converted(QUERY, COLUMNS, ([row] for row in rows))

    # Then datums leave while rows still come, and nothing is lost
    assert any(some.points for some in made[:20])
    layout = Layout(QUERY, NOW)
    assert counted(datum for some in made for datum in layout.datums(some.points)) == Counter(rows)


def test_null_is_skipped_zero_or_a_failure_by_policy() -> None:
    rows = [("/", 1), ("/", None)]
    assert counted(read(rows)) == {("/", 1): 1}
    assert counted(read(rows, replace(QUERY, on_null="zero"))) == {("/", 1): 1, ("/", 0): 1}
    with pytest.raises(QueryFailed, match=r'row 2, column "Latency": .*on_null'):
        read(rows, replace(QUERY, on_null="fail"))


def test_an_empty_result_is_skipped_zero_or_a_failure_by_policy() -> None:
    assert read([]) == []
    (zero,) = read([], replace(QUERY, on_empty="zero"))
    assert zero["Value"] == 0
    with pytest.raises(QueryFailed, match="on_empty"):
        read([], replace(QUERY, on_empty="fail"))


def test_series_are_counted_not_rows() -> None:
    # Given
    rows = [(f"/{number % 10}", number) for number in range(1000)]

    # Then
    assert counted(read(rows)) == Counter(rows)
    with pytest.raises(QueryFailed, match=r"row 1001: .* 10 series"):
        read([*rows, ("/new", 1)])


def test_the_total_has_all_values() -> None:
    # Given
    query = replace(QUERY, metrics={"Latency": replace(LATENCY, rollup=True)}, max_series=11)
    rows = [(f"/{number % 10}", number % 300) for number in range(1000)]

    # When
    counts = counted(read(rows, query))

    # Then
    assert Counter({value: count for (series, value), count in counts.items() if not series}) == Counter(
        value for _, value in rows
    )
    assert Counter({key: count for key, count in counts.items() if key[0]}) == Counter(rows)
    with pytest.raises(QueryFailed, match="10 series"):
        read(rows, replace(query, max_series=10))


def test_an_invalid_value_fails_the_query_and_names_its_row() -> None:
    with pytest.raises(QueryFailed, match=r'row 2, column "Latency": .*text'):
        read([("/", 1), ("/", "fast")])


@pytest.mark.slow
def test_a_full_page_is_a_valid_request_in_every_form() -> None:
    # Given as many full datums as fit onto a page, with long numbers
    rows = [(f"/{number % 400}", number * 1.23456789012e-5) for number in range(400 * 150)]
    made = converted(replace(QUERY, max_series=400), COLUMNS, [sorted(rows)])
    capacity = Page(NOW, queries=1).capacity

    # When
    first, *_ = page_slices(made, BEGINNING, capacity, capacity)
    full = Layout(QUERY, NOW).datums(first.points)

    # Then
    service = botocore.session.get_session().get_service_model("cloudwatch")
    assert {len(datum["Values"]) for datum in full} == {150}
    for protocol in service.metadata["protocols"]:
        serializer = botocore.serialize.create_serializer(protocol)
        request = {"Namespace": "x" * 255, "MetricData": full}
        body = serializer.serialize_to_request(request, service.operation_model("PutMetricData"))["body"]
        sent = urlencode(body).encode() if isinstance(body, dict) else body
        assert 100_000 < len(sent) < 1_000_000, protocol
