"""The claims about AWS of claims.toml, for docs/aws-status.md and the report."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("claims.toml")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim that the suite settles.

    Attributes:
        id: the name that a test's `claim` fixture takes.
        claim: one sentence.
        made: the document or module that relies on it.
        shown: how it is shown today.
        tests: those that settle it, as `folder/test_file.py::test_name`.
    """

    id: str
    claim: str
    made: str
    shown: str
    tests: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class OpenClaim:
    """A claim that the suite cannot settle.

    Attributes:
        claim, made, shown: as in Claim.
        needs: what would settle it.
    """

    claim: str
    made: str
    shown: str
    needs: str


@cache
def claims() -> tuple[Claim, ...]:
    """Return the claims that the suite settles."""
    return tuple(Claim(**entry) for entry in _content()["claim"])


@cache
def open_claims() -> tuple[OpenClaim, ...]:
    """Return the claims that the suite cannot settle."""
    return tuple(OpenClaim(**entry) for entry in _content()["open"])


@cache
def _content() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
