"""How many pages a run has: its function hands the series over in requests that PutMetricData takes."""

import math
from collections.abc import Iterable
from typing import Final

from sidestep.config.settings import Query

PAGE_SERIES: Final = 1000
"""Metrics of one PutMetricData request (CloudWatch API reference)."""

MAX_PAGES: Final = 2000
"""Of one run. A page takes 12 events, and a Standard execution's history ends at 25,000 (Step Functions quotas)."""


def further_pages(queries: Iterable[Query]) -> int:
    """Return how many pages a run of the queries has beyond the first one, if each publishes all that it may."""
    return pages(sum(query.series for query in queries)) - 1


def pages(series: int) -> int:
    """Return how many pages a run has that publishes so many series; one even if there are none."""
    return max(1, math.ceil(series / PAGE_SERIES))
