"""`sidestep prepare` on the deployed stack; the password is nowhere else."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidestep.local import deployment
from tests.end_to_end.conftest import Deployed
from tests.end_to_end.operators import sidestep
from tests.faults.cloud import FaultyCloud


@pytest.fixture
def unprepared(shipped_assembly: Path) -> Iterator[Deployed]:
    """Return the local cloud with the stack, before `sidestep prepare`."""
    with FaultyCloud() as cloud:
        deployment.deploy(cloud, shipped_assembly)
        (machine,) = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
        yield Deployed(cloud, machine["stateMachineArn"])


def password_of(cloud: FaultyCloud) -> str:
    (instance,) = cloud.client("rds").describe_db_instances()["DBInstances"]
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=instance["MasterUserSecret"]["SecretArn"])
    return str(json.loads(secret["SecretString"])["password"])


def test_a_run_succeeds_after_the_preparation(unprepared: Deployed) -> None:
    # Given a database that has no user yet
    cloud = unprepared.cloud
    before = unprepared.run({})
    assert before.error == "DatabaseUnavailable"
    assert "1045 " in (before.cause or "")

    # When
    done = sidestep(cloud.endpoint_url, "prepare", "shop")

    # Then
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["  GRANT SELECT ON `sample`.* TO `sidestep`@`%`"]
    assert unprepared.run({}).status == "SUCCEEDED"
    assert cloud.database.execute("SELECT COUNT(*) FROM sessions") == [(6,)]

    # And a second time it prints and changes nothing else
    again = sidestep(cloud.endpoint_url, "prepare", "shop")
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert unprepared.run({}).status == "SUCCEEDED"

    # And the password is nowhere
    password = password_of(cloud)
    assert len(password) > 20
    stepfunctions = cloud.client("stepfunctions")
    arns = stepfunctions.list_executions(stateMachineArn=unprepared.state_machine)["executions"]
    functions = cloud.client("lambda").list_functions()["Functions"]
    assert len(functions) == 2
    for place in (
        done.stdout + again.stdout,
        json.dumps(cloud.functions.log_lines),
        json.dumps([one["Environment"] for one in functions]),
        json.dumps(cloud.client("cloudformation").get_template(StackName="sidestep-shop"), default=str),
        json.dumps(cloud.client("cloudformation").describe_stacks(), default=str),
        *(json.dumps(stepfunctions.get_execution_history(executionArn=one["executionArn"]), default=str)
          for one in arns),
    ):  # fmt: skip
        assert password not in place


def test_only_the_named_table_can_be_read(unprepared: Deployed) -> None:
    # Given a user with access to the whole schema
    sidestep(unprepared.cloud.endpoint_url, "prepare", "shop")
    unprepared.cloud.database.execute("CREATE TABLE orders (id INTEGER)")

    # When
    done = sidestep(unprepared.cloud.endpoint_url, "prepare", "shop", "--table", "orders")

    # Then
    assert "GRANT SELECT ON `sample`.`orders` TO `sidestep`@`%`" in done.stdout
    execution = unprepared.run({})
    assert execution.error == "QueriesFailed"
    assert re.search("1142 .*'sessions'", execution.cause or "")


def test_the_error_for_a_wrong_password_does_not_contain_it(unprepared: Deployed) -> None:
    # Given a secret with another password
    secrets = unprepared.cloud.client("secretsmanager")
    secret = secrets.create_secret(Name="mine", SecretString='{"username": "admin", "password": "open sesame"}')

    # When
    done = sidestep(unprepared.cloud.endpoint_url, "prepare", "shop", "--secret", secret["ARN"])

    # Then
    assert done.returncode == 1
    assert re.match("DatabaseUnavailable: .* localhost:.* 1045 ", done.stderr)
    for place in (done.stdout, done.stderr, *unprepared.cloud.functions.log_lines):
        assert "open sesame" not in place


@pytest.mark.parametrize("content", ["open sesame", '"open sesame"', '{"username": "admin"}', '{"password": "open"}'])
def test_a_secret_without_username_or_password_is_an_error(unprepared: Deployed, content: str) -> None:
    # Given
    unprepared.cloud.client("secretsmanager").create_secret(Name="mine", SecretString=content)

    # When
    done = sidestep(unprepared.cloud.endpoint_url, "prepare", "shop", "--secret", "mine")

    # Then
    assert done.returncode == 1
    assert [fact for fact in ("mine", '"username"', '"password"') if fact not in done.stderr] == []
    assert "open" not in done.stderr


def test_a_missing_table_is_an_error(unprepared: Deployed) -> None:
    # When
    done = sidestep(unprepared.cloud.endpoint_url, "prepare", "shop", "--table", "absent")

    # Then
    assert done.returncode == 1
    assert re.match("PreparationRefused: .* 1146 Table 'sample.absent'", done.stderr)


def test_a_stack_without_the_function_is_an_error(unprepared: Deployed) -> None:
    # Given a stack of the same name that was deployed without it
    cloudformation = unprepared.cloud.client("cloudformation")
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    cloudformation.delete_stack(StackName="sidestep-shop")
    cloudformation.create_stack(StackName="sidestep-shop", TemplateBody=json.dumps(template))

    # When
    done = sidestep(unprepared.cloud.endpoint_url, "prepare", "shop")

    # Then
    assert done.returncode == 1
    assert "sidestep-shop" in done.stderr
    assert "cdk deploy" in done.stderr


def test_an_error_is_a_message_without_a_traceback() -> None:
    with FaultyCloud() as cloud:
        for words, variables, code, facts in (
            (["shop"], {}, 1, ["sidestep-shop", "eu-central-2", "cdk deploy"]),
            (["shop"], {"AWS_REGION": ""}, 1, ["AWS_REGION"]),
            (["shop"], {"AWS_PROFILE": "missing"}, 1, ["cloudformation:DescribeStacks", "missing"]),
            (
                ["shop"],
                {"AWS_ENDPOINT_URL": "http://localhost:1"},
                1,
                ["cloudformation:DescribeStacks", "localhost:1"],
            ),
            (["shpo"], {}, 2, ["metrics.toml: ", "[database.shpo]", '"shop"']),
            (["shop", "--table", "a\\b"], {}, 2, ["'a\\\\b'"]),
            (["shop", "--file", "absent.toml"], {}, 2, ["absent.toml: "]),
        ):
            # When
            done = sidestep(cloud.endpoint_url, "prepare", *words, **variables)

            # Then
            assert (done.returncode, done.stdout) == (code, ""), done.stderr
            assert [fact for fact in facts if fact not in done.stderr] == []
            assert "Traceback" not in done.stderr


def test_printing_needs_neither_aws_nor_a_database() -> None:
    # When nothing can be reached
    done = sidestep(
        "http://192.0.2.1:1", "prepare", "shop", "--print", "--table", "or`ders", AWS_PROFILE="missing", AWS_REGION=""
    )

    # Then
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "USE `sample`;"
    assert lines[-2:] == [
        "CREATE USER `sidestep`@`%` IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;",
        "GRANT SELECT ON `sample`.`or``ders` TO `sidestep`@`%`;",
    ]


def test_printing_is_in_the_language_of_the_engine(tmp_path: Path) -> None:
    # Given a PostgreSQL instance
    file = tmp_path / "metrics.toml"
    file.write_text(
        """
