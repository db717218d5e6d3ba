"""Keeps the user's AWS configuration out of the local cloud, and the local cloud off the network."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_OVERRIDES = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "localhost,127.0.0.1",
    "no_proxy": "localhost,127.0.0.1",
}


@contextmanager
def isolated_environment() -> Iterator[None]:
    """Hide credentials, profiles, endpoints and regions of the shell for the length of a `with` block.

    Enter it before moto is imported, which already reads the shell's profile then: one that does not exist would stop
    it. moto's clients read the environment, too, whatever they are given.
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
