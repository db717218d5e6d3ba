"""Mistakes that lie between the tables of metrics.toml: each table is right, but not beside the others."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from sidestep.alarm_windows import window_of_runs
from sidestep.settings import Query, Settings
from sidestep.timing import MAX_FUNCTION, Timing, function_timeout

Mistake = tuple[str, str]
"""Where, and what is wrong."""


def repeated_names(tables: Collection[Mapping[str, object]]) -> Iterator[Mistake]:
    """Find names that several queries have; the tables are those of the file, right or wrong."""
    names = Counter(str(table["name"]) for table in tables if "name" in table)
    for name, count in names.items():
        if count > 1:
            yield f'query "{name}"', f"name: is used {count} times; every query needs its own"


def mixed_series(queries: Collection[Query]) -> Iterator[Mistake]:
    """Find queries that publish the same series: their values would mix without a trace."""
    owners: dict[tuple[str, frozenset[str]], str] = {}
    for query in queries:
        for metric in query.metrics:
            owner = owners.setdefault((metric, frozenset(query.dimensions)), query.name)
            if owner != query.name:
                yield (
                    f'query "{query.name}"',
                    f'metrics.{metric}: query "{owner}" publishes this metric with the same dimensions; '
                    "give one of them another name",
                )


def long_runs(settings: Settings) -> Iterator[Mistake]:
    """Find runs that may not end before the next one starts, if every query uses up its timeout."""
    for database in settings.databases:
        for run in settings.runs_of(database):
            yield from _too_long(database, run.timing, sum(query.timeout for query in run.queries))
        longest = function_timeout(query.timeout for query in settings.queries_of(database))
        if longest > MAX_FUNCTION and len(settings.runs_of(database)) > 1:
            yield (
                f"database.{database}",
                f"a manual start asks all of its queries and may take {longest} s, but a Lambda function ends after "
                f"{MAX_FUNCTION} s; lower the timeouts",
            )


def blind_alarms(settings: Settings) -> Iterator[Mistake]:
    """Find alarms that CloudWatch has no way to evaluate."""
    for query in settings.queries:
        for name, metric in query.metrics.items():
            if metric.alarm:
                where = f"metrics.{name}.alarm"
                yield from _too_far_back(query, where, settings.timing_of(query), metric.alarm.runs)
                yield from _unquotable(query, where, (settings.namespace, name, *query.dimensions))


def unused_databases(settings: Settings) -> Iterator[Mistake]:
    """Find databases that nobody asks."""
    for name in settings.databases:
        if not settings.queries_of(name):
            yield f"database.{name}", f'has no query; write one with database = "{name}" or remove it'


def _too_far_back(query: Query, where: str, timing: Timing, runs: int) -> Iterator[Mistake]:
    window = window_of_runs(timing, runs)
    furthest = window.furthest(dimensions=bool(query.dimensions))
    if window.seconds > furthest:
        most = furthest // window.period
        what = "a metric with dimensions" if query.dimensions else f"a period of {window.period} s"
        remedy = f"write for = {most} or less" if most else "run more often or remove the alarm"
        yield (
            f'query "{query.name}"',
            f"{where}: {runs} of its runs are {window.seconds} s, but on {what} CloudWatch's alarms look back "
            f"{furthest} s at most; {remedy}",
        )


def _unquotable(query: Query, where: str, names: tuple[str, ...]) -> Iterator[Mistake]:
    """Find names that a Metrics Insights query has no way to say; what watches dimensions is one."""
    wrong = [name for name in names if query.dimensions and set(name) & set('"\\')]
    for name in wrong:
        yield (
            f'query "{query.name}"',
            f"{where}: {name!r} has a quotation mark or a backslash, which no alarm on a metric with dimensions can "
            "say; rename it",
        )


def _too_long(database: str, timing: Timing, seconds: int) -> Iterator[Mistake]:
    if seconds > timing.most_query_seconds:
        yield (
            f"database.{database}",
            f"the timeouts of its queries add up to {seconds} s, but {timing.binding_limit} leaves "
            f"{timing.most_query_seconds} s for them; lower the timeouts or run less often",
        )
