"""Queries that metrics.toml allows, and results that a database may give to them, good and odd."""

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from hypothesis import strategies as st

from sidestep.config.cloudwatch import UNITS
from sidestep.lambdas.query_database.queries import Metric, Query

Row = tuple[object, ...]


@dataclass(frozen=True)
class Table:
    """A query and what the database answers."""

    query: Query
    columns: tuple[str, ...]
    rows: list[Row]


names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=30).filter(
    lambda name: name.strip() and not name.startswith(":")
)
good_numbers = st.integers(-3, 3) | st.floats(-1e9, 1e9) | st.decimals(-1000, 1000, places=2)
good_texts = st.sampled_from(("a", "b", 'quo"te', "back\\slash", "x" * 1024)) | names
EDGES: Final = (
    *("", " ", "a\n", "\x7f", "é", "x" * 1024, "x" * 1025, "1", b"", True, None, date(2026, 1, 31)),
    *(2**53 + 1, 2.0**360, 2**360 + 2**300, -(2.0**361), 2.0**-361, -0.0, math.inf, math.nan, Decimal("NaN")),
)
odd_cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**400), 2**400),
    st.floats(),
    st.decimals().filter(lambda number: not number.is_snan()),  # no database has signalling ones
    st.text(max_size=5),
    st.binary(max_size=3),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
)


@st.composite
def tables(draw: st.DrawFn, name: str) -> Table:
    """Make up a query and a result: a good one, one with an odd cell or a repeated row, or one of odd cells."""
    kind = draw(st.sampled_from(("good", "one odd cell", "a row twice", "odd")))
    query = draw(queries(name))
    columns, cells = list(query.dimensions), [good_texts if kind != "odd" else odd_cells] * len(query.dimensions)
    for metric_name, metric in query.metrics.items():
        if metric.statistic == "set":
            columns += ["minimum", "maximum", "sum", "count"]
            cells += [st.just(-1), st.just(5), st.just(3), st.sampled_from((0, 1, 2, None))]
        else:
            columns.append(metric_name)
            cells.append(good_numbers | st.none() if kind != "odd" else odd_cells)
    rows = draw(
        st.lists(
            st.tuples(*cells),
            min_size=draw(st.sampled_from((0, 6, 12))) if query.dimensions else 0,
            max_size=25,
            unique_by=lambda row: repr(row[: len(query.dimensions)]),
        )
    )
    if rows and kind == "one odd cell":
        row, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(columns) - 1))
        rows[row] = (*rows[row][:column], draw(odd_cells), *rows[row][column + 1 :])
    if rows and (kind == "a row twice" or next(iter(query.metrics.values())).statistic == "distribution"):
        rows.append(rows[0])
    return Table(query, tuple(columns), rows)


@st.composite
def queries(draw: st.DrawFn, name: str) -> Query:
    """Make up a query that metrics.toml allows."""
    statistic = draw(st.sampled_from(("value", "value", "set", "distribution")))
    dimensions = draw(st.lists(names, unique=True, max_size=3))
    metrics = {
        f"{name}/{number}": Metric(
            unit=draw(st.sampled_from(UNITS)),
            resolution=draw(st.sampled_from((1, 60))),
            statistic=statistic if statistic == "distribution" or number == 1 else "value",
            rollup=bool(dimensions) and draw(st.booleans()),
        )
        for number in range(draw(st.integers(1, 2)))
    }
    return Query(
        name=name,
        sql="SELECT ...",
        dimensions=tuple(dimensions),
        timeout=10,
        max_series=draw(st.sampled_from((3, 1000, 1000, 1000))),
        on_null=draw(st.sampled_from(("skip", "skip", "zero", "fail"))),
        on_empty=draw(st.sampled_from(("skip", "fail"))),
        on_invalid=draw(st.sampled_from(("fail", "fail", "skip", "escape"))),
        metrics=metrics,
        fixed_dimensions=draw(st.dictionaries(names.filter(lambda one: one not in dimensions), names, max_size=2)),
        database=draw(st.sampled_from((None, "eu"))),
        query_metrics=draw(st.booleans()),
    )