namespace = "Shop"
schedule = "rate(5 minutes)"

[database.orders]
instance = "orders-db"
engine = "postgres"
database = "company"
schema = "orders"
vpc_id = "vpc-0a1b2c3d"

[[query]]
name = "open_orders"
sql = "SELECT COUNT(*) AS open_orders FROM orders"
metrics = { open_orders = {} }
"""
    )

    # When nothing can be reached
    words = ("prepare", "orders", "--print", "--table", 'or"ders', "--file", str(file))
    done = sidestep("http://192.0.2.1:1", *words, AWS_PROFILE="missing", AWS_REGION="")

    # Then
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        '-- Run this in the database "company".',
        "BEGIN;",
        'CREATE ROLE "sidestep" LOGIN;',
        'GRANT rds_iam TO "sidestep";',
        'GRANT CONNECT ON DATABASE "company" TO "sidestep";',
        'GRANT USAGE ON SCHEMA "orders" TO "sidestep";',
        'GRANT SELECT ON "orders"."or""ders" TO "sidestep";',
        "COMMIT;",
    ]


def test_preparing_loads_neither_the_cdk_nor_the_local_cloud() -> None:
    # Given
    unwanted = ("aws_cdk", "moto", "pymysql", "pg8000")
    program = f"import sys, sidestep.commands.prepare; print([name for name in {unwanted} if name in sys.modules])"

    # When
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    # Then
    assert result.stdout == "[]\n"
