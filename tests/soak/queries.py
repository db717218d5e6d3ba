"""Random queries over a random table, each with the expected contents of CloudWatch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sidestep.config.engines import ENGINES
from sidestep.config.sql import checked_sql, for_the_driver, parameters_of
from sidestep.lambdas.query_database.queries import Metric, Query
from tests.soak.cells import Cell, number
from tests.soak.expected import Expectation, Row, expectation, extreme, groups, summed
from tests.soak.kinds import KINDS, MYSQL
from tests.soak.tables import AT, SCHEMA, Table

WINDOW: Final = 900
"""Seconds between two runs of the queries' schedule."""

MANY: Final = 100_000
"""More series than any of these queries has."""

_UNITS: Final = ("Count", "Seconds", "Bytes/Second", "None")
_POLICIES: Final = ("skip", "skip", "zero", "fail")


@dataclass(frozen=True)
class Case:
    """A query and its expected result."""

    query: Query
    expected: Expectation

    def __str__(self) -> str:
        query = self.query
        metrics = {name: f"{metric.statistic}{' rollup' * metric.rollup}" for name, metric in query.metrics.items()}
        policies = f"on_null {query.on_null}, on_empty {query.on_empty}, max_series {query.max_series}"
        return f"{query.sql} [{', '.join(query.dimensions)}; {metrics}; {policies}]"


@dataclass(frozen=True)
class _Filter:
    sql: str
    holds: Callable[[int, datetime], bool]


def random_case(random: Random, table: Table, scheduled: datetime, name: str) -> Case:
    """Generate a query with this name, which is the prefix of its metrics."""
    shapes = (_plain, _plain, _plain, _single_row, _grouped, _grouped, _distribution, _set, _set, _broken)
    return random.choice(shapes)(random, table, scheduled, name)


def query_of(
    random: Random,
    engine: str,
    name: str,
    sql: str,
    *,
    dimensions: Sequence[str] = (),
    metrics: Mapping[str, Metric],
) -> Query:
    """Return a query as the bundle has it, with random policies."""
    checked = checked_sql(sql, ENGINES[engine])
    # As validation requires: zeros for an empty result only if its series are known.
    is_known = not dimensions or all(metric.rollup for metric in metrics.values())
    on_empty = random.choice(_POLICIES)
    return Query(
        name=name,
        sql=for_the_driver(checked, ENGINES[engine]),
        dimensions=tuple(dimensions),
        timeout=20,
        max_series=random.choice((MANY, MANY, MANY, random.randint(1, 60))),
        on_null=random.choice(_POLICIES),
        on_empty="skip" if on_empty == "zero" and not is_known else on_empty,
        metrics=metrics,
        fixed_dimensions=random.choice(({}, {}, {"Environment": "prod"}, {"Team": 'a "b" \\', "Zone": "x" * 255})),
        parameters=parameters_of(checked, ENGINES[engine]),
        recurrence={"seconds": WINDOW},
        query_metrics=random.random() < 0.3,
    )


def _metric(random: Random, statistic: str, *, may_roll_up: bool) -> Metric:
    return Metric(random.choice(_UNITS), random.choice((1, 60)), statistic, may_roll_up and random.random() < 0.4)


def _filter(random: Random, table: Table, scheduled: datetime) -> _Filter:
    count = random.randint(1, len(table.rows) + 1)
    return random.choice(
        (
            _Filter("1 = 1", lambda _id, _moment: True),
            _Filter("1 = 1", lambda _id, _moment: True),
            _Filter("1 = 0", lambda _id, _moment: False),
            _Filter(f"id <= {count}", lambda number, _moment: number <= count),
            _Filter(
                f"{AT} >= :previous_scheduled_time AND {AT} < :scheduled_time AND '10%' LIKE '10%'",
                lambda _id, moment: scheduled - timedelta(seconds=WINDOW) <= moment < scheduled,
            ),
            _Filter(f"{AT} < :scheduled_time", lambda _id, moment: moment < scheduled),
        )
    )


def _rows(table: Table, where: _Filter) -> list[Row]:
    pairs = zip(table.rows, table.moments, strict=True)
    return [row for position, (row, moment) in enumerate(pairs, start=1) if where.holds(position, moment)]


def _alias(engine: str, name: str) -> str:
    return f"`{name}`" if engine == MYSQL else f'"{name}"'


def _columns_of(table: Table, *, is_number: bool) -> list[str]:
    return [column for column, kind in table.kinds.items() if KINDS[kind].is_number == is_number]


def _plain(random: Random, table: Table, scheduled: datetime, name: str) -> Case:
    """Each row is a series, distinguished by `id`, if it is selected."""
    columns = list(table.kinds)
    dimensions = [column for column in random.sample(columns, random.randint(0, 2)) if random.random() < 0.6]
    if random.random() < 0.9:
        dimensions.append("id")
    metrics = [column for column in _columns_of(table, is_number=True) if random.random() < 0.4]
    metrics += random.sample(columns, 1) if random.random() < 0.1 or not metrics else []
    return _selected(random, table, scheduled, name, dimensions, metrics, "value")


def _single_row(random: Random, table: Table, _scheduled: datetime, name: str) -> Case:
    """Without dimensions a result has one row."""
    position = random.randint(1, max(1, len(table.rows)))
    where = _Filter(f"id = {position}", lambda number, _moment: number == position)
    column = random.choice(_columns_of(table, is_number=True) or ["id"])
    return _selected(random, table, _scheduled, name, [], [column], "value", where)


def _distribution(random: Random, table: Table, scheduled: datetime, name: str) -> Case:
    """A series has any number of rows."""
    dimensions = random.sample(list(table.kinds), random.randint(0, 1))
    metrics = [column for column in _columns_of(table, is_number=True) if column not in dimensions] or ["id"]
    return _selected(random, table, scheduled, name, dimensions, metrics[:2], "distribution")


