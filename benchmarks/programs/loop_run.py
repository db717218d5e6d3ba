"""A plain loop: the driver fetches all rows, each becomes a datum, unchecked, and json writes a thousand at a time.

It does the same work without streams, checks, counts and stored pages. Prints time and memory as JSON.
"""

import json
import time
from datetime import UTC, datetime

from benchmarks.programs.measuring import tell
from benchmarks.programs.rows import fetch


def main() -> None:
    """Fetch, loop, and write."""
    started = time.perf_counter()
    rows = fetch()
    now = datetime.now(UTC).isoformat()
    datums = [
        {
            "MetricName": "Orders",
            "Timestamp": now,
            "Value": value,
            "Unit": "Count",
            "Dimensions": [{"Name": "Customer", "Value": customer}],
        }
        for customer, value in rows
    ]
    for first in range(0, len(datums), 1000):
        json.dumps({"MetricData": datums[first : first + 1000]})
    tell(started, len(rows))


main()
