"""A program in a separate process: goes through all pages of one run, as a warm environment does.

Prints the number of values, the names of the queries that failed, and the peak of the process's memory in kB, as
JSON. Its arguments are a file of queries, as the bundle has it, and the password that replaces a token.
"""

import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from sidestep.lambdas.query_database import endpoint as module
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.event import run_from
from sidestep.lambdas.query_database.kept_slices import default_folder
from sidestep.lambdas.query_database.queries import load_queries
from sidestep.lambdas.query_database.run import next_page


def main() -> None:
    listing, password = sys.argv[1:]
    queries = load_queries(Path(listing))
    module.iam_token = lambda *_: password
    endpoint = Endpoint.from_environment(os.environ, Path())
    event: object = {}
    values = 0
    failed: list[str] = []
    while event is not None:
        page = next_page(run_from(event, queries, datetime.now(UTC), "0" * 32), endpoint, default_folder())
        answer = json.dumps(page)
        values += sum(datum["MetricName"] != "FailedQueries" for datum in page["MetricData"])
        failed = [failure["Query"] for failure in page["Failures"]]
        event = json.loads(answer) if "NextPage" in page else None
    (peak,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps({"values": values, "failed": failed, "kilobytes": int(peak)}), file=sys.stderr)


main()
