"""The certificate authorities to trust for a connection. Certificates are always verified."""

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
"""A part of the driver's error, unless the certificate is for another host."""


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """The authorities to trust: a PEM file, or None for this machine's authorities; and their name in messages."""

    file: Path | None
    name: str


def authority_for(host: str, ca: Path | None, own: Path | None = None) -> CertificateAuthority:
    """Return the authorities for a host: the file of --ca, the roots of RDS for its endpoints, or the machine's.

    Args:
        host: the host.
        ca: the file of the option --ca.
        own: the file of RDS's authorities in metrics.toml.

    Raises:
        OptionError: the file of --ca cannot be read or has no certificate.
    """
    if ca is not None:
        _check(ca)
        return CertificateAuthority(ca, str(ca))
    match = _RDS.fullmatch(host)
    if match is None:
        return CertificateAuthority(None, "this machine's authorities")
    if match["proxy"]:
        return CertificateAuthority(AUTHORITIES / "amazon-roots.pem", "the roots of Amazon Trust Services")
    return CertificateAuthority(own or AUTHORITIES / "rds-roots.pem", "the roots of RDS")


def hint(problem: str, authority: CertificateAuthority) -> str:
    """Return the remedy for a certificate of an unknown authority; empty for any other problem."""
    if not _UNKNOWN_AUTHORITY.search(problem):
        return ""
    return f"; its certificate is not signed by {authority.name}: name another authority with --ca FILE"


def _check(ca: Path) -> None:
    try:
        ssl.create_default_context(cafile=ca)
    except ssl.SSLError:
        raise OptionError(f"--ca {ca}: has no certificate; name a PEM file with certificates") from None
    except OSError as error:
        raise OptionError(f"--ca {ca}: cannot be read: {error.strerror}") from None
