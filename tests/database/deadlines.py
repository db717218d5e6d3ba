"""Waiting for a condition, but not for ever."""

import time
from collections.abc import Callable
from typing import Final

DEADLINE: Final = 20
"""Seconds."""


def eventually(condition: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.02)
