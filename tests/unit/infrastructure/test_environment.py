"""The account and region of a stack, and what cannot be looked up or verified there."""

from dataclasses import replace
from pathlib import Path

import pytest

from sidestep.config.certificates import Certificates
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_settings
from sidestep.config.settings import Settings
from sidestep.infrastructure.environment import Environment, check_environments

UNKNOWN = Environment()
BERLIN = Environment("123456789012", "eu-central-1")
AUCKLAND = Environment("123456789012", "ap-southeast-6")

SAMPLE = "sample = true"
INSTANCE = 'instance = "orders-db"\nvpc_id = "vpc-000000a1"\nschema = "shop"'
PROXY = INSTANCE.replace("instance", "proxy")
BY_HAND = (
    'endpoint = "a.b"\nresource_id = "db-A"\nvpc_id = "vpc-000000a1"\nschema = "shop"\n'
    'subnets = ["subnet-000000a1"]\nsecurity_group = "sg-000000a1"'
)
PROXY_BY_HAND = BY_HAND.replace("db-A", "prx-a")
ELSEWHERE = 'account = "210987654321"\nregion = "ap-southeast-6"'


def settings(folder: Path, database: str) -> Settings:
    path = folder / "metrics.toml"
    path.write_text(
        'namespace = "Shop"\nschedule = "rate(5 minutes)"\n'
        '[[query]]\nname = "orders"\nsql = "SELECT 1 AS Orders"\nmetrics = { Orders = {} }\n'
        f"[database.shop]\n{database}\n",
        encoding="utf-8",
    )
    return load_settings(path)


@pytest.mark.parametrize(
    ("database", "environment"),
    [
        (SAMPLE, Environment()),
        (BY_HAND, Environment()),
        (f"{BY_HAND}\n{ELSEWHERE}", Environment("210987654321", "ap-southeast-6")),
        (INSTANCE, BERLIN),
        (f"{INSTANCE}\n{ELSEWHERE}", Environment("210987654321", "ap-southeast-6")),
    ],
)
def test_only_a_stack_that_looks_something_up_is_bound_to_an_account(
    tmp_path: Path, database: str, environment: Environment
) -> None:
    assert BERLIN.of(settings(tmp_path, database).databases["shop"]) == environment


@pytest.mark.parametrize(
    ("database", "shell"),
    [
        (SAMPLE, UNKNOWN),
        (BY_HAND, UNKNOWN),
        (SAMPLE, BERLIN),
        (INSTANCE, BERLIN),
        (PROXY, AUCKLAND),
        (PROXY_BY_HAND, AUCKLAND),
    ],
)
def test_accounts_and_regions_that_can_be_deployed_to(tmp_path: Path, database: str, shell: Environment) -> None:
    check_environments(settings(tmp_path, database), shell, file="metrics.toml")


def test_topics_must_be_in_the_region_of_the_shell(tmp_path: Path) -> None:
    # Given
    topic = 'notify = ["arn:aws:sns:eu-central-1:123456789012:alarms"]'
    notified = settings(tmp_path, f"{SAMPLE}\n{topic}")

    # When / Then
    check_environments(notified, BERLIN, file="metrics.toml")
    check_environments(notified, UNKNOWN, file="metrics.toml")
    with pytest.raises(ConfigError) as caught:
        check_environments(notified, replace(BERLIN, region="us-east-1"), file="metrics.toml")
    (error,) = caught.value.errors
    assert error.startswith("metrics.toml: database.shop: notify: ")
    assert "us-east-1" in error


def test_a_lookup_needs_credentials(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        check_environments(settings(tmp_path, INSTANCE), UNKNOWN, file="metrics.toml")
    (error,) = caught.value.errors
    assert error.startswith("metrics.toml: database.shop: ")
    for fact in ('instance "orders-db"', "account and region", "endpoint, resource_id, subnets and security_group"):
        assert fact in error


@pytest.mark.parametrize(
    ("database", "shell"), [(SAMPLE, AUCKLAND), (INSTANCE, AUCKLAND), (f"{BY_HAND}\n{ELSEWHERE}", BERLIN)]
)
def test_a_region_without_shipped_certificates_is_refused(tmp_path: Path, database: str, shell: Environment) -> None:
    with pytest.raises(ConfigError) as caught:
        check_environments(settings(tmp_path, database), shell, file="metrics.toml")
    (error,) = caught.value.errors
    assert error.startswith("metrics.toml: database.shop: ")
    assert "ap-southeast-6" in error
    assert "certificates = " in error


def test_a_region_with_certificates_of_the_file_is_accepted(tmp_path: Path) -> None:
    # Given
    known = Certificates(tmp_path / "aws.pem", frozenset({"ap-southeast-6"}), b"")

    # When / Then
    check_environments(replace(settings(tmp_path, INSTANCE), certificates=known), AUCKLAND, file="metrics.toml")


def test_the_command_line_sets_account_and_region() -> None:
    variables = {"CDK_DEFAULT_ACCOUNT": "123456789012", "CDK_DEFAULT_REGION": "eu-central-1"}
    assert Environment.from_variables(variables) == BERLIN
    assert Environment.from_variables({"CDK_DEFAULT_ACCOUNT": ""}) == UNKNOWN
