"""Alarms and lines of the dashboard that CloudWatch has no way to evaluate."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from sidestep.config import metric_queries
from sidestep.config.alarm_windows import Window, window_of_runs
from sidestep.config.databases import Existing
from sidestep.config.settings import Query, Settings
from sidestep.config.validation.raw import Mistake

MAX_INSIGHTS_ALARMS: Final = 200
"""Alarms on Metrics Insights queries in a Region (CloudWatch user guide, "Limits that apply to alarms")."""


def blind_alarms(settings: Settings) -> Iterator[Mistake]:
    """Find alarms that look back too far, or that cannot say which series they watch."""
    for query in settings.queries:
        timing = settings.timing_of(query)
        if query.alarm_on_empty:  # on a metric of Sidestep's own, whose dimension is known
            yield from _too_far_back(query, "alarm_on_empty", window_of_runs(timing, 1), dimensions=False)
        for name, metric in query.metrics.items():
            if metric.alarm:
                where = f"metrics.{name}.alarm"
                window = window_of_runs(timing, metric.alarm.runs)
                yield from _too_far_back(query, where, window, dimensions=bool(query.dimensions))
                yield from _unspeakable(query, where, settings.namespace, name)


def long_searches(settings: Settings) -> Iterator[Mistake]:
    """Find metrics with more in their names than a search of the dashboard may have."""
    shown = [query for query in settings.queries if query.dimensions] if settings.dashboard else []
    for query in shown:
        period = settings.timing_of(query).interval
        for name in query.metrics:
            search = metric_queries.every_series(settings.namespace, name, query, statistic="Average", period=period)
            if len(search) > metric_queries.MAX_SEARCH:
                yield (
                    f'query "{query.name}"',
                    f"metrics.{name}: the dashboard's search for its series has {len(search)} characters, but "
                    f"CloudWatch takes {metric_queries.MAX_SEARCH}; shorten names and values of dimensions, or write "
                    "dashboard = false",
                )


def crowded_regions(settings: Settings) -> Iterator[Mistake]:
    """Find Regions with more alarms on metrics with dimensions than CloudWatch allows."""
    counts: Counter[tuple[str | None, str | None]] = Counter()
    for query in settings.queries:
        database = settings.databases.get(query.database or "")
        where = (database.account, database.region) if isinstance(database, Existing) else (None, None)
        counts[where] += query.thresholds if query.dimensions else 0
    for (_, region), count in counts.items():
        if count > MAX_INSIGHTS_ALARMS:
            yield (
                "query",
                f"has {count} alarms on metrics with dimensions in {region or 'one Region'}, but CloudWatch allows "
                f"{MAX_INSIGHTS_ALARMS} in a Region; remove some, or alarm on totals in queries without dimensions",
            )


def _too_far_back(query: Query, where: str, window: Window, *, dimensions: bool) -> Iterator[Mistake]:
    furthest = window.furthest(dimensions=dimensions)
    if window.seconds > furthest:
        most = furthest // window.period
        what = "a metric with dimensions" if dimensions else f"a period of {window.period} s"
        remedy = f"write for = {most} or less" if most else "run more often or remove the alarm"
        yield (
            f'query "{query.name}"',
            f"{where}: {window.periods} of its runs are {window.seconds} s, but on {what} CloudWatch's alarms look "
            f"back {furthest} s at most; {remedy}",
        )


def _unspeakable(query: Query, where: str, namespace: str, metric: str) -> Iterator[Mistake]:
    """Find what a Metrics Insights query has no way to say; what watches the values of columns is one."""
    if not query.dimensions:
        return
    fixed = query.fixed_dimensions
    for word in (metric, *query.dimensions, *fixed, *fixed.values()):
        if metric_queries.UNQUOTABLE & set(word):
            yield (
                f'query "{query.name}"',
                f"{where}: {word!r} has a quotation mark or a backslash, which no alarm on a metric with dimensions "
                "can say; choose another one",
            )
    length = len(metric_queries.worst_series(namespace, metric, query, worst="MAX"))
    if length > metric_queries.MAX_INSIGHTS_QUERY:
        yield (
            f'query "{query.name}"',
            f"{where}: its query for the series has {length} characters, but CloudWatch takes "
            f"{metric_queries.MAX_INSIGHTS_QUERY}; shorten names and values of dimensions",
        )
