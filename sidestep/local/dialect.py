"""Translates MySQL statements to SQLite, as far as the embedded database supports them.

sqlglot translates most of a statement; this module adds MySQL's functions on dates and RAND, which SQLite lacks.
"""

import calendar
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlglot import exp

_FORMAT: Final = "%Y-%m-%d %H:%M:%S"

_SECONDS: Final = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604800}

_CURRENT_TIME: Final = {"NOW", "SYSDATE", "LOCALTIME", "LOCALTIMESTAMP"}


def to_sqlite(expression: exp.Expr, now: datetime, schema: str = "") -> str:
    """Translate a parsed MySQL statement.

    Args:
        expression: the statement.
        now: the current time, in UTC.
        schema: the name of the only schema, which is removed from table names.
    """
    translated = expression.copy()
    for table in translated.find_all(exp.Table):
        if table.db.casefold() == schema.casefold():
            table.set("db", None)
    # From the leaves up: sqlglot does not visit the replacement of a node.
    for node in reversed(list(translated.walk())):
        replacement = _translation(node, now)
        if replacement is not None:
            node.replace(replacement)
    return translated.sql(dialect="sqlite")


def tables_of(expression: exp.Expr, schema: str) -> set[tuple[str, str]]:
    """Return the schemas and tables that a statement reads; `schema` is the schema of a table without one."""
    named_here = {table.alias for table in expression.find_all(exp.CTE)}
    tables = {(table.db or schema, table.name) for table in expression.find_all(exp.Table)}
    return {(db, name) for db, name in tables if name != "dual" and (name not in named_here or db != schema)}


def add_functions(connection: sqlite3.Connection) -> None:
    """Add the functions that `to_sqlite` uses to a connection."""
    connection.create_function("random_fraction", 0, random.random)
    for name, arguments, function in (
        ("shift_time", 3, _shift_time),
        ("time_difference", 3, _time_difference),
        ("unix_timestamp", 1, _unix_timestamp),
    ):
        connection.create_function(name, arguments, function, deterministic=True)


def as_text(moment: datetime) -> str:
    """Return a time as the database stores it: MySQL's DATETIME as text, in UTC."""
    return moment.astimezone(UTC).strftime(_FORMAT)


def _translation(node: exp.Expr, now: datetime) -> exp.Expr | None:
    """Return the replacement of a node; None if it needs none."""
    match node:
        case exp.UtcTimestamp() | exp.CurrentTimestamp() | exp.Rand():
            return exp.func("random_fraction") if isinstance(node, exp.Rand) else exp.Literal.string(as_text(now))
        case exp.Anonymous(expressions=[]):
            return _current_time(node.name.upper(), now)
        case exp.DateAdd() | exp.DateSub():
            sign = -1 if isinstance(node, exp.DateSub) else 1
            return _shifted(node.this, node.expression, node.text("unit"), sign)
        case exp.Add(expression=exp.Interval()) | exp.Sub(expression=exp.Interval()):
            sign = -1 if isinstance(node, exp.Sub) else 1
            return _shifted(node.this, node.expression.this, node.expression.text("unit"), sign)
        case exp.TimestampDiff():
            unit = exp.Literal.string(node.text("unit").upper())
            return exp.func("time_difference", unit, node.expression, node.this)
        case _:
            return None


def _current_time(function: str, now: datetime) -> exp.Expr | None:
    if function == "UNIX_TIMESTAMP":
        return exp.Literal.number(calendar.timegm(now.utctimetuple()))
    return exp.Literal.string(as_text(now)) if function in _CURRENT_TIME else None


def _shifted(moment: exp.Expr, amount: exp.Expr, unit: str, sign: int) -> exp.Expr:
    signed = exp.Mul(this=exp.Literal.number(sign), expression=exp.paren(amount))
    return exp.func("shift_time", moment, signed, exp.Literal.string(unit.upper()))


def _shift_time(moment: str | None, amount: float | None, unit: str) -> str | None:
    if moment is None or amount is None:
        return None
    return (_parsed(moment) + timedelta(seconds=float(amount) * _SECONDS[unit])).strftime(_FORMAT)


def _time_difference(unit: str, start: str | None, end: str | None) -> int | None:
    if start is None or end is None:
        return None
    return int((_parsed(end) - _parsed(start)).total_seconds() / _SECONDS[unit])


def _unix_timestamp(moment: str | None) -> int | None:
    return None if moment is None else calendar.timegm(_parsed(moment).utctimetuple())


def _parsed(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)
