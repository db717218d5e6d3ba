"""What a run has published, from the page of metric data that the state which publishes it was given."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from sidestep.aws.metrics import Series

PUBLISHES: Final = "PublishMetrics"
"""The state in which a page is published."""

Published: TypeAlias = Mapping[Series, str]
"""The value of each series; how many values, if it is a distribution or a statistic set."""


def published_by(page: str | None) -> Published | None:
    """Read a page, given as JSON; None if it is none."""
    try:
        return dict(sorted(_values(json.loads(page or "")["MetricData"])))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _values(datums: list[dict[str, Any]]) -> Iterator[tuple[Series, str]]:
    samples: dict[Series, float] = {}
    for datum in datums:
        dimensions = ((one["Name"], one["Value"]) for one in datum.get("Dimensions", []))
        series = Series(datum["MetricName"], tuple(sorted(dimensions)))
        if "Value" in datum:
            yield series, f"{datum['Value']:g}"
        else:  # of which a series may have several datums
            samples[series] = samples.get(series, 0) + _samples(datum)
    for series, count in samples.items():
        yield series, f"{count:g} values"


def _samples(datum: Mapping[str, Any]) -> float:
    if "StatisticValues" in datum:
        return float(datum["StatisticValues"]["SampleCount"])
    return float(sum(datum["Counts"]))
