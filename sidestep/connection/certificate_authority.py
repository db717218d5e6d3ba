"""Whose certificates are trusted: never everybody's."""

import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidestep.config.errors import OptionError
from sidestep.lambdas.engines.server import AUTHORITIES

_RDS: Final = re.compile(r"(?P<proxy>.*\.proxy-[a-z0-9]+)?.*\.rds\.amazonaws\.com", re.IGNORECASE)
"""An endpoint of RDS or Aurora, or NAME.proxy-ID.REGION... of RDS Proxy (RDS user guide, "RDS Proxy endpoints")."""

_UNKNOWN_AUTHORITY: Final = re.compile(r"CERTIFICATE_VERIFY_FAILED(?!.*is not valid for)", re.DOTALL)
"""In the driver's error, unless it is the host's name that the certificate lacks."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The authorities to trust: a PEM file, or None for the machine's own; and what to call them."""

    file: Path | None
    name: str


def trusted_for(host: str, ca: Path | None, own: Path | None = None) -> Trust:
    """Return whom to trust for a host: a file of the user's, what the function trusts for RDS, or the machine's own.

    Args:
        host: the host.
        ca: the file of the option --ca.
        own: the file of RDS's authorities that metrics.toml names.

    Raises:
        OptionError: the file cannot be read or has no certificate.
    """
    if ca is not None:
        _check(ca)
        return Trust(ca, str(ca))
    match = _RDS.fullmatch(host)
    if match is None:
        return Trust(None, "this machine's authorities")
    if match["proxy"]:
        return Trust(AUTHORITIES / "amazon-roots.pem", "the roots of Amazon Trust Services")
    return Trust(own or AUTHORITIES / "rds-roots.pem", "the roots of RDS")


def hint(problem: str, trust: Trust) -> str:
    """Return what to do about a certificate of an unknown authority; nothing about any other problem."""
    if not _UNKNOWN_AUTHORITY.search(problem):
        return ""
    return f"; its certificate is not of {trust.name}: --ca FILE names another authority"


def _check(ca: Path) -> None:
    try:
        ssl.create_default_context(cafile=ca)
    except ssl.SSLError:
        raise OptionError(f"--ca {ca}: has no certificate; name a PEM file of certificates") from None
    except OSError as error:
        raise OptionError(f"--ca {ca}: cannot be read: {error.strerror}") from None
