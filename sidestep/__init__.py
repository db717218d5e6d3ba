"""Sidestep: SQL results from a private database as CloudWatch metrics.

For CDK apps: SqlMetrics, and Query, Metric, Alarm and Check for queries and checks without a file. They are imported
when they are used, since the command line needs them rarely and the CDK takes a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidestep.infrastructure.queries import Alarm, Check, Metric, Query
    from sidestep.infrastructure.sql_metrics import SqlMetrics

__all__ = ["Alarm", "Check", "Metric", "Query", "SqlMetrics"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "sql_metrics" if name == "SqlMetrics" else "queries"
    value: object = getattr(import_module(f"sidestep.infrastructure.{module}"), name)
    return value
