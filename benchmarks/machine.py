"""The machine that produced the numbers."""

import os
import platform
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypedDict


class Machine(TypedDict):
    """A machine, in a few words."""

    processor: str
    cores: int
    memory_gb: int
    system: str
    python: str
    date: str


def describe_machine() -> Machine:
    """Describe this machine, today."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "date": _today().isoformat(),
    }


def _today() -> date:
    return datetime.now(UTC).date()


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", information.read_text()) if information.exists() else []
    return names[0].strip() if names else platform.machine()
