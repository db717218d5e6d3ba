"""The runner of the validators: how their outputs become findings, and what a run that fails is."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.validators.findings import Finding
from tests.validators.programs.policies import policies
from tests.validators.templates import BROKEN, Template, template_from, write_broken_definition
from tests.validators.tools import (
    Raw,
    Tool,
    ToolError,
    parse_cfn_lint,
    parse_checkov,
    parse_program,
    parse_statelint,
)

DEFINITION = {
    "StartAt": "QueryDatabase",
    "States": {
        "QueryDatabase": {"Type": "Task", "Resource": "${QueryFunctionArn}", "Next": "Published"},
        "Published": {"Type": "Succeed"},
    },
}

SYNTHESIZED: dict[str, Any] = {
    "Resources": {
        "WorkflowStateMachine8F1B1C15": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "DefinitionString": json.dumps(DEFINITION),
                "DefinitionSubstitutions": {"QueryFunctionArn": {"Fn::GetAtt": ["Function", "Arn"]}},
            },
            "Metadata": {"aws:cdk:path": "shop/Default/Workflow/StateMachine/Resource"},
        },
    }
}

CFN_LINT = {
    "Filename": "/tmp/shipped.shop.template.json",  # noqa: S108 - is not opened
    "Location": {"Path": ["Resources", "Database", "Properties", "DBInstanceClass"]},
    "Message": "not in 'ca-west-1'",
    "Rule": {"Id": "E3025"},
}

CHECKOV: dict[str, Any] = {
    "summary": {"parsing_errors": 0, "resource_count": 35},
    "results": {
        "failed_checks": [
            {
                "check_id": "CKV_AWS_158",
                "check_name": "Ensure it",
                "file_path": "/shipped.shop.template.json",
                "resource": "AWS::Logs::LogGroup.Logs",
            }
        ]
    },
}

STATELINT = """/folder/shipped.shop.asl.json
2 errors:
 State Machine.States.QueryDatabase.Retry[0].BackoffRate is 2 but should be a Float
 No transition found to state State Machine.MorePages?
/folder/broken on purpose.asl.json
One error:
 No state found named "Nowhere", referenced at State Machine.States.QueryDatabase.Next
