"""An AWS file with RDS's authorities, named in metrics.toml."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sidestep.config import certificates
from sidestep.config.loader import load_settings
from sidestep.connection.certificate_authority import authority_for
from tests.unit.metrics_files import GOOD, mistakes_of, write

NOW = datetime.now(UTC)
REGION = "us-gov-west-1"
NAME = "aws.pem"


def root(name: str) -> bytes:
    """Return a self-signed certificate of a name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


ROOT = root(f"Amazon RDS {REGION} Root CA ECC384 G1")
SHA256 = hashlib.sha256(ROOT).hexdigest()
NAMED = f'certificates = "{NAME}"\n{GOOD}'
VERIFIED = f'certificates_sha256 = "{SHA256}"\n{NAMED}'


def test_a_file_with_the_hash_that_is_named_adds_its_roots(tmp_path: Path) -> None:
    # Given
    (tmp_path / NAME).write_bytes(ROOT)

    # When
    found = load_settings(write(tmp_path, VERIFIED)).certificates

    # Then
    assert found is not None
    assert found.regions == certificates.shipped_regions() | {REGION}
    roots = certificates.current_roots(found.pem, NOW)
    assert roots[REGION, "ECC384"] == x509.load_pem_x509_certificate(ROOT)
    assert len(roots) == len(certificates.current_roots(certificates.RDS_ROOTS.read_bytes(), NOW)) + 1


def test_a_file_with_a_known_hash_needs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    (tmp_path / NAME).write_bytes(ROOT)
    monkeypatch.setitem(certificates.KNOWN, SHA256, "AWS's")

    # When / Then
    found = load_settings(write(tmp_path, NAMED)).certificates
    assert found is not None
    assert REGION in found.regions


@pytest.mark.parametrize(
    ("content", "text", "key", "named"),
    [
        (None, NAMED, "certificates", NAME),
        (ROOT, NAMED, "certificates", SHA256),
        (ROOT + b"\n", VERIFIED, "certificates", hashlib.sha256(ROOT + b"\n").hexdigest()),
        (ROOT, VERIFIED.replace(SHA256, SHA256[1:]), "certificates_sha256", SHA256[1:]),
        (ROOT, VERIFIED.replace(f'certificates = "{NAME}"', ""), "certificates_sha256", "certificates"),
        (b"<html>", VERIFIED.replace(SHA256, hashlib.sha256(b"<html>").hexdigest()), "certificates", NAME),
    ],
    # Not by the hashes: each process creates its own authority.
    ids=["no file", "no hash", "another file", "half a hash", "a hash alone", "no certificates"],
)
def test_any_other_file_is_refused(tmp_path: Path, content: bytes | None, text: str, key: str, named: str) -> None:
    # Given
    if content is not None:
        (tmp_path / NAME).write_bytes(content)

    # When
    (mistake,) = mistakes_of(tmp_path, text)

    # Then
    assert mistake.startswith(f"metrics.toml: {key}: ")
    assert named in mistake


def test_a_file_with_other_authorities_only_is_refused(tmp_path: Path) -> None:
    # Given
    other = root("Somebody's Root CA")
    (tmp_path / NAME).write_bytes(other)

    # When
    (mistake,) = mistakes_of(tmp_path, VERIFIED.replace(SHA256, hashlib.sha256(other).hexdigest()))

    # Then
    assert mistake.startswith("metrics.toml: certificates: ")


def test_a_check_of_an_rds_endpoint_trusts_the_added_file() -> None:
    own = Path("aws.pem")
    assert authority_for("orders.c0ffee.us-gov-west-1.rds.amazonaws.com", None, own).file == own
    assert authority_for("x.proxy-c0ffee.eu-central-1.rds.amazonaws.com", None, own).file != own
    assert authority_for("db.example.com", None, own).file is None
