"""The certificate authorities that the function trusts."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509

from scripts import refresh_certificates
from sidestep.config import certificates

SHIPPED = certificates.RDS_ROOTS.read_bytes()
NOW = datetime.now(UTC)

KINDS = {"RSA2048", "RSA4096", "ECC384"}


def test_every_shipped_root_is_current_for_a_year_to_come() -> None:
    # When
    found = x509.load_pem_x509_certificates(SHIPPED)

    # Then
    assert len(found) == SHIPPED.count(b"BEGIN CERTIFICATE")
    for certificate in found:
        assert certificate.not_valid_before_utc <= NOW
        assert certificate.not_valid_after_utc > NOW + timedelta(days=365)
        assert certificate.subject == certificate.issuer
        assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        certificate.verify_directly_issued_by(certificate)


def test_every_shipped_root_passes_the_strict_verification_of_lambdas_python() -> None:
    # Given OpenSSL's requirements for authorities under VERIFY_X509_STRICT, the default since Python 3.13
    for certificate in x509.load_pem_x509_certificates(SHIPPED):
        extensions = certificate.extensions

        # Then
        assert extensions.get_extension_for_class(x509.BasicConstraints).critical
        assert extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
        assert extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def test_each_region_has_a_root_of_each_kind() -> None:
    # When
    roots = certificates.current_roots(SHIPPED, NOW)

    # Then
    regions = {region for region, _ in roots}
    assert {"us-east-1", "eu-central-1", "ap-southeast-2", "sa-east-1", "il-central-1", "mx-central-1"} <= regions
    assert set(roots) == {(region, kind) for region in regions for kind in KINDS}


def test_python_takes_the_file_for_verification() -> None:
    # When
    context = ssl.create_default_context(cafile=str(certificates.RDS_ROOTS))

    # Then
    assert len(context.get_ca_certs()) == len(x509.load_pem_x509_certificates(SHIPPED))


def test_a_refresh_from_the_same_certificates_changes_only_the_source() -> None:
    # When
    rendered = certificates.render(certificates.current_roots(SHIPPED, NOW), "here")

    # Then
    lines = SHIPPED.decode().splitlines()
    changed = [(old, new) for old, new in zip(lines, rendered.splitlines(), strict=True) if old != new]
    assert [new for _, new in changed] == ["# Source: here"]


def test_other_and_expired_certificates_are_left_out() -> None:
    # Given
    other = trustme.CA(organization_name="Amazon RDS lookalike").cert_pem.bytes()

    # When / Then
    assert certificates.current_roots(SHIPPED + other, NOW).keys() == certificates.current_roots(SHIPPED, NOW).keys()
    assert certificates.current_roots(SHIPPED, NOW + timedelta(days=365 * 200)) == {}


def test_a_file_that_is_not_pem_is_refused() -> None:
    with pytest.raises(ValueError, match="PEM"):
        certificates.current_roots(b"<html>403</html>", NOW)


def test_the_regions_of_the_shipped_file() -> None:
    assert certificates.shipped_regions() == {region for region, _ in certificates.current_roots(SHIPPED, NOW)}


def test_the_shipped_roots_of_proxies_are_current() -> None:
    # When
    shipped = certificates.AMAZON_ROOTS.read_bytes()
    found = x509.load_pem_x509_certificates(shipped)

    # Then
    assert [certificates.common_name(certificate) for certificate in found] == list(refresh_certificates.NAMES)
    for certificate in found:
        assert certificate.not_valid_after_utc > NOW + timedelta(days=365)
        certificate.verify_directly_issued_by(certificate)
