"""The template with `prepare = true`, and without: who may do what, and where the password is not."""

import json
from collections.abc import Callable

import pytest

from sidestep import paths
from tests.infrastructure.conftest import Template, function, only, resources
from tests.infrastructure.test_template import text

SHIPPED = (paths.ROOT / "metrics.toml").read_text(encoding="utf-8")

EXISTING = """
[database.shop]
endpoint = "orders.example.eu-central-1.rds.amazonaws.com"
resource_id = "db-EXAMPLE"
vpc_id = "vpc-0a1b2c3d"
subnets = ["subnet-0a1b2c3d", "subnet-1a1b2c3d"]
security_group = "sg-0a1b2c3d"
schema = "app"
prepare = true
"""


def existing() -> str:
    """Return the shipped metrics.toml with a database that is there already."""
    head, _, rest = SHIPPED.partition("[database.shop]")
    _, query, queries = rest.partition("\n[[query]]")
    return f"{head}{EXISTING}{query}{queries}"


def test_the_preparing_function_has_its_settings(template: Template) -> None:
    # When
    _, found = function(template, "prepare_database")

    # Then
    assert (found["Runtime"], found["Architectures"], found["MemorySize"]) == ("python3.14", ["arm64"], 128)
    assert found["Timeout"] == 60
    assert found["Environment"]["Variables"].keys() == {
        "DATABASE_HOST", "DATABASE_PORT", "DATABASE_ENGINE", "DATABASE_NAME", "DATABASE_SCHEMA", "DATABASE_USER",
        "DATABASE_CERTIFICATES",
        "DATABASE_SAMPLE",
    }  # fmt: skip
    assert found["Environment"]["Variables"]["DATABASE_SAMPLE"] == "true"


def test_the_preparing_function_is_in_the_network_of_the_query_function(template: Template) -> None:
    # Given
    (_, query), (_, prepare) = (function(template, name) for name in ("query_database", "prepare_database"))

    # Then one rule lets both to the database's port, and nowhere else
    assert prepare["VpcConfig"] == query["VpcConfig"]
    assert len(resources(template, "AWS::EC2::SecurityGroupIngress")) == 1


def test_the_outputs_name_function_and_secret(template: Template) -> None:
    # Given
    logical_id, _ = function(template, "prepare_database")
    (instance,) = [name for name, one in template["Resources"].items() if one["Type"] == "AWS::RDS::DBInstance"]

    # Then the secret by its ARN, never by its value
    outputs = {name: text(output["Value"]) for name, output in template["Outputs"].items()}
    assert outputs["PrepareFunction"] == f"<{logical_id}.Arn>"
    assert outputs["AdministratorSecret"] == f"<{instance}.MasterUserSecret.SecretArn>"


@pytest.mark.parametrize("instead", ["", "prepare = false"])
def test_without_prepare_there_are_no_resources_for_it(
    synthesized: Callable[[str], dict[str, Template]], instead: str
) -> None:
    # When
    template = synthesized(SHIPPED.replace("prepare = true", instead))["sidestep-shop"]

    # Then
    assert only(template, "AWS::Lambda::Function")["Handler"] == "lambdas.query_database.handler.handler"
    assert set(template["Outputs"]) == {"Executions", "Metrics", "StateMachine"}
    assert "prepare" not in json.dumps(template)


def test_a_postgresql_is_prepared_with_its_database_and_schema(
    synthesized: Callable[[str], dict[str, Template]],
) -> None:
    # When
    metrics = existing().replace('schema = "app"', 'engine = "postgres"\ndatabase = "company"\nschema = "app"')
    template = synthesized(metrics)["sidestep-shop"]

    # Then
    variables = function(template, "prepare_database")[1]["Environment"]["Variables"]
    assert {name: variables[f"DATABASE_{name}"] for name in ("ENGINE", "NAME", "SCHEMA", "PORT", "SAMPLE")} == {
        "ENGINE": "postgres", "NAME": "company", "SCHEMA": "app", "PORT": "5432", "SAMPLE": "false",
    }  # fmt: skip


def test_an_existing_database_is_never_seeded(synthesized: Callable[[str], dict[str, Template]]) -> None:
    # When
    template = synthesized(existing())["sidestep-shop"]

    # Then
    variables = function(template, "prepare_database")[1]["Environment"]["Variables"]
    assert variables["DATABASE_SAMPLE"] == "false"
    assert (variables["DATABASE_SCHEMA"], variables["DATABASE_USER"]) == ("app", "sidestep")
    assert "AdministratorSecret" not in template["Outputs"]