def _selected(
    random: Random,
    table: Table,
    scheduled: datetime,
    name: str,
    dimensions: Sequence[str],
    metrics: Sequence[str],
    statistic: str,
    where: _Filter | None = None,
) -> Case:
    """Return a query that selects the table's rows."""
    where = where or _filter(random, table, scheduled)
    names = {f"{name} {column}": column for column in metrics}
    aliases = {f"Of {column}": column for column in dimensions} | names
    columns = [f"{column} AS {_alias(table.engine, alias)}" for alias, column in aliases.items()]
    random.shuffle(columns)
    # Ends in the table's key, so that the order is the same each time.
    order = f"{random.choice(('id', *table.kinds))}, id"
    sql = f"SELECT {', '.join(columns)} FROM {SCHEMA}.{table.name} WHERE {where.sql} ORDER BY {order}"
    query = query_of(
        random,
        table.engine,
        name,
        sql,
        dimensions=[alias for alias in aliases if alias not in names],
        metrics={alias: _metric(random, statistic, may_roll_up=bool(dimensions)) for alias in names},
    )
    rows = [{alias: row[column] for alias, column in aliases.items()} for row in _rows(table, where)]
    return Case(query, expectation(query, rows))


def _grouped(random: Random, table: Table, scheduled: datetime, name: str) -> Case:
    """Aggregates of groups, or of the whole table. The names need no quotes: PostgreSQL writes them in lower case."""
    by = _group(random, table)
    column = random.choice(_columns_of(table, is_number=True) or ["id"])
    aggregate = random.choice(("SUM", "MIN", "MAX", "COUNT"))
    where = _filter(random, table, scheduled)
    metrics = {f"{name.upper()}_{aggregate}": f"{aggregate}({column})", f"{name.upper()}_Rows": "COUNT(*)"}
    made = [
        {
            **{f"By_{one}": member[one] for one in by},
            f"{name.upper()}_{aggregate}": _aggregated(aggregate, table, column, rows),
            f"{name.upper()}_Rows": number("", len(rows)),
        }
        for member, rows in groups(_rows(table, where), by)
    ]
    return _aggregate_case(random, table, name, by, where, metrics, made)


def _set(random: Random, table: Table, scheduled: datetime, name: str) -> Case:
    """A statistic set of a column."""
    by = _group(random, table)
    column = random.choice(_columns_of(table, is_number=True) or ["id"])
    where = _filter(random, table, scheduled)
    functions = {"minimum": "MIN", "maximum": "MAX", "sum": "SUM", "count": "COUNT"}
    made = [
        {
            **{f"By_{one}": member[one] for one in by},
            **{name: _aggregated(function, table, column, rows) for name, function in functions.items()},
        }
        for member, rows in groups(_rows(table, where), by)
    ]
    metrics = {alias: f"{function}({column})" for alias, function in functions.items()}
    return _aggregate_case(random, table, name, by, where, metrics, made, is_set=True)


def _aggregate_case(
    random: Random,
    table: Table,
    name: str,
    by: Sequence[str],
    where: _Filter,
    columns: Mapping[str, str],
    rows: Sequence[Row],
    *,
    is_set: bool = False,
) -> Case:
    selected = [f"{one} AS By_{one}" for one in by] + [f"{sql} AS {alias}" for alias, sql in columns.items()]
    grouping = f" GROUP BY {', '.join(by)} ORDER BY {', '.join(by)}" if by else ""
    metrics = (
        {f"{name} set": _metric(random, "set", may_roll_up=bool(by))}
        if is_set
        else {alias: _metric(random, "value", may_roll_up=bool(by)) for alias in columns}
    )
    query = query_of(
        random,
        table.engine,
        name,
        f"SELECT {', '.join(selected)} FROM {SCHEMA}.{table.name} WHERE {where.sql}{grouping}",
        dimensions=[f"By_{one}" for one in by],
        metrics=metrics,
    )
    return Case(query, expectation(query, rows))


def _group(random: Random, table: Table) -> list[str]:
    """Return what to group by: columns whose equal values have equal literals."""
    kinds = ("whole", "truth", "text", "label", "day")
    columns = [column for column, kind in table.kinds.items() if kind in kinds]
    return random.sample(columns, min(len(columns), random.randint(0, 2)))


def _aggregated(aggregate: str, table: Table, column: str, rows: Sequence[Row]) -> Cell:
    cells = [row[column] for row in rows]
    if aggregate == "COUNT":
        return number("", sum(not cell.is_null for cell in cells))
    if aggregate == "SUM":
        precision = KINDS[table.kinds[column]].precision if column in table.kinds else None
        return summed(cells, precision[table.engine] if precision else 0)
    return extreme(cells, is_highest=aggregate == "MAX")


def _broken(random: Random, table: Table, _scheduled: datetime, name: str) -> Case:
    """A query that has to fail."""
    metric = f"{name} value"
    alias = _alias(table.engine, metric)
    sql = random.choice(
        (
            f"SELECT nothing AS {alias} FROM {SCHEMA}.{table.name}",
            f"SELECT 1 AS {alias} FROM {SCHEMA}.nowhere",
            f"SELECT 1 AS {alias}, 2 AS undeclared",
            "SELECT 1 AS other",
            f"SELECT 1 AS {alias}, 1 AS {alias}",
            f"SELECT 1 AS {alias} FROM {SCHEMA}.{table.name} WHERE WHERE",
        )
    )
    query = query_of(random, table.engine, name, sql, metrics={metric: Metric("Count", 60)})
    return Case(replace(query, on_empty="skip"), Expectation(must_fail=True))
