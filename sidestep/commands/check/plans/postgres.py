"""Reads the plans of PostgreSQL.

Source: PostgreSQL manual, "EXPLAIN", "pg_class" and "Partitioning Information Functions". A plan
has the number of rows that a step returns, not the number that it reads, so the size of the table is looked up.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

from sidestep.commands.check.plans import LARGE_TABLE, Scan
from sidestep.lambdas.engines.interface import Parameters, Session
from sidestep.lambdas.engines.postgres.session import PostgresSession, PostgresStream
from sidestep.lambdas.engines.postgres.types import TIMESTAMPTZ

_READS_ALL: Final = "Seq Scan"

_READS_AN_INDEX: Final = ("Index Only Scan", "Index Scan")
"""Steps that read each entry of an index unless they have a condition on it or a step above them stops."""

_SIZE: Final = """\
SELECT read.reltuples, coalesce(root.relname, owner.relname)
FROM pg_catalog.pg_namespace AS space
JOIN pg_catalog.pg_class AS owner ON owner.relnamespace = space.oid
JOIN pg_catalog.pg_class AS read ON read.relnamespace = space.oid
LEFT JOIN pg_catalog.pg_class AS root ON root.oid = pg_catalog.pg_partition_root(owner.oid)
WHERE space.nspname = $1 AND owner.relname = $2 AND read.relname = $3"""
"""The rows of a table or the entries of an index, -1 if unknown; and the name of the root of a partition."""


class Step(NamedTuple):
    """A step of a plan that reads a table or an index completely.

    Attributes:
        schema: of both.
        table: its name.
        read: the name of the index, or of the table itself.
        rows: the number of rows that the step returns, as the server estimates it. It reads at least as many.
    """

    schema: str
    table: str
    read: str
    rows: int


def large_scans(session: Session, sql: str, parameters: Parameters, timeout: int) -> list[Scan]:
    """Implement Explain; the partitions of a table count as one table."""
    # The function's own session has no method for plans.
    plan = _Plan(cast("PostgresSession", session), timeout)
    plan.open(sql, parameters)
    rows: Counter[tuple[str, str]] = Counter()
    # A table that is read twice, such as in a self-join, counts once.
    for step in {(step.schema, step.table): step for step in full_reads(plan.first_step)}.values():
        size, table = plan.size_of(step)
        rows[step.schema, table] += max(step.rows, size)
    plan.end()
    return [Scan(table, size) for (_, table), size in rows.items() if size >= LARGE_TABLE]


def full_reads(plan: Mapping[str, Any], *, may_stop: bool = False) -> Iterator[Step]:
    """Yield the steps that read a table or an index completely; `may_stop`: a step above takes only some rows."""
    kind = plan["Node Type"]
    if kind == _READS_ALL:
        yield _step(plan, plan["Relation Name"])
    elif kind in _READS_AN_INDEX and "Index Cond" not in plan and not may_stop:
        yield _step(plan, plan["Index Name"])
    for part in plan.get("Plans", ()):
        yield from full_reads(part, may_stop=may_stop or kind == "Limit")


def _step(plan: Mapping[str, Any], read: str) -> Step:
    return Step(plan["Schema"], plan["Relation Name"], read, int(plan["Plan Rows"]))


class _Plan(PostgresStream):
    """A plan. EXPLAIN has no cursor, so the plan is read at once, in the same kind of transaction as a query.

    Attributes:
        first_step: the root of the plan.
    """

    first_step: Mapping[str, Any]

    def open(self, sql: str, parameters: Parameters) -> None:
        """Query the plan."""
        with self._translate_errors():
            self._begin()
            ((plan,),) = self._connection.execute_unnamed(
                f"EXPLAIN (FORMAT JSON, VERBOSE) {sql}",
                vals=[str(moment) for moment in parameters.values()],
                oids=[TIMESTAMPTZ] * len(parameters),
            ).rows
        self.first_step = json.loads(plan)[0]["Plan"]

    def size_of(self, step: Step) -> tuple[int, str]:
        """Return the number of rows or entries that a step reads, and the name of its table."""
        with self._translate_errors():
            self._limit()
            ((rows, table),) = self._connection.execute_unnamed(_SIZE, vals=step[:3]).rows
        return int(rows), table
