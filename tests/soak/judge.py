"""Compares what was published with the expected values: nothing is lost, doubled or changed without an error."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sidestep.lambdas.query_database.metric_data import Datum
from sidestep.lambdas.query_database.page import PageContent
from tests.soak.expected import Expectation, Measured, Series
from tests.soak.limits import complaints
from tests.soak.queries import Case
from tests.soak.runs import Run

QUERY_METRICS: Final = ("QueryDuration", "RowsReturned")
OWN: Final = ("FailedQueries", "EmptyResults", *QUERY_METRICS)

MAX_MILLISECONDS: Final = 600_000
"""No query of a round takes this long."""


def judge(
    run: Run, cases: Sequence[Case], secrets: set[str], *, is_calm: bool, is_changed: bool = False
) -> list[str]:
    """Return the problems of a run; empty if there are none.

    Args:
        run: the run's record.
        cases: the queries of the run, in order.
        secrets: texts that no message may contain.
        is_calm: whether there were no faults, so that only queries that must fail may fail.
        is_changed: whether a fault may have changed values without a trace; then the judge checks only the form of
            what was published, and that failures are named.
    """
    found = [*run.complaints, *_leaks(run, secrets)]
    for page in run.pages:
        found += complaints(page, run.scheduled_time)
    if run.error is not None and is_calm:
        found.append(f"no page: {run.error!r}")
    failed = Counter(failure["Query"] for failure in (run.pages[-1]["Failures"] if run.pages else []))
    published = _by_query(run.pages, cases)
    found += _own_complaints(run.pages, failed, cases)
    for case in cases:
        name = case.query.name
        is_named = failed[name] > 0 or (run.error is not None and _is_named_by(run, name))
        own = [datum for one in QUERY_METRICS for datum in _own_datums(run.pages, one, name)]
        is_whole = bool(run.pages) and "NextPage" not in run.pages[-1] and not is_named
        found += [f"{name}: {problem}" for problem in _of_query_metrics(case, own, is_whole=is_whole)]
        if is_changed or case.expected.is_free:
            continue
        error, count = _error(run, name), len(published[name]) + len(own)
        problems = list(_of_query(case, published[name], count, is_named=is_named, is_calm=is_calm, error=error))
        if not run.pages:
            problems = []  # nothing was published, and the run's error reports it
        found += [f"{name}: {problem}; the query is {case}" for problem in problems]
    return found


def _is_named_by(run: Run, name: str) -> bool:
    """Whether the error that ended a run after its first page names a query."""
    return bool(run.pages) and name in str(run.error)


def _error(run: Run, name: str) -> str:
    failures = run.pages[-1]["Failures"] if run.pages else []
    return next((failure["Error"] for failure in failures if failure["Query"] == name), str(run.error))


def _leaks(run: Run, secrets: set[str]) -> Iterator[str]:
    for said in run.said:
        for secret in secrets:
            if secret in said:
                yield f"a message with the data {secret!r}: {said[:500]}"
                break


def _by_query(pages: Sequence[PageContent], cases: Sequence[Case]) -> Mapping[str, list[Datum]]:
    """Return the datums of each query: no two queries share a metric's name."""
    owner = {metric: case.query.name for case in cases for metric in case.query.metrics}
    found: dict[str, list[Datum]] = defaultdict(list)
    for page in pages:
        for datum in page["MetricData"]:
            if datum["MetricName"] not in OWN:
                found[owner[datum["MetricName"]]].append(datum)
    return found


def _own(pages: Sequence[PageContent], name: str) -> Counter[str]:
    datums = [datum for page in pages for datum in page["MetricData"] if datum["MetricName"] == name]
    return Counter(datum["Dimensions"][0]["Value"] for datum in datums)


def _own_datums(pages: Sequence[PageContent], name: str, query: str) -> list[Datum]:
    datums = [datum for page in pages for datum in page["MetricData"] if datum["MetricName"] == name]
    return [datum for datum in datums if datum["Dimensions"] == [{"Name": "Query", "Value": query}]]


