"""RDS's certificate authorities: the shipped roots, and a file from AWS that is verified by its hash.

Source: RDS user guide, "Using SSL/TLS to encrypt a connection to a DB instance or cluster", which links the files.
Each region has its own roots for rds-ca-rsa2048-g1, rds-ca-rsa4096-g1 and rds-ca-ecc384-g1. AWS's files also have
expired roots of 2019, which are omitted here.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sidestep import paths

RDS_ROOTS: Final = paths.LAMBDAS / "engines" / "rds-roots.pem"
AMAZON_ROOTS: Final = paths.LAMBDAS / "engines" / "amazon-roots.pem"
"""The shipped files: the authorities of RDS and Aurora, and those of RDS Proxy."""

KNOWN: Final = {
    "e5bb2084ccf45087bda1c9bffdea0eb15ee67f0b91646106e466714f9de3c7e3": "global-bundle.pem of August 2026",
    "bae59f78f2e2ba789e734cdcac78c13a0f0e99aa3f7bd49f1f37477c815b9b33": "GovCloud's bundle of August 2026",
}
"""AWS's files by their SHA-256; several unrelated public repositories pin the same hashes."""

_ROOT_NAME: Final = re.compile(r"Amazon RDS (?P<region>\S+) Root CA (?P<key>RSA2048|RSA4096|ECC384) G1")

_HEADER: Final = """\
# The roots of Amazon RDS's certificate authorities, generation G1, one per region and kind of key.
# Source: {source}
# scripts/refresh_certificates.py writes this file.
"""


class CertificatesError(Exception):
    """The file cannot be used; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """The current roots of RDS: those of a file from AWS and the shipped ones.

    Attributes:
        file: the file from AWS.
        regions: the regions whose databases can be verified.
        pem: all roots as one PEM file.
    """

    file: Path
    regions: frozenset[str]
    pem: bytes = field(repr=False)


def read_certificates(file: Path, sha256: str | None) -> Certificates:
    """Read a file from AWS and verify its hash: `sha256`, or one of the known hashes.

    Raises:
        CertificatesError: the file cannot be read, has another hash, or has no current root of RDS.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CertificatesError(f"{file} cannot be read: {error.strerror}") from None
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is None and digest not in KNOWN:
        raise CertificatesError(
            f"{file} has the SHA-256 {digest}, which Sidestep does not know (it knows "
            f"{', '.join(KNOWN.values())}); compare it with a second source, and if it is the same there, "
            f'write certificates_sha256 = "{digest}"'
        )
    if sha256 is not None and digest != sha256:
        raise CertificatesError(f"{file} has the SHA-256 {digest}, not certificates_sha256; download the file again")
    return _with_shipped_roots(file, content, digest)


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
    """Return the PEM file, with a line for the source and a line above each root that describes it."""
    blocks = [
        f"\n# {region} {key}, until {root.not_valid_after_utc:%Y-%m-%d}\n{root.public_bytes(Encoding.PEM).decode()}"
        for (region, key), root in roots.items()
    ]
    return _HEADER.format(source=source) + "".join(blocks)


def shipped_regions() -> frozenset[str]:
    """Return the regions whose roots are in the shipped file."""
    return frozenset(re.findall(r"^# ([a-z0-9-]+) \S+, until", RDS_ROOTS.read_text(encoding="ascii"), re.MULTILINE))


def common_name(certificate: x509.Certificate) -> str:
    """Return a certificate's common name; "" if it has none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _with_shipped_roots(file: Path, content: bytes, digest: str) -> Certificates:
    now = datetime.now(UTC)
    try:
        own = current_roots(content, now)
    except ValueError:
        own = {}
    if not own:
        raise CertificatesError(f"{file} has no current root of Amazon RDS; use AWS's global-bundle.pem")
    roots = dict(sorted({**current_roots(RDS_ROOTS.read_bytes(), now), **own}.items()))
    pem = render(roots, f"the shipped ones and {file.name}, SHA-256 {digest}")
    return Certificates(file, frozenset(region for region, _ in roots), pem.encode("ascii"))
