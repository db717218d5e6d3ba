"""Mistakes that lie between the tables of metrics.toml: each table is right, but not beside the others."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from sidestep.alarm_windows import Window, window_of_runs
from sidestep.settings import Query, Settings
from sidestep.timing import MAX_FUNCTION, Timing, function_timeout

MAX_QUERIES: Final = 80
"""Of one database: that many failures can be told in an execution's cause of 32,768 characters."""

RawTable = Mapping[str, object]
"""A [[query]] as the file has it, right or wrong: one mistake must not hide another."""

Mistake = tuple[str, str]
"""Where, and what is wrong."""


def repeated_names(tables: Sequence[RawTable]) -> Iterator[Mistake]:
    """Find names that several queries have."""
    names = Counter(table["name"] for table in tables if isinstance(table.get("name"), str))
    for name, count in names.items():
        if count > 1:
            yield f'query "{name}"', f"name: is used {count} times; every query needs its own"


def mixed_series(tables: Sequence[RawTable]) -> Iterator[Mistake]:
    """Find queries that publish the same series: their values would mix without a trace."""
    owners: dict[tuple[str, frozenset[str]], int] = {}
    for number, table in enumerate(tables, start=1):
        dimensions = frozenset(map(str, items(table.get("dimensions"))))
        for metric in map(str, items(table.get("metrics"))):
            owner = owners.setdefault((metric, dimensions), number)
            if owner != number:
                yield (
                    called(table, number),
                    f"metrics.{metric}: {called(tables[owner - 1], owner)} publishes this metric with the same "
                    "dimensions; give one of them another name",
                )


def unused_databases(names: Sequence[str], tables: Sequence[RawTable]) -> Iterator[Mistake]:
    """Find databases that nobody asks, as far as the queries say which one they ask."""
    asked = {table.get("database") for table in tables}
    for name in names:
        if name not in asked and None not in asked:
            yield f"database.{name}", f'has no query; write one with database = "{name}" or remove it'


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
        timing = settings.timing_of(query)
        if query.alarm_on_empty:  # on a metric of Sidestep's own, whose dimension is known
            yield from _too_far_back(query, "alarm_on_empty", window_of_runs(timing, 1), dimensions=False)
        for name, metric in query.metrics.items():
            if metric.alarm:
                where = f"metrics.{name}.alarm"
                window = window_of_runs(timing, metric.alarm.runs)
                yield from _too_far_back(query, where, window, dimensions=bool(query.dimensions))
                yield from _unquotable(query, where, (settings.namespace, name, *query.dimensions))


def crowded_databases(settings: Settings) -> Iterator[Mistake]:
    """Find databases with more queries than a failed execution's cause can name."""
    for name in settings.databases:
        count = len(settings.queries_of(name))
        if count > MAX_QUERIES:
            yield (
                f"database.{name}",
                f"has {count} queries, but a run asks {MAX_QUERIES} at most; write a second table for the same "
                "database and give it some of them",
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


def called(table: RawTable, number: int) -> str:
    """Return what messages call a query; those without a name are counted from 1."""
    return f'query "{table["name"]}"' if isinstance(table.get("name"), str) else f"query number {number}"


def items(raw: object) -> Collection[object]:
    """Return the entries of a list or the keys of a table; nothing if it is neither."""
    return raw if isinstance(raw, list | dict) else ()
