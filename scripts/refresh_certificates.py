"""Rewrites the certificate authorities in lambdas/engines, for a release.

    curl https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem |
      python scripts/refresh_certificates.py rds "global-bundle.pem of 2026-11-23"
    python scripts/refresh_certificates.py proxy

`rds` reads AWS's bundle from standard input and keeps the current roots of RDS. `proxy` takes the roots of Amazon
Trust Services, which sign the certificates of RDS Proxy, from certifi, which has Mozilla's list of authorities.
Source: RDS user guide, "Using TLS/SSL with RDS Proxy".
"""

import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sidestep.config.certificates import AMAZON_ROOTS, RDS_ROOTS, common_name, current_roots, render

NAMES: Final = tuple(f"Amazon Root CA {number}" for number in (1, 2, 3, 4))
"""The roots of Amazon Trust Services, by their common names."""

_HEADER: Final = """\
# The roots of Amazon Trust Services, which sign the certificates of RDS Proxy.
# Source: certifi {version}
# scripts/refresh_certificates.py writes this file.
"""


def main(arguments: list[str]) -> None:
    """Rewrite the file that the arguments name."""
    match arguments:
        case ["rds", source]:
            _write(RDS_ROOTS, _rds_roots(source))
        case ["proxy"]:
            _write(AMAZON_ROOTS, amazon_roots())
        case _:
            sys.exit(__doc__)


def amazon_roots() -> str:
    """Return the PEM file for RDS Proxy, with a line above each root that names it."""
    certificates = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
    roots = {common_name(one): one.public_bytes(Encoding.PEM).decode() for one in certificates}
    return _HEADER.format(version=version("certifi")) + "".join(f"\n# {name}\n{roots[name]}" for name in NAMES)


def _rds_roots(source: str) -> str:
    try:
        roots = current_roots(sys.stdin.buffer.read(), datetime.now(UTC))
    except ValueError as error:
        sys.exit(f"standard input is not a PEM file of certificates: {error}")
    if not roots:
        sys.exit("standard input has no current root of Amazon RDS; expected AWS's global-bundle.pem")
    return render(roots, source)


def _write(file: Path, content: str) -> None:
    file.write_text(content, encoding="ascii")
    print(f"{file}: {content.count('BEGIN CERTIFICATE')} roots")


if __name__ == "__main__":
    main(sys.argv[1:])
