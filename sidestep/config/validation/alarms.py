"""Alarms and dashboard widgets that CloudWatch cannot evaluate."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from sidestep.config import metric_queries, receivers
from sidestep.config.alarm_windows import WITHOUT_WALL_CLOCK, Window, window_for_alarm, window_for_runs
from sidestep.config.checks import CheckQuery
from sidestep.config.databases import Existing, database_key
from sidestep.config.limits import Timing
from sidestep.config.settings import Alarm, Query, QuerySettings
from sidestep.config.validation.raw import Problem

MAX_INSIGHTS_ALARMS: Final = 200
"""Alarms on Metrics Insights queries in a Region (CloudWatch user guide, "Limits that apply to alarms")."""


def alarm_range_errors(settings: QuerySettings) -> Iterator[Problem]:
    """Find alarms that CloudWatch cannot evaluate.

    They look back too far, their schedule does not fit their window, or one alarm cannot watch their series.
    """
    for query in settings.queries:
        timing = settings.timing_of(query)
        errors: list[str] = []
        if query.alarm_on_empty:  # on Sidestep's own metric, whose one dimension is fixed
            errors += _too_far_back("alarm_on_empty", window_for_runs(timing, 1), dimensions=False)
        for name, metric in query.metrics.items():
            if metric.alarm:
                errors += _not_in_its_window(query, name, metric.alarm, timing)
                errors += _not_selectable(query, f"metrics.{name}.alarm", settings.namespace, name)
                errors += _not_one_series(query, name, metric.alarm)
        kind = "check" if isinstance(query, CheckQuery) else "query"
        yield from ((f'{kind} "{query.name}"', error) for error in errors)


def errors_of_declared_regions(settings: QuerySettings) -> Iterator[Problem]:
    """Find what the Region in a [database.NAME] table does not allow."""
    for name, database in settings.databases.items():
        if isinstance(database, Existing) and database.region:
            yield from ((database_key(name), what) for what in region_errors(settings, name, database.region))


def region_errors(settings: QuerySettings, database: str, region: str) -> Iterator[str]:
    """Find what the alarms of a database cannot do in the Region of its stack.

    CloudWatch rejects an action of another Region: "Invalid region eu-west-1 specified. Only us-west-2 is supported."
    """
    if region in WITHOUT_WALL_CLOCK:
        for query in settings.queries_of(database):
            for name, metric in query.metrics.items():
                if metric.alarm and metric.alarm.window == "wall-clock":
                    yield (
                        f'the alarm on {name} of "{query.name}" has window = "wall-clock", which CloudWatch does not '
                        f'have in {region}; write window = "sliding"'
                    )
    for topic in receivers.topics_outside(region, settings.all_receivers_of(database)):
        yield (
            f'notify: the topic "{topic}" is in another Region than the alarms, which are in {region}; CloudWatch '
            "allows topics of the same Region only. Write a topic of that Region in notify of the database or alarm"
        )


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


def _not_in_its_window(query: Query, metric: str, alarm: Alarm, timing: Timing) -> Iterator[str]:
    is_check = isinstance(query, CheckQuery)  # which has the keys of its alarm in its own table
    window = window_for_alarm(timing, alarm.runs, alarm.window)
    if window:
        key = "for" if is_check else f"metrics.{metric}.alarm"
        yield from _too_far_back(key, window, dimensions=bool(query.dimensions))
    else:
        key = "window" if is_check else f"metrics.{metric}.alarm.window"
        yield (
            f'{key}: is "wall-clock", but the schedule {timing.schedule.expression} does not fire exactly once in '
            'each minute, 5 minutes, hour, day or week; change the schedule, or write window = "sliding"'
        )


def _not_one_series(query: Query, metric: str, alarm: Alarm) -> Iterator[str]:
    if alarm.anomaly is not None and query.dimensions:
        yield (
            f"metrics.{metric}.alarm.anomaly: is for one series, but the query has dimensions; move the metric to a "
            "query without dimensions, or write above or below"
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
