"""The minimum: the driver fetches the rows and json writes them. Prints time and memory as JSON."""

import json
import time

from benchmarks.programs.measuring import tell
from benchmarks.programs.rows import fetch


def main() -> None:
    """Fetch and write."""
    started = time.perf_counter()
    rows = fetch()
    json.dumps(rows)
    tell(started, len(rows))


main()
