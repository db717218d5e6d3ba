"""The changes of a cloud assembly for MiniStack leave a template that CloudFormation accepts."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.clouds.ministack_assembly import AUTHORITIES, RUNTIME, UNKNOWN_TYPES, adapt

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!acceptance-AbCdEf"


@pytest.fixture
def adapted(shipped_assembly: Path, tmp_path: Path) -> Path:
    """Return the shipped file's assembly for MiniStack; twice changed, as a folder is that is deployed again."""
    assembly = Path(shutil.copytree(shipped_assembly, tmp_path / "cdk.out"))
    for _ in range(2):
        adapt(
            assembly,
            host="localhost",
            port=13306,
            administrator_secret=SECRET,
            authority=b"an authority",
            libraries=tmp_path,
        )
    return assembly


def template(assembly: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((assembly / "sidestep-shop.template.json").read_text(encoding="utf-8"))
    return content


def references(part: object) -> Iterator[str]:
    """Yield the logical ids to which a part of a template refers."""
    match part:
        case {"Fn::GetAtt": [name, _]} | {"Ref": name}:
            yield name
        case dict():
            for value in part.values():
                yield from references(value)
        case list():
            for value in part:
                yield from references(value)


def test_what_ministack_refuses_is_taken_out(adapted: Path) -> None:
    resources = template(adapted)["Resources"].values()
    assert [one["Type"] for one in resources if one["Type"] in UNKNOWN_TYPES] == []
    assert [
        one for one in resources if one["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in one["Properties"]
    ] == []


def test_no_reference_leads_nowhere(adapted: Path) -> None:
    # Given
    content = template(adapted)
    names = content["Resources"].keys() | content.get("Parameters", {}).keys()

    # Then
    referred = {name for name in references(content) if not name.startswith("AWS::")}
    dependencies = {name for one in content["Resources"].values() for name in one.get("DependsOn", [])}
    assert referred - names == set()
    assert dependencies - names == set()


def test_functions_reach_the_database_with_the_runtime_client_of_aws(adapted: Path) -> None:
    # Given
    content = template(adapted)
    functions = [one["Properties"] for one in content["Resources"].values() if one["Type"] == "AWS::Lambda::Function"]

    # Then
    assert {one["Runtime"] for one in functions} == {RUNTIME}
    variables = [one["Environment"]["Variables"] for one in functions]
    assert {(one["DATABASE_HOST"], one["DATABASE_PORT"]) for one in variables} == {("localhost", "13306")}
    assert content["Outputs"]["AdministratorSecret"]["Value"] == SECRET
    bundles = [path.parent for path in adapted.glob("asset.*/lambdas")]
    assert len(bundles) == len(functions)
    for bundle in bundles:
        assert os.access(bundle / "bootstrap", os.X_OK)
        assert {(bundle / name).read_bytes() for name in AUTHORITIES} == {b"an authority"}
