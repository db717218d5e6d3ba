"""The built bundle: all pages of one run, as Step Functions asks for them. Prints what it took as JSON."""

import json
import os
import time
from typing import Any

import query_database.database
from benchmarks.programs.measuring import tell
from query_database.handler import handler


def main() -> None:
    """Go from page to page."""
    sign = query_database.database.iam_token

    def sign_and_use_the_password(*arguments: Any) -> str:  # noqa: ANN401
        """Pay for the token, which this server does not understand."""
        sign(*arguments)
        return os.environ["PASSWORD"]

    query_database.database.iam_token = sign_and_use_the_password  # type: ignore[assignment] # takes the same
    started = time.perf_counter()
    event: dict[str, Any] | None = {}
    series = 0
    while event is not None:
        answer = json.dumps(handler(event, None))
        page = json.loads(answer)  # by Step Functions, not by the function, but paid for here
        series += len(page["MetricData"])
        event = {**page, "MetricData": {}} if "NextPage" in page else None
    tell(started, series)


main()
