"""Whatever a query returns: CloudWatch takes every page, and for each row there is a datum or a named failure.

Two judges who know nothing of the function: botocore's validation of the service model, and the limits that
CloudWatch documents, as the local cloud enforces them.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self
from unittest.mock import patch

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidestep.config.databases import SAMPLE_SCHEMA
from sidestep.lambdas.query_database import page as page_module
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.event import run_from
from sidestep.lambdas.query_database.metric_data import Datum
from sidestep.lambdas.query_database.page import MAX_BYTES, PageContent
from sidestep.lambdas.query_database.queries import Metric, Query
from sidestep.lambdas.query_database.run import next_page
from sidestep.local.metric_data_limits import problems
from tests.unit.query_database.results import EDGES, Row, Table, tables

NOW = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
NAMESPACE = "Shop"
ENDPOINT = Endpoint("mysql", "localhost", 3306, "sidestep", SAMPLE_SCHEMA, SAMPLE_SCHEMA, "eu-west-1", Path())
PUT_METRIC_DATA = botocore.session.get_session().get_service_model("cloudwatch").operation_model("PutMetricData")

ROWS: Final = 4
"""Rows that come together; some of a result's are plain, others are not."""

Key = tuple[str, tuple[tuple[str, str], ...]]


class Answers:
    """Stands for the database: gives each query the rows that a test wants."""

    was_reached = True
    tables: dict[str, Table]

    def __init__(self, *_: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def session(self) -> None:
        pass

    @contextmanager
    def ask(self, query: Query, *_: object) -> Iterator[Self]:
        self.table = self.tables[query.name]
        yield self

    @property
    def columns(self) -> tuple[str, ...]:
        return self.table.columns

    def __iter__(self) -> Iterator[Sequence[Row]]:
        rows = self.table.rows
        return (rows[first : first + ROWS] for first in range(0, len(rows), ROWS))


def run(tables: Sequence[Table], *, is_warm: bool) -> list[PageContent]:
    """Go from page to page, as the state machine does."""
    Answers.tables = {table.query.name: table for table in tables}
    deployed = {table.query.name: table.query for table in tables}
    pages: list[PageContent] = []
    event: object = {"ScheduledTime": "2026-01-31T08:05:00Z"}
    with TemporaryDirectory() as folder, patch("sidestep.lambdas.query_database.run.Database", Answers):
        while event is not None:
            spools = Path(folder) if is_warm else Path(folder, str(len(pages)))
            pages.append(next_page(run_from(event, deployed, NOW, "0" * 32), ENDPOINT, spools))
            event = json.loads(json.dumps(pages[-1])) if "NextPage" in pages[-1] else None
        if is_warm:
            assert not [path for path in Path(folder).rglob("*") if path.is_file()]
    return pages


def check_page(page: PageContent) -> None:
    """Have both judges look at what PublishMetrics sends, and count the bytes of the state."""
    request = {"Namespace": NAMESPACE, "MetricData": page["MetricData"]}
    assert PUT_METRIC_DATA.input_shape
    report = ParamValidator().validate(request, PUT_METRIC_DATA.input_shape)
    assert not report.has_errors(), report.generate_report()
    assert problems(NAMESPACE, page["MetricData"], now=NOW) == []
    assert 0 < len(page["MetricData"]) <= page_module.MAX_DATUMS
    assert len(json.dumps(page, ensure_ascii=False).encode()) <= MAX_BYTES


def key(datum: Datum) -> Key:
    pairs = ((dimension["Name"], dimension["Value"]) for dimension in datum.get("Dimensions", ()))
    return datum["MetricName"], tuple(sorted(pairs))


def measured(datums: Sequence[Datum]) -> dict[Key, Counter[float]]:
    """Return how often each series has each value; a set's are its four numbers."""
    found: dict[Key, Counter[float]] = {}
    for datum in datums:
        counts = found.setdefault(key(datum), Counter())
        if "Values" in datum:
            counts.update(dict(zip(datum["Values"], datum["Counts"], strict=True)))
        elif "Value" in datum:
            counts[datum["Value"]] += 1
        else:
            counts[tuple(datum["StatisticValues"].values())] += 1  # type: ignore[index]
    return found


def wanted(table: Table) -> dict[Key, Counter[float]]:
    """Return what a result that did not fail has to become, totals left out."""
    query = table.query
    found: dict[Key, Counter[float]] = {}
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        if query.on_invalid == "skip" and not is_valid(table, row):
            continue
        texts = {name: _text(cells[name]) for name in query.dimensions}
        for name, metric in query.metrics.items():
            value = _value(cells, name, metric.statistic, query.on_null)
            if value is not None:
                series = name, tuple(sorted({**texts, **query.fixed_dimensions}.items()))
                found.setdefault(series, Counter())[value] += 1
    return found


def _value(cells: dict[str, object], name: str, statistic: str, on_null: str) -> float | None:
    if statistic == "set":
        if not cells["count"]:
            return None if on_null == "skip" else (1, 0, 0, 0)  # type: ignore[return-value]
        return tuple(_number(cells[one]) for one in ("count", "sum", "minimum", "maximum"))  # type: ignore[return-value]
    if cells[name] is None:
        return None if on_null == "skip" else 0
    return _number(cells[name])


def is_valid(table: Table, row: Row) -> bool:
    """Return whether CloudWatch accepts a row's dimensions unchanged."""
    cells = dict(zip(table.columns, row, strict=True))
    texts = [_as_it_is(cells[name]) for name in table.query.dimensions]
    return all(re.fullmatch("(?=.*[!-~])[ -~]{1,1024}", text, re.DOTALL) for text in texts)


def _as_it_is(cell: object) -> str:
    """Return the text of a cell that may be a dimension; for others, the empty text, which is invalid."""
    return str(cell) if isinstance(cell, bool | int | str) else ""


def _text(cell: object) -> str:
    """Return a dimension's value, with invalid characters escaped as in Python."""
    text = str(cell).lower() if isinstance(cell, bool) else str(cell)
    return "".join(one if " " <= one <= "~" else ascii(one)[1:-1] for one in text)


def _number(cell: object) -> float:
    assert isinstance(cell, int | float | Decimal)
    return float(cell)


def check(results: Sequence[Table], pages: Sequence[PageContent]) -> None:
    """Have both judges look at every page, and find every row in a datum or in a named failure."""
    for page in pages:
        check_page(page)
    failures = {failure["Query"]: failure["Error"] for failure in pages[-1]["Failures"]}
    all_datums = [datum for page in pages for datum in page["MetricData"]]
    own = {
        name: [datum["Dimensions"][0]["Value"] for datum in all_datums if datum["MetricName"] == name]
        for name in ("FailedQueries", "EmptyResults")
    }
    invalid = {
        datum["Dimensions"][0]["Value"]: datum["Value"]
        for datum in all_datums
        if datum["MetricName"] == "InvalidRows"
    }
    assert sorted(own["FailedQueries"]) == sorted(failures)
    assert all(failures.values())
    for table in results:
        check_query_metrics(table, all_datums, is_failed=table.query.name in failures)
        datums_of_it = [datum for datum in all_datums if datum["MetricName"] in table.query.metrics]
        if table.query.name in failures:
            continue
        expected, found = wanted(table), measured(datums_of_it)
        assert invalid.get(table.query.name, 0) == sum(not is_valid(table, row) for row in table.rows)
        totals = set(found) - set(expected)
        assert (table.query.name in own["EmptyResults"]) == (not expected and table.query.name not in invalid)
        assert {series: counts for series, counts in found.items() if series not in totals} == expected
        assert totals <= totals_of(table.query)
        if all(metric.statistic != "distribution" for metric in table.query.metrics.values()):
            assert all(counts.total() == 1 for counts in found.values())


def check_query_metrics(table: Table, datums: Sequence[Datum], *, is_failed: bool) -> None:
    """Find the number of rows and the duration once, if they are wanted and the query did not fail."""
    pairs = tuple(sorted(table.query.own_dimensions.items()))
    rows = [datum["Value"] for datum in datums if key(datum) == ("RowsReturned", pairs)]
    durations = [datum for datum in datums if key(datum) == ("QueryDuration", pairs)]
    is_wanted = table.query.query_metrics and not is_failed
    assert rows == ([len(table.rows)] if is_wanted else [])
    assert [datum["Unit"] for datum in durations] == (["Milliseconds"] if is_wanted else [])
    assert all(datum["Value"] >= 0 for datum in durations)


@pytest.mark.slow
@given(
    results=st.integers(1, 4).flatmap(lambda count: st.tuples(*(tables(f"query-{n}") for n in range(count)))),
    datums=st.sampled_from((1, 2, 3, 7, 1000)),
    is_warm=st.booleans(),
)
@settings(deadline=None, max_examples=50, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_every_page_is_accepted_and_every_row_is_published_or_reported(
    results: tuple[Table, ...], datums: int, is_warm: bool
) -> None:
    # Given pages of some size
    with patch.object(page_module, "MAX_DATUMS", datums):
        # When
        pages = run(results, is_warm=is_warm)

        # Then
        check(results, pages)


@pytest.mark.parametrize("statistic", ["value", "set", "distribution"])
@pytest.mark.parametrize("cell", EDGES, ids=ascii)
def test_every_edge_case_is_published_or_reported(cell: object, statistic: str) -> None:
    # Given results with one odd cell, wherever one can be
    metrics = {"q/1": Metric("Count", 60, statistic, rollup=True)}
    query = Query("q", "SELECT ...", ("Plan", "Region"), 10, 100, "skip", "skip", metrics)
    columns = ("Plan", "Region", *(("minimum", "maximum", "sum", "count") if statistic == "set" else ("q/1",)))
    rows = [(plan, "north", *((1, 5, 6, 2) if statistic == "set" else (7,))) for plan in ("free", "team", "all")]
    for row, column in product(range(len(rows)), range(len(columns))):
        odd = [*rows]
        odd[row] = (*rows[row][:column], cell, *rows[row][column + 1 :])
        table = Table(query, columns, odd)

        # When
        pages = run([table], is_warm=True)

        # Then
        check([table], pages)


def totals_of(query: Query) -> set[Key]:
    """Return the series without the dimensions of columns."""
    fixed = tuple(sorted(query.fixed_dimensions.items()))
    return {(name, fixed) for name, metric in query.metrics.items() if metric.rollup}
