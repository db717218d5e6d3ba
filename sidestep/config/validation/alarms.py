"""Alarms and dashboard widgets that CloudWatch cannot evaluate."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from sidestep.config import metric_queries
from sidestep.config.alarm_windows import Window, window_for_runs
from sidestep.config.checks import CheckQuery
from sidestep.config.databases import Existing
from sidestep.config.settings import Query, QuerySettings
from sidestep.config.validation.raw import Problem

MAX_INSIGHTS_ALARMS: Final = 200
"""Alarms on Metrics Insights queries in a Region (CloudWatch user guide, "Limits that apply to alarms")."""


def alarm_range_errors(settings: QuerySettings) -> Iterator[Problem]:
    """Find alarms that look back too far, or whose series a Metrics Insights query cannot select."""
    for query in settings.queries:
        timing = settings.timing_of(query)
        errors: list[str] = []
        if query.alarm_on_empty:  # on Sidestep's own metric, whose one dimension is fixed
            errors += _too_far_back("alarm_on_empty", window_for_runs(timing, 1), dimensions=False)
        for name, metric in query.metrics.items():
            if metric.alarm:
                key = "for" if isinstance(query, CheckQuery) else f"metrics.{name}.alarm"
                window = window_for_runs(timing, metric.alarm.runs)
                errors += _too_far_back(key, window, dimensions=bool(query.dimensions))
                errors += _not_selectable(query, key, settings.namespace, name)
        kind = "check" if isinstance(query, CheckQuery) else "query"
        yield from ((f'{kind} "{query.name}"', error) for error in errors)


def long_searches(settings: QuerySettings) -> Iterator[Problem]:
    """Find metrics whose search expression on the dashboard is too long."""
    shown = [query for query in settings.queries if query.dimensions] if settings.dashboard else []
    for query in shown:
        period = settings.timing_of(query).interval
        for name in query.metrics:
            length = len(
                metric_queries.search_expression(settings.namespace, name, query, statistic="Average", period=period)
            )
            if length > metric_queries.MAX_SEARCH:
                yield (
                    f'query "{query.name}"',
                    f"metrics.{name}: the dashboard's search for its series has {length} characters, but CloudWatch "
                    f"allows {metric_queries.MAX_SEARCH}; shorten names and values of dimensions, or write "
                    "dashboard = false",
                )


def too_many_insights_alarms(settings: QuerySettings) -> Iterator[Problem]:
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


def _too_far_back(key: str, window: Window, *, dimensions: bool) -> Iterator[str]:
    limit = window.limit(dimensions=dimensions)
    if window.seconds > limit:
        most = limit // window.period
        what = "a metric with dimensions" if dimensions else f"a period of {window.period} s"
        remedy = f"write for = {most} or less" if most else "run more often or remove the alarm"
        yield (
            f"{key}: {window.periods} runs take {window.seconds} s, but CloudWatch's alarms on {what} look back at "
            f"most {limit} s; {remedy}"
        )


def _not_selectable(query: Query, key: str, namespace: str, metric: str) -> Iterator[str]:
    """Find what a Metrics Insights query cannot contain; alarms on metrics with dimensions use one."""
    if not query.dimensions:
        return
    fixed = query.fixed_dimensions
    for word in (metric, *query.dimensions, *fixed, *fixed.values()):
        if metric_queries.UNQUOTABLE & set(word):
            yield (
                f"{key}: {word!r} has a quotation mark or a backslash, which an alarm on a metric with dimensions "
                "does not support; rename it"
            )
    length = len(metric_queries.insights_query(namespace, metric, query, function="MAX"))
    if length > metric_queries.MAX_INSIGHTS_QUERY:
        yield (
            f"{key}: its Metrics Insights query has {length} characters, but CloudWatch allows "
            f"{metric_queries.MAX_INSIGHTS_QUERY}; shorten names and values of dimensions"
        )
