"""What CloudWatch is asked about all series of a metric: the queries of alarms and the searches of dashboards.

Source: CloudWatch user guide, "Metrics Insights query components and syntax" and "Search expression syntax".
"""

from typing import Final, Literal

from sidestep.config.settings import Query

MAX_INSIGHTS_QUERY: Final = 2048
"""Characters of an expression that an alarm evaluates (MetricExpression in the service model of CloudWatch)."""

MAX_SEARCH: Final = 1024
"""Characters of a search."""

UNQUOTABLE: Final = frozenset("\"'\\")
"""What names and values in a Metrics Insights query do not have here: the guide's way to escape them is unclear."""


def worst_series(namespace: str, metric: str, query: Query, *, worst: Literal["MAX", "MIN"]) -> str:
    """Return a Metrics Insights query for the highest or lowest value among the series of a query's metric."""
    schema = ", ".join(f'"{name}"' for name in (namespace, *query.dimensions, *query.fixed_dimensions))
    terms = " AND ".join(f"\"{name}\" = '{value}'" for name, value in query.fixed_dimensions.items())
    selected = f'SELECT {worst}("{metric}") FROM SCHEMA({schema})'  # noqa: S608 - no database reads it
    return f"{selected} WHERE {terms}" if terms else selected


def every_series(namespace: str, metric: str, query: Query, *, statistic: str, period: int) -> str:
    """Return a search for each series of a query's metric; `period` is in seconds."""
    schema = ",".join(f'"{_escaped(name)}"' for name in (namespace, *query.dimensions, *query.fixed_dimensions))
    terms = [f'MetricName="{_exactly(metric)}"']
    terms += [f'"{_exactly(name)}"="{_exactly(value)}"' for name, value in query.fixed_dimensions.items()]
    return f"SEARCH('{{{schema}}} {' '.join(terms)}', '{statistic}', {period})"


def _exactly(text: str) -> str:
    """Escape what an exact match takes for its own, too."""
    return _escaped(text).replace("(", "\\(").replace(")", "\\)")


def _escaped(name: str) -> str:
    for character in "\\\"'":
        name = name.replace(character, f"\\{character}")
    return name
