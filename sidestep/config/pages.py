"""How many pages a run has: its function hands the series over in requests that PutMetricData takes."""

import math
from collections.abc import Iterable

from sidestep.config.settings import Query
from sidestep.lambdas.query_database.page import MAX_DATUMS


def further_pages(queries: Iterable[Query]) -> int:
    """Return how many pages a run of the queries has beyond the first one, if each publishes all that it may."""
    return pages(sum(query.series for query in queries)) - 1


def pages(series: int) -> int:
    """Return how many pages a run has that publishes so many series; one even if there are none."""
    return max(1, math.ceil(series / MAX_DATUMS))
