"""An AWS file with RDS's certificate authorities, named in metrics.toml and verified by its hash.

Source: RDS user guide, "Using SSL/TLS to encrypt a connection to a DB instance or cluster", which links the files.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sidestep import rds_roots

KNOWN: Final = {
    "e5bb2084ccf45087bda1c9bffdea0eb15ee67f0b91646106e466714f9de3c7e3": "global-bundle.pem of August 2026",
    "bae59f78f2e2ba789e734cdcac78c13a0f0e99aa3f7bd49f1f37477c815b9b33": "GovCloud's bundle of August 2026",
}
"""AWS's files by their SHA-256; several unrelated public repositories pin the same hashes."""


class CertificatesError(Exception):
    """The file cannot be used; the message has the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """The current roots of RDS: those of an AWS file and the shipped ones.

    Attributes:
        file: AWS's file.
        regions: the regions whose databases can be verified.
        pem: all roots as one PEM file.
    """

    file: Path
    regions: frozenset[str]
    pem: bytes = field(repr=False)


def read_certificates(file: Path, sha256: str | None) -> Certificates:
    """Read an AWS file and compare it with a hash; without `sha256`, with the known hashes.

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
            f"{', '.join(KNOWN.values())}); compare it with a second source, and if it is right, write "
            f'certificates_sha256 = "{digest}"'
        )
    if sha256 is not None and digest != sha256:
        raise CertificatesError(f"{file} has the SHA-256 {digest}, not certificates_sha256; download the file again")
    return _with_the_shipped(file, content, digest)


def _with_the_shipped(file: Path, content: bytes, digest: str) -> Certificates:
    now = datetime.now(UTC)
    try:
        own = rds_roots.current_roots(content, now)
    except ValueError:
        own = {}
    if not own:
        raise CertificatesError(f"{file} has no current root of Amazon RDS; use AWS's global-bundle.pem")
    roots = dict(sorted({**rds_roots.current_roots(rds_roots.FILE.read_bytes(), now), **own}.items()))
    pem = rds_roots.render(roots, f"the shipped ones and {file.name}, SHA-256 {digest}")
    return Certificates(file, frozenset(region for region, _ in roots), pem.encode("ascii"))
