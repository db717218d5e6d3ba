"""A dashboard of several databases that has no name, or more lines than CloudWatch allows."""

from collections.abc import Iterator
from typing import Final

from sidestep.config.cloudwatch import MAX_WIDGETS
from sidestep.config.databases import database_key
from sidestep.config.settings import Query, Settings
from sidestep.config.validation.raw import Problem
from sidestep.resource_names import OVERVIEW

MAX_LINES: Final = 2500
"""Maximum number of metrics of all widgets in a dashboard (CloudWatch user guide, "CloudWatch service quotas")."""

MAX_LINES_OF_A_GRAPH: Final = 500
"""Maximum number of metrics in a widget (CloudWatch user guide, "CloudWatch service quotas")."""

_REMEDY: Final = "write dashboard = false, or a file of its own for some of the databases or queries"


def overview_errors(settings: Settings) -> Iterator[Problem]:
    """Find a database with the name of the dashboard of several databases, and too many graphs or lines."""
    if not settings.has_overview:
        return
    if OVERVIEW in settings.databases:
        yield (
            database_key(OVERVIEW),
            f"{settings.overview_stack} is the name of the stack with the dashboard of several databases; rename the "
            "database, or write dashboard = false",
        )
    groups = settings.shared_queries()
    failures = 2 * sum(map(len, groups))
    graphs = [failures, *(lines for group in groups for lines in _lines(group))]
    for count, limit, what in (
        (len(graphs), MAX_WIDGETS, "graphs"),
        (sum(graphs), MAX_LINES, "lines"),
        (max(graphs), MAX_LINES_OF_A_GRAPH, "lines in one graph"),
    ):
        if count > limit:
            yield (
                "dashboard",
                f"that of several databases has {count:,} {what}, but CloudWatch allows {limit:,}; {_REMEDY}",
            )


def _lines(group: tuple[Query, ...]) -> Iterator[int]:
    """Yield the number of lines of each graph of a query; a search is one line."""
    for metric in group[0].metrics.values():
        of_each = 3 if metric.statistic == "distribution" else 1
        yield len(group) * of_each * (2 if metric.rollup else 1)
    for _ in range(group[0].own_series):
        yield sum(bool(query.query_metrics) for query in group)