def _of_query_metrics(case: Case, datums: Sequence[Datum], *, is_whole: bool) -> Iterator[str]:
    """Compare a query's duration and number of rows; a query whose result is not whole may have lost them."""
    values = [(datum["MetricName"], datum["Value"]) for datum in datums]
    names = [name for name, _ in values]
    wanted = list(QUERY_METRICS) if case.query.query_metrics else []
    if names != wanted and (is_whole or len(names) > len(set(names)) or not wanted):
        yield f"has the query metrics {values}, right are {wanted}"
    wrong_rows = [value for name, value in values if name == "RowsReturned" and value != case.expected.rows]
    if is_whole and case.expected.rows is not None and wrong_rows:
        yield f"RowsReturned is {wrong_rows}, right is {case.expected.rows}"
    if any(name == "QueryDuration" and not 0 <= value < MAX_MILLISECONDS for name, value in values):
        yield f"QueryDuration is not a duration: {values}"


def _own_complaints(pages: Sequence[PageContent], failed: Counter[str], cases: Sequence[Case]) -> Iterator[str]:
    marked = _own(pages, "FailedQueries")
    if marked != failed or any(count > 1 for count in failed.values()):
        yield f"FailedQueries of {dict(marked)}, but Failures of {dict(failed)}"
    if not set(failed) <= {case.query.name for case in cases}:
        yield f"failures of {dict(failed)}, which no query is called"
    empty = _own(pages, "EmptyResults")
    if set(empty) & set(failed):
        yield f"queries that both failed and were empty: {set(empty) & set(failed)}"
    for case in cases:
        if case.expected.is_free or case.query.name in failed or not pages or "NextPage" in pages[-1]:
            continue
        if not case.expected.must_fail and (empty[case.query.name] == 1) == bool(case.expected.series):
            yield f"{case.query.name}: EmptyResults is {empty[case.query.name]}"


def _of_query(
    case: Case, datums: Sequence[Datum], count: int, *, is_named: bool, is_calm: bool, error: str
) -> Iterator[str]:
    """Compare the datums of a query; `count` includes those of its query metrics."""
    expected = case.expected
    measured = _measured(datums)
    wrong = [series for series in measured if not _is_right(measured[series], expected, series, in_full=not is_named)]
    for series in wrong[:3]:
        right = expected.series.get(series, [])
        yield f"{series} has {measured[series][:5]}, right is {[_shown(one) for one in right[:5]]}"
    if is_named:
        if is_calm and not (expected.must_fail or expected.may_fail):
            yield f"failed without a reason: {error}"
        if count and str(count) not in error:
            yield f"{count} datums are published, but its error does not say so: {error}"
        return
    if expected.must_fail:
        yield f"did not fail, and published {len(datums)} datums"
        return
    missing = [series for series in expected.series if series not in measured]
    if missing:
        yield f"lost {len(missing)} of {len(expected.series)} series without an error, the first is {missing[0]}"


def _measured(datums: Sequence[Datum]) -> dict[Series, list[tuple[float, ...]]]:
    found: dict[Series, list[tuple[float, ...]]] = defaultdict(list)
    for datum in datums:
        pairs = sorted((dimension["Name"], dimension["Value"]) for dimension in datum.get("Dimensions", []))
        found[datum["MetricName"], tuple(pairs)] += _numbers(datum)
    return found


def _numbers(datum: Datum) -> Iterator[tuple[float, ...]]:
    if "Value" in datum:
        yield (datum["Value"],)
    elif "StatisticValues" in datum:
        statistics = datum["StatisticValues"]
        yield statistics["SampleCount"], statistics["Sum"], statistics["Minimum"], statistics["Maximum"]
    else:
        for value, count in zip(datum["Values"], datum["Counts"], strict=True):
            yield from [(value,)] * count


def _is_right(
    published: Sequence[tuple[float, ...]], expected: Expectation, series: Series, *, in_full: bool
) -> bool:
    """Compare the values of one series with the expected ones; a failed query has published a part of them."""
    right = sorted(expected.series.get(series, []))
    if in_full and len(right) != len(published):
        return False
    rest = iter(right)
    return all(any(_fits(one, wanted) for wanted in rest) for one in sorted(published))


def _fits(published: tuple[float, ...], wanted: Measured) -> bool:
    return len(published) == len(wanted) and all(
        span.holds(number) for number, span in zip(published, wanted, strict=True)
    )


def _shown(measured: Measured) -> str:
    return " ".join(
        f"{float(span.low)!r}..{float(span.high)!r}" if not span.is_exact else str(span.low) for span in measured
    )
