"""The deployed queries, as metrics.toml declared them; written into the bundle at synth."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Metric:
    """A column that becomes a metric: its CloudWatch unit, and 1 or 60 seconds per stored point."""

    unit: str
    resolution: int


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT and what its columns become. `timeout` is in seconds; the policies are skip, zero or fail.

    `alarm_on_empty` says that an alarm waits for EmptyResults, so that it is published whenever there is a reason.
    """

    name: str
    sql: str
    dimensions: tuple[str, ...]
    timeout: int
    max_series: int
    on_null: str
    on_empty: str
    metrics: Mapping[str, Metric]
    alarm_on_empty: bool = False


def load_queries(path: Path) -> dict[str, Query]:
    """Read the bundle's queries.json; the result is keyed by name, in the order of metrics.toml."""
    return {table["name"]: _query(table) for table in json.loads(path.read_text(encoding="utf-8"))}


def _query(table: dict[str, Any]) -> Query:
    columns = {
        "dimensions": tuple(table["dimensions"]),
        "metrics": {name: Metric(**metric) for name, metric in table["metrics"].items()},
    }
    return Query(**table | columns)
