"""Connections: an IAM token of the shell's credentials, and databases of another engine than the file's."""

from pathlib import Path

import pytest
from botocore.credentials import Credentials

from sidestep.aws.errors import AwsError
from sidestep.config.engines import MYSQL, POSTGRES, Engine
from sidestep.config.errors import OptionError
from sidestep.config.loader import load_settings
from sidestep.connection.login import check_engine, connection_to
from sidestep.connection.url import parsed
from sidestep.local.iam_authentication import Holder, TokenVerifier
from tests.unit.metrics_files import write

HOST = "orders.c0ffee.eu-central-1.rds.amazonaws.com"


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Credentials:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    return Credentials("ASIAEXAMPLE", "secret", "session")


@pytest.mark.parametrize(("scheme", "port"), [("mysql", 3307), ("postgres", 5433)])
@pytest.mark.parametrize(("host", "region"), [(HOST, "eu-central-1"), ("10.0.0.1", "us-west-2")])
def test_the_token_is_good_for_the_endpoint(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch, host: str, region: str, scheme: str, port: int
) -> None:
    # Given a shell with a region, which counts if the host's name has none
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    verifier = TokenVerifier(host, port, region, lambda _: Holder(credentials, lambda user: user == "app"))

    # When
    connection = connection_to(parsed(f"{scheme}://app@{host}:{port}/orders"), "sales", iam=True)

    # Then
    verifier.verify(str(connection.password(connection.endpoint)), "app")


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(("scheme", "engine", "port"), [("mariadb", MYSQL, 3306), ("postgresql", POSTGRES, 5432)])
def test_the_endpoint_is_that_of_the_function(scheme: str, engine: Engine, port: int) -> None:
    # When
    connection = connection_to(parsed(f"{scheme}://app@{HOST}/orders"), "sales", iam=True)

    # Then
    assert connection.engine is engine
    assert (connection.endpoint.port, connection.endpoint.database, connection.endpoint.schema) == (
        port,
        "orders",
        "sales",
    )
    assert connection.name == f"{HOST}:{port}/orders"


@pytest.mark.usefixtures("credentials")
def test_a_token_without_a_region_is_refused() -> None:
    with pytest.raises(OptionError, match=r"--iam.*AWS_REGION"):
        connection_to(parsed("mysql://app@10.0.0.1/orders"), "orders", iam=True)


def test_a_token_without_credentials_is_refused() -> None:
    with pytest.raises(AwsError, match=r"--iam.*AWS_PROFILE"):
        connection_to(parsed(f"mysql://app@{HOST}/orders"), "orders", iam=True)


def file_of(folder: Path, *keys: str) -> Path:
    lines = [
        *('namespace = "Shop"', 'schedule = "rate(5 minutes)"', "[database.depot]", *keys),
        *("[[query]]", 'name = "parcels"', 'sql = "SELECT 1 AS Parcels"', "metrics.Parcels = {}"),
    ]
    return write(folder, "\n".join(lines))


def test_another_engine_than_the_files_is_refused(tmp_path: Path) -> None:
    # Given
    settings = load_settings(file_of(tmp_path, "sample = true"))

    # When
    with pytest.raises(OptionError) as caught:
        check_engine(POSTGRES, "--database", settings, "depot")

    # Then
    named = ("--database", "database.depot", "PostgreSQL", "MySQL")
    assert [word for word in named if word not in str(caught.value)] == []
    assert "key database" not in str(caught.value)
    check_engine(MYSQL, "--database", settings, "depot")


def test_a_table_without_the_key_of_postgresql_gets_its_name(tmp_path: Path) -> None:
    # Given a table that would be for PostgreSQL with the key `database`
    keys = ('instance = "depot"', 'vpc_id = "vpc-0a1b2c3d4e5f60718"', 'schema = "public"')
    settings = load_settings(file_of(tmp_path, *keys))

    # When / Then
    with pytest.raises(OptionError, match=r"key database .*database\.depot"):
        check_engine(POSTGRES, "--database", settings, "depot")
