"""The CDK app of a metrics.toml, as a program: `python -m sidestep.app`, or a file that calls `main`."""

import io
import os
import signal
import sys

from sidestep.aws.errors import ended_cloud_hint


def main() -> None:
    """Synthesize one stack for each database of the metrics.toml in the current folder.

    The CDK's context `metrics` names another file, and `build` the folder of the bundles, by default .build. An error
    in the file ends with its message and exit code 2.
    """
    signal.signal(signal.SIGINT, _end)
    if hint := ended_cloud_hint(os.environ):  # the CDK would retry for a minute and report another error
        sys.exit(hint)
    from sidestep.infrastructure.app import synthesize  # noqa: PLC0415 - importing the CDK takes a second or two

    synthesize()


def _end(*_: object) -> None:
    """End on Ctrl-C without a traceback, either Python's or that of the CDK's Node process."""
    sys.stderr = io.StringIO()
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
