"""The built bundle: all pages of one run, as Step Functions requests them. Prints time and memory as JSON."""

import json
import os
import time
from typing import Any

from benchmarks.programs.measuring import tell
from lambdas.query_database import endpoint
from lambdas.query_database.handler import handler


def main() -> None:
    """Go from page to page."""
    sign = endpoint.iam_token

    def sign_and_use_the_password(*arguments: Any) -> str:  # noqa: ANN401
        """Sign the token, which takes time, although this server does not use it."""
        sign(*arguments)
        return os.environ["PASSWORD"]

    endpoint.iam_token = sign_and_use_the_password  # type: ignore[assignment] # takes the same
    started = time.perf_counter()
    event: str | None = "{}"
    series = 0
    while event:
        page = handler(json.loads(event), None)
        json.dumps(page)
        series += len(page["MetricData"])
        # As Step Functions does: the datums are not part of the next input.
        event = json.dumps({**page, "MetricData": {}}) if "NextPage" in page else None
    tell(started, series)


main()
