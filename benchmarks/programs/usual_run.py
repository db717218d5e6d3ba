"""The same function as one usually writes it: boto3 makes the token, all rows are fetched, boto3 puts the metrics.

Prints time and memory as JSON.
"""

import os
import time
from datetime import UTC, datetime
from typing import Any

import boto3

from benchmarks.programs.measuring import tell
from benchmarks.programs.rows import fetch

REGION = os.environ["AWS_REGION"]
RDS = boto3.client("rds", region_name=REGION)
CLOUDWATCH = boto3.client("cloudwatch", region_name=REGION, endpoint_url=os.environ["CLOUDWATCH_URL"])


def token() -> str:
    """Return the password for the log-in."""
    return RDS.generate_db_auth_token(
        DBHostname=os.environ["DATABASE_HOST"],
        Port=int(os.environ["DATABASE_PORT"]),
        DBUsername=os.environ["DATABASE_USER"],
        Region=REGION,
    )


def handler(_event: object, _context: object) -> int:
    """Publish the query's rows; return their number."""
    token()  # this server does not support tokens, so it receives a password instead
    rows = fetch()
    now = datetime.now(UTC)
    data: list[Any] = [
        {
            "MetricName": "Orders",
            "Timestamp": now,
            "Value": float(value),
            "Unit": "Count",
            "Dimensions": [{"Name": "Customer", "Value": customer}],
        }
        for customer, value in rows
    ]
    for first in range(0, len(data), 1000):
        CLOUDWATCH.put_metric_data(Namespace="Benchmark", MetricData=data[first : first + 1000])
    return len(data)


def main() -> None:
    """Invoke the handler once."""
    started = time.perf_counter()
    tell(started, handler({}, None))


if __name__ == "__main__":
    main()