"""


@pytest.fixture
def templates(tmp_path: Path) -> list[Template]:
    """Give the template of one stack."""
    file = tmp_path / "shop.template.json"
    file.write_text(json.dumps(SYNTHESIZED), encoding="utf-8")
    return [template_from(file, "shipped", tmp_path)]


@pytest.fixture
def broken(templates: list[Template], tmp_path: Path) -> Path:
    return write_broken_definition(tmp_path, templates)


def tool(program: str, *, definitions: bool = False, exit_codes: tuple[int, ...] = (0,)) -> Tool:
    """Return a validator that is a program in Python; the files are its arguments."""
    return Tool(
        "validator",
        lambda files: [sys.executable, "-c", f"import json, sys; files = sys.argv[1:]; {program}", *files],
        parse_program,
        definitions=definitions,
        exit_codes=exit_codes,
    )


def reporting(resource: str) -> str:
    """Return a program that reports something about the last file."""
    return f"print(json.dumps([dict(rule='R1', file=files[-1], resource={resource!r}, message='wrong')]))"


def test_a_definition_has_its_substitutions(templates: list[Template]) -> None:
    file = templates[0].definition
    assert file
    definition = json.loads(file.read_text(encoding="utf-8"))
    assert definition["States"]["QueryDatabase"]["Resource"].startswith("arn:aws:lambda:")


def test_the_broken_definition_names_a_state_that_is_missing(broken: Path) -> None:
    states = json.loads(broken.read_text(encoding="utf-8"))["States"]
    assert states["QueryDatabase"]["Next"] not in states


def test_a_finding_names_the_construct_of_a_resource(templates: list[Template], broken: Path) -> None:
    # When
    found = tool(reporting("WorkflowStateMachine8F1B1C15")).findings(templates, broken)

    # Then
    assert found == [Finding("validator", "R1", "shipped/shop", "shop/Default/Workflow/StateMachine", "wrong")]


def test_a_finding_of_the_whole_template_has_no_construct(templates: list[Template], broken: Path) -> None:
    assert [one.resource for one in tool(reporting("")).findings(templates, broken)] == [""]


def test_a_finding_of_the_broken_definition_says_so(templates: list[Template], broken: Path) -> None:
    # When
    found = tool(reporting("QueryDatabase"), definitions=True).findings(templates, broken)

    # Then
    assert found == [Finding("validator", "R1", BROKEN, f"{BROKEN}: QueryDatabase", "wrong")]


def test_an_exit_code_of_findings_is_no_failure(templates: list[Template], broken: Path) -> None:
    assert tool(f"{reporting('')}; sys.exit(1)", exit_codes=(0, 1)).findings(templates, broken)


@pytest.mark.parametrize(
    ("program", "shown"),
    [
        ("sys.exit('no module named rules')", "no module named rules"),
        ("print('Usage: validator')", "Usage: validator"),
        ("print(json.dumps([dict(rule='R1')]))", "R1"),
        ("print(json.dumps([dict(rule='R1', file='other.json', resource='', message='')]))", "other.json"),
    ],
)
def test_a_validator_that_does_not_run_is_an_error_with_its_output(
    templates: list[Template], broken: Path, program: str, shown: str
) -> None:
    with pytest.raises(ToolError, match="validator") as error:
        tool(program).findings(templates, broken)
    assert shown in str(error.value)


def test_cfn_lints_output_is_read() -> None:
    # Given a finding of a resource, and one of the whole template
    whole = {**CFN_LINT, "Location": {"Path": ["Parameters"]}}

    # When
    resource, template = parse_cfn_lint(json.dumps([CFN_LINT, whole]))

    # Then
    assert resource == Raw("E3025", CFN_LINT["Filename"], "Database", "not in 'ca-west-1'")  # type: ignore[arg-type]
    assert template.resource == ""


def test_checkovs_output_is_read() -> None:
    assert [*parse_checkov(json.dumps(CHECKOV))] == [
        Raw("CKV_AWS_158", "/shipped.shop.template.json", "Logs", "Ensure it")
    ]


@pytest.mark.parametrize(
    "summary", [{"parsing_errors": 1, "resource_count": 34}, {"parsing_errors": 0, "resource_count": 0}]
)
def test_checkov_must_have_read_all_files(summary: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="files not read"):
        [*parse_checkov(json.dumps({**CHECKOV, "summary": summary}))]


def test_statelints_output_is_read() -> None:
    # When
    found = parse_statelint(STATELINT)

    # Then
    assert [(one.rule, Path(one.file).name, one.resource) for one in found] == [
        ("should be a Float", "shipped.shop.asl.json", "State Machine.States.QueryDatabase.Retry[0].BackoffRate"),
        ("No transition found", "shipped.shop.asl.json", "State Machine.MorePages?"),
        ("No state found", "broken on purpose.asl.json", "State Machine.States.QueryDatabase.Next"),
    ]


def statements(*resources: object) -> Iterator[dict[str, Any]]:
    yield from ({"Effect": "Allow", "Action": "x:y", "Resource": resource} for resource in resources)


def test_policies_have_arns_instead_of_functions() -> None:
    # Given
    joined = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":rds-db:", {"Fn::GetAtt": ["Database", "Id"]}]]}
    document = {"Statement": [*statements({"Fn::GetAtt": ["Function", "Arn"]}, joined, {"Fn::ImportValue": "Name"})]}
    resources = {
        "Function": {"Type": "AWS::Lambda::Function"},
        "Database": {"Type": "AWS::RDS::DBInstance"},
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}},
    }

    # When
    policy = policies({"Resources": resources})["Policy"]

    # Then
    assert [one["Resource"] for one in policy["Statement"]] == [
        "arn:aws:lambda:eu-central-1:123456789012:function:Function",
        "arn:aws:rds-db:Database",
        "value",
    ]
