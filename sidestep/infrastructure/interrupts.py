"""Ctrl-C while the CDK app runs."""

import io
import signal
import sys


def end_quietly() -> None:
    """End this program on Ctrl-C without a traceback, either its own or one of the CDK's Node process."""
    signal.signal(signal.SIGINT, _end)


def _end(*_: object) -> None:
    sys.stderr = io.StringIO()
    raise KeyboardInterrupt
