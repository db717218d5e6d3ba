"""Points, metric data and datums for tests."""

from collections.abc import Iterable, Sequence

from sidestep.lambdas.query_database.conversion import metric_data
from sidestep.lambdas.query_database.metric_data import Datum, Layout, MetricData, Point
from sidestep.lambdas.query_database.queries import Metric, Query

NOW = "2026-01-31T08:05:00Z"
SESSIONS = Query("sessions", "SELECT ...", ("Plan",), 10, 10**6, "skip", "skip", {"Sessions": Metric("Count", 60)})
LAYOUT = Layout(SESSIONS, NOW)


def points(count: int, dimension: str = "x") -> list[Point]:
    """Return points of as many series, whose dimension begins with a text."""
    return [("Sessions", (f"{dimension}{number}",), number) for number in range(count)]


def series(count: int, dimension: str = "x") -> list[Datum]:
    """Return the datums of these points."""
    return LAYOUT.datums(points(count, dimension))


def converted(query: Query, columns: Sequence[str], rows: Iterable[Sequence[Sequence[object]]]) -> list[MetricData]:
    """Return the metric data of a result whose rows come some at a time."""
    return list(metric_data(query, columns, rows, Layout(query, NOW)))


def datums(query: Query, columns: Sequence[str], rows: Iterable[Sequence[Sequence[object]]]) -> list[Datum]:
    """Return the datums of a result whose rows come some at a time."""
    layout = Layout(query, NOW)
    return [datum for some in metric_data(query, columns, rows, layout) for datum in layout.datums(some.points)]
