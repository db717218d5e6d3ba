"""How `sidestep check` logs in with a token of the shell's credentials."""

import pytest
from botocore.credentials import Credentials

from sidestep.aws.clients import AwsError
from sidestep.config.engines import MYSQL, POSTGRES, Engine
from sidestep.config.errors import OptionError
from sidestep.connection.login import way_to
from sidestep.connection.url import parsed
from sidestep.local.iam_authentication import Holder, TokenVerifier

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
    way = way_to(parsed(f"{scheme}://app@{host}:{port}/orders"), "sales", iam=True)

    # Then
    verifier.verify(str(way.password(way.endpoint)), "app")


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(("scheme", "engine", "port"), [("mariadb", MYSQL, 3306), ("postgresql", POSTGRES, 5432)])
def test_the_function_would_be_told_the_same(scheme: str, engine: Engine, port: int) -> None:
    # When
    way = way_to(parsed(f"{scheme}://app@{HOST}/orders"), "sales", iam=True)

    # Then
    assert way.engine is engine
    assert (way.endpoint.port, way.endpoint.database, way.endpoint.schema) == (port, "orders", "sales")
    assert way.name == f"{HOST}:{port}/orders"


@pytest.mark.usefixtures("credentials")
def test_a_token_without_a_region_is_refused() -> None:
    with pytest.raises(OptionError, match="the host's name has no region, and the shell neither; set AWS_REGION"):
        way_to(parsed("mysql://app@10.0.0.1/orders"), "orders", iam=True)


def test_a_token_without_credentials_is_refused() -> None:
    with pytest.raises(AwsError, match="there are no AWS credentials in the shell"):
        way_to(parsed(f"mysql://app@{HOST}/orders"), "orders", iam=True)
