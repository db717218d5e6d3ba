"""Makes lambdas/engines/rds-roots.pem: the current roots of RDS's certificate authorities, and no others.

    curl https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem |
      python -m sidestep.rds_roots "global-bundle.pem of 2026-11-23"

Users do not need this module: their metrics.toml names an AWS file (sidestep/certificates.py).

Source: RDS user guide, "Using SSL/TLS to encrypt a connection": each region has a root of its own for
rds-ca-rsa2048-g1, rds-ca-rsa4096-g1 and rds-ca-ecc384-g1. AWS's file also holds expired roots of 2019, left out here.
"""

import re
import sys
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sidestep import project

FILE: Final = project.LAMBDAS / "engines" / "rds-roots.pem"

_ROOT_NAME: Final = re.compile(r"Amazon RDS (?P<region>\S+) Root CA (?P<key>RSA2048|RSA4096|ECC384) G1")

_HEADER: Final = """\
# The roots of Amazon RDS's certificate authorities, generation G1, one per region and kind of key.
# Source: {source}
# sidestep/rds_roots.py makes this file and says how to refresh it.
"""


def current_roots(pem: bytes, now: datetime) -> dict[tuple[str, str], x509.Certificate]:
    """Return the G1 roots in a PEM file that are valid at `now`, by region and kind of key, sorted.

    Raises:
        ValueError: the file is not PEM.
    """
    roots = {}
    for certificate in x509.load_pem_x509_certificates(pem):
        match = _ROOT_NAME.fullmatch(common_name(certificate))
        if match and certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
            roots[match["region"], match["key"]] = certificate
    return dict(sorted(roots.items()))


def render(roots: dict[tuple[str, str], x509.Certificate], source: str) -> str:
    """Return the PEM file: where the roots are from, and above each of them a line that says which it is."""
    blocks = [
        f"\n# {region} {key}, until {root.not_valid_after_utc:%Y-%m-%d}\n{root.public_bytes(Encoding.PEM).decode()}"
        for (region, key), root in roots.items()
    ]
    return _HEADER.format(source=source) + "".join(blocks)


def shipped_regions() -> frozenset[str]:
    """Return the regions whose roots are in the project's file."""
    return frozenset(re.findall(r"^# ([a-z0-9-]+) \S+, until", FILE.read_text(encoding="ascii"), re.MULTILINE))


def common_name(certificate: x509.Certificate) -> str:
    """Return a certificate's common name; "" if it has none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def main() -> None:
    """Read AWS's bundle from standard input and rewrite the project's file; the argument says where it is from."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        sys.exit("say in one argument where the certificates on standard input are from")
    try:
        roots = current_roots(sys.stdin.buffer.read(), datetime.now(UTC))
    except ValueError as error:
        sys.exit(f"standard input is not a PEM file of certificates: {error}")
    if not roots:
        sys.exit("standard input holds no current root of Amazon RDS; expected AWS's global-bundle.pem")
    FILE.write_text(render(roots, sys.argv[1]), encoding="ascii")
    regions = {region for region, _ in roots}
    print(f"{FILE.relative_to(project.ROOT)}: {len(roots)} roots of {len(regions)} regions")


if __name__ == "__main__":
    main()
