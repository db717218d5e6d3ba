"""The stacks that commands work with."""

from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.stub import Stubber

from sidestep.aws import stacks
from sidestep.aws.errors import AwsError
from sidestep.aws.stacks import Deployed, deployed_database
from sidestep.config.loader import load_settings
from tests.unit.clients import client
from tests.unit.metrics_files import HEAD, query, write

NETWORK = 'vpc_id = "vpc-0a1b2c3d"\nschema = "shop"\naccount = "999999999999"\nregion = "eu-west-1"'
FILE = HEAD.replace("sample = true", f'instance = "orders-db"\n{NETWORK}') + query("orders", "metrics.Orders = {}")


def test_credentials_of_another_account_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    sts = client("sts")
    stubber = Stubber(sts)
    arn = "arn:aws:iam::123456789012:user/op"
    stubber.add_response("get_caller_identity", {"Account": "123456789012", "UserId": "operator", "Arn": arn})
    stubber.activate()
    regions = []

    def clients(region: str | None, **_: int) -> Callable[[str], object]:
        regions.append(region)
        return lambda _: sts

    monkeypatch.setattr(stacks, "operators_clients", clients)
    deployed = deployed_database(load_settings(write(tmp_path, FILE)), "shop", file="metrics.toml")

    # When / Then no other request is sent
    with pytest.raises(AwsError, match=r"123456789012.* database\.shop .*999999999999"):
        deployed.clients(read_timeout=5)
    assert regions == ["eu-west-1"]


def test_a_name_in_the_file_is_the_beginning_of_the_stacks_name(tmp_path: Path) -> None:
    default, named = (
        deployed_database(load_settings(write(tmp_path, text)), "shop", file="metrics.toml")
        for text in (FILE, f'name = "shop-prod"\n{FILE}')
    )
    assert (default.stack, named.stack) == ("sidestep-shop", "shop-prod-shop")
    assert (named.title, named.argument) == ("shop", "shop")


def test_the_stack_of_another_app_is_in_the_region_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    regions = []
    monkeypatch.setattr(stacks, "operators_clients", lambda region, **_: regions.append(region))

    # When
    deployed = Deployed("Orders/Metrics")
    deployed.clients(read_timeout=5)

    # Then
    assert regions == [None]
    assert (deployed.title, deployed.argument) == ("Orders/Metrics", "--stack Orders/Metrics")
