"""CloudWatch expressions for all series of a metric: Metrics Insights queries for alarms, searches for dashboards.

Source: CloudWatch user guide, "Metrics Insights query components and syntax" and "Search expression syntax".
"""

from typing import Final, Literal

from sidestep.config.settings import Query

MAX_INSIGHTS_QUERY: Final = 2048
"""Maximum number of characters of an alarm's expression (MetricExpression in the service model of CloudWatch)."""

MAX_SEARCH: Final = 1024
"""Maximum number of characters of a search."""

UNQUOTABLE: Final = frozenset("\"'\\")
"""Characters that names and values in a Metrics Insights query may not have: the guide has no rule to escape them."""


def insights_query(namespace: str, metric: str, query: Query, *, function: Literal["MAX", "MIN"]) -> str:
    """Return a Metrics Insights query for the highest or lowest value among the series of a query's metric."""
    schema = ", ".join(f'"{name}"' for name in (namespace, *query.dimensions, *query.fixed_dimensions))
    terms = " AND ".join(f"\"{name}\" = '{value}'" for name, value in query.fixed_dimensions.items())
    selected = f'SELECT {function}("{metric}") FROM SCHEMA({schema})'  # noqa: S608 - not SQL
    return f"{selected} WHERE {terms}" if terms else selected


def search_expression(namespace: str, metric: str, query: Query, *, statistic: str, period: int) -> str:
    """Return a search for each series of a query's metric; `period` is in seconds."""
    schema = ",".join(f'"{_escaped(name)}"' for name in (namespace, *query.dimensions, *query.fixed_dimensions))
    terms = [f'MetricName="{_exact(metric)}"']
    terms += [f'"{_exact(name)}"="{_exact(value)}"' for name, value in query.fixed_dimensions.items()]
    return f"SEARCH('{{{schema}}} {' '.join(terms)}', '{statistic}', {period})"


def _exact(text: str) -> str:
    """Escape text in an exact match, which also gives parentheses a meaning."""
    return _escaped(text).replace("(", "\\(").replace(")", "\\)")


def _escaped(name: str) -> str:
    for character in "\\\"'":
        name = name.replace(character, f"\\{character}")
    return name
