"""The same function as one usually writes it: boto3 makes the token, all rows are fetched, boto3 puts the metrics.

Prints what it took as JSON.
"""

import os
import time
from datetime import UTC, datetime
from typing import Any

import boto3
import pymysql

from benchmarks.programs.measuring import tell

REGION = os.environ["AWS_REGION"]
RDS = boto3.client("rds", region_name=REGION)
CLOUDWATCH = boto3.client("cloudwatch", region_name=REGION, endpoint_url=os.environ["CLOUDWATCH_URL"])


def handler(_event: object, _context: object) -> int:
    """Publish the query's rows; return how many they were."""
    host, port = os.environ["DATABASE_HOST"], int(os.environ["DATABASE_PORT"])
    user = os.environ["DATABASE_USER"]
    RDS.generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user, Region=REGION)
    connection = pymysql.connect(
        host=host,
        port=port,
        user=user,
        password=os.environ["PASSWORD"],  # in the token's place, which this server does not understand
        database=os.environ["DATABASE_SCHEMA"],
        ssl={"ca": os.environ["DATABASE_CERTIFICATES"]},
        cursorclass=pymysql.cursors.DictCursor,
    )
    with connection.cursor() as cursor:
        cursor.execute(os.environ["SQL"])
        rows = cursor.fetchall()
    connection.close()
    now = datetime.now(UTC)
    data: list[Any] = [
        {
            "MetricName": "Orders",
            "Timestamp": now,
            "Value": float(row["Orders"]),
            "Unit": "Count",
            "Dimensions": [{"Name": "Customer", "Value": row["Customer"]}],
        }
        for row in rows
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
