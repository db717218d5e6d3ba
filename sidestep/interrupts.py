"""Ctrl-C while the CDK app runs."""

import io
import signal
import sys


def end_quietly() -> None:
    """Let Ctrl-C end this program without tracebacks: neither its own nor those of the CDK's Node."""
    signal.signal(signal.SIGINT, _end)


def _end(*_: object) -> None:
    sys.stderr = io.StringIO()
    raise KeyboardInterrupt
