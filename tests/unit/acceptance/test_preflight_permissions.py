"""The cases that the policy simulator is asked about, and how its answers are read."""

import copy
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.acceptance.preflight.permissions import (
    Case,
    cases_of,
    disagreements,
    policies_of_roles,
    simulate,
)
from tests.acceptance.preflight.template import Template, as_list
from tests.unit.acceptance.policy_evaluator import PolicyEvaluator
from tests.unit.clients import client


def all_cases(template: Template) -> list[Case]:
    return [case for role, policies in policies_of_roles(template).items() for case in cases_of(role, policies)]


def changed_statement(template: Template, sid: str, **changes: Any) -> Template:  # noqa: ANN401 - of a policy
    """Return a template in which the statements of this Sid have other values."""
    content = copy.deepcopy(dict(template.content))
    for resource in content["Resources"].values():
        for statement in resource["Properties"].get("PolicyDocument", {}).get("Statement", ()):
            if statement.get("Sid") == sid:
                statement.update(changes)
    return Template(content, template.place)


def test_the_decisions_follow_from_the_evaluation_logic_of_iam(template: Template) -> None:
    # Given
    iam = PolicyEvaluator()

    # When
    count, others = disagreements(iam, template, lambda _: True)

    # Then
    assert others == []
    assert count == iam.requests == len(all_cases(template))


def test_every_statement_of_every_role_has_an_allowed_and_a_denied_case(template: Template) -> None:
    # Given
    statements = {
        (role, statement.get("Sid") or as_list(statement["Action"])[0])
        for role, policies in policies_of_roles(template).items()
        for policy in policies
        for statement in policy["Statement"]
    }

    # When
    decisions: dict[tuple[str, str], set[bool]] = {}
    for case in all_cases(template):
        decisions.setdefault((case.role, case.why.partition(",")[0]), set()).add(case.expected == "allowed")

    # Then
    assert decisions == {statement: {True, False} for statement in statements}


@pytest.mark.parametrize(
    ("sid", "changes", "expected"),
    [
        ("ConnectToDatabase", {"Resource": "*"}, "another resource"),
        ("PublishMetrics", {"Condition": {}}, ""),
        ("InvokeQueryFunction", {"Action": ["lambda:InvokeFunction", "lambda:UpdateFunctionCode"]}, "another action"),
    ],
)
def test_a_statement_that_allows_more_than_intended_is_found(
    template: Template, sid: str, changes: dict[str, Any], expected: str
) -> None:
    # Given the cases of the shipped template, and a role that may do more
    more = changed_statement(template, sid, **changes)
    policies = policies_of_roles(more)

    # When
    iam = PolicyEvaluator()
    decided = {str(case): simulate(iam, policies[case.role], case) for case in all_cases(template)}

    # Then
    found = [case for case in all_cases(template) if decided[str(case)] != case.expected]
    assert found
    assert all(sid in case.why and expected in case.why for case in found)


def test_requests_and_answers_have_the_form_of_the_service_model() -> None:
    # Given
    iam = client("iam")
    case = Case(
        role="Role",
        why="PublishMetrics",
        action="cloudwatch:PutMetricData",
        resource="*",
        context={"cloudwatch:namespace": "Shop"},
        expected="allowed",
    )
    answer = {
        "EvaluationResults": [
            {"EvalActionName": case.action, "EvalResourceName": "*", "EvalDecision": "implicitDeny"}
        ],
        "IsTruncated": False,
    }

    # When
    with Stubber(iam) as stubber:
        stubber.add_response(
            "simulate_custom_policy",
            answer,
            {
                "PolicyInputList": ['{"Statement": []}'],
                "ActionNames": ["cloudwatch:PutMetricData"],
                "ResourceArns": ["*"],
                "ContextEntries": [
                    {
                        "ContextKeyName": "cloudwatch:namespace",
                        "ContextKeyType": "string",
                        "ContextKeyValues": ["Shop"],
                    }
                ],
            },
        )
        decision = simulate(iam, [{"Statement": []}], case)

    # Then
    assert decision == "implicitDeny"
