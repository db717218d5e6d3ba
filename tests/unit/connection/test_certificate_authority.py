"""The certificate authorities for a connection."""

from pathlib import Path

import pytest
import trustme

from sidestep.config.errors import OptionError
from sidestep.connection.certificate_authority import authority_for, hint


@pytest.mark.parametrize(
    ("host", "file", "name"),
    [
        ("orders.c0ffee.eu-central-1.rds.amazonaws.com", "rds-roots.pem", "the roots of RDS"),
        ("orders.cluster-c0ffee.eu-central-1.rds.amazonaws.com", "rds-roots.pem", "the roots of RDS"),
        ("x.proxy-c0ffee.eu-central-1.rds.amazonaws.com", "amazon-roots.pem", "the roots of Amazon Trust Services"),
    ],
)
def test_rds_is_trusted_as_the_function_trusts_it(host: str, file: str, name: str) -> None:
    # When
    authority = authority_for(host, None)

    # Then
    assert authority.file is not None
    assert (authority.file.name, authority.file.exists(), authority.name) == (file, True, name)


@pytest.mark.parametrize("host", ["localhost", "rds.amazonaws.com.example.com", "db.example.com"])
def test_any_other_host_is_trusted_as_the_machine_trusts_it(host: str) -> None:
    assert authority_for(host, None).file is None


def test_a_file_of_ones_own_comes_first(tmp_path: Path) -> None:
    # Given
    roots = tmp_path / "roots.pem"
    trustme.CA().cert_pem.write_to_path(str(roots))

    # When / Then
    assert authority_for("orders.c0ffee.eu-central-1.rds.amazonaws.com", roots).file == roots


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    # Given
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")

    # When / Then
    with pytest.raises(OptionError, match=r"--ca .*empty\.pem"):
        authority_for("localhost", empty)
    with pytest.raises(OptionError, match=r"--ca .*missing\.pem.*No such file"):
        authority_for("localhost", tmp_path / "missing.pem")


def test_only_an_unknown_authority_brings_the_hint() -> None:
    # Given
    authority = authority_for("localhost", None)

    # When / Then
    assert "--ca FILE" in hint("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate in chain", authority)
    assert hint("[SSL: CERTIFICATE_VERIFY_FAILED] certificate is not valid for 'localhost'", authority) == ""
    assert hint("1045 Access denied", authority) == ""
