"""The output of every measured program: its time, its peak of memory, and how many series it had."""

import json
import re
import sys
import time
from pathlib import Path


def tell(started: float, series: int) -> None:
    """Print seconds since `started`, the process's peak of memory in kB (Linux's VmHWM), and a count of series."""
    seconds = time.perf_counter() - started
    (peak,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    print(json.dumps({"seconds": seconds, "kilobytes": int(peak), "series": series}), file=sys.stderr)
