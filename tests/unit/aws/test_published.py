"""What a run has published, read from its page."""

import json

import pytest

from sidestep.aws.metrics import Series, published_by

AT = {"Timestamp": "2026-01-31T08:05:00Z", "Unit": "None"}


def test_values_are_by_series_and_counted_where_they_are_many() -> None:
    # Given a value, a distribution in two datums, and a statistic set
    page = {
        "MetricData": [
            {"MetricName": "Users", "Value": 0.5, **AT},
            {"MetricName": "Age", "Values": [1, 2], "Counts": [3, 4], **AT},
            {"MetricName": "Age", "Values": [3], "Counts": [1], **AT},
            {
                "MetricName": "Size",
                "StatisticValues": {"SampleCount": 9, "Sum": 1, "Minimum": 0, "Maximum": 1},
                "Dimensions": [{"Name": "Plan", "Value": "free"}, {"Name": "Env", "Value": "prod"}],
                **AT,
            },
        ]
    }

    # When / Then
    assert published_by(json.dumps(page)) == {
        Series("Age"): "8 values",
        Series("Size", (("Env", "prod"), ("Plan", "free"))): "9 values",
        Series("Users"): "0.5",
    }


@pytest.mark.parametrize("page", [None, "", "{", "null", "[]", "{}", '{"MetricData": [1]}', '{"MetricData": [{}]}'])
def test_what_is_no_page_has_no_values(page: str | None) -> None:
    assert published_by(page) is None
