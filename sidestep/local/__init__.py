"""AWS on this machine, for `sidestep demo`, `sidestep local` and the tests. It needs the extra `sidestep[local]`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

EXTRA = frozenset({"flask", "flask_cors", "moto", "mysql_mimic", "trustme", "werkzeug"})
"""The modules of the extra that this package imports."""

_OVERRIDES = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    # Reading its machine images takes moto a quarter of a second for each cloud, and no stack has a virtual machine.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "NO_PROXY": "localhost,127.0.0.1",
    "no_proxy": "localhost,127.0.0.1",
}


@contextmanager
def isolated_environment() -> Iterator[None]:
    """Hide the shell's AWS configuration, and keep the local cloud off the network, during a `with` block.

    Enter it before moto is imported: moto reads the shell's profile on import and fails if it does not exist. moto's
    clients also read the environment, whatever arguments they get.
    """
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(_OVERRIDES)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
