"""Asks IAM's policy simulator whether each role of a template may do what it must, and nothing beside it.

The simulator evaluates policies without resources, for an action, a resource and the context of a request (IAM API
reference, SimulateCustomPolicy). It does not evaluate trust policies; a deployment does.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tests.acceptance.preflight.template import Template, as_list

Decision = Literal["allowed", "explicitDeny", "implicitDeny"]

Statement = Mapping[str, Any]

OTHER_ACTIONS: Final[Mapping[str, str | None]] = {
    "cloudwatch:PutMetricData": "cloudwatch:DeleteAlarms",
    "ec2:AssignPrivateIpAddresses": "ec2:AttachNetworkInterface",
    "ec2:CreateNetworkInterface": "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:DescribeNetworkInterfaces": "ec2:DescribeVpcs",
    "lambda:InvokeFunction": "lambda:UpdateFunctionCode",
    "logs:CreateLogDelivery": "logs:DeleteLogGroup",
    "logs:CreateLogStream": "logs:DeleteLogStream",
    "rds-db:connect": None,
    "states:StartExecution": "states:DeleteStateMachine",
}
"""An action on the same resource that no role may use, by the first action of a statement; rds-db has only one."""

MANAGE_INTERFACE: Final = "ManageNetworkInterface"
"""The statement with the resource `*/*`, which Lambda's developer guide gives for VPC access."""

OTHER_VALUE: Final = "Other"
"""A value that fulfils no condition."""

OTHER_ACCOUNT: Final = "210987654321"

_EXAMPLES: Final = (
    (re.compile(r"(.+:ec2:.+:)network-interface/\*"), r"\1network-interface/eni-0a1b2c3d4e5f60718"),
    (re.compile(r"(.+:ec2:.+:)\*/\*"), r"\1network-interface/eni-0a1b2c3d4e5f60718"),
    (re.compile(r"(.+:log-group:.+:)\*"), r"\1log-stream:example"),
)
"""Resources that match the patterns of policies."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request of a role, and the decision that the role's policies must lead to.

    Attributes:
        role: the logical id of the role.
        why: the statement that the case is about, and what is different in it.
        action, resource, context: the request; the context has one value for each key.
        expected: the decision.
    """

    role: str
    why: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    expected: Decision

    def __str__(self) -> str:
        """Return the case in one line."""
        where = "".join(f", {key} = {value}" for key, value in self.context.items())
        return f"{self.role}: {self.action} on {self.resource}{where} ({self.why}): {self.expected}"


def policies_of_roles(template: Template) -> dict[str, list[Mapping[str, Any]]]:
    """Return the policy documents of each role, by the logical id of the role."""
    policies: dict[str, list[Mapping[str, Any]]] = {role: [] for role in template.resources("AWS::IAM::Role")}
    for policy in template.resources("AWS::IAM::Policy").values():
        for role in policy["Roles"]:
            policies[role].append(policy["PolicyDocument"])
    return policies


def cases_of(role: str, policies: Sequence[Mapping[str, Any]]) -> Iterator[Case]:
    """Yield the cases of each statement of a role: allowed, and denied for one changed part of the request."""
    statements = [statement for policy in policies for statement in policy["Statement"]]
    allowing = [statement for statement in statements if statement["Effect"] == "Allow"]
    for statement in allowing:
        yield from _allowed_cases(role, statement)
        yield from _refused_cases(role, statement)
    for statement in statements:
        if statement["Effect"] == "Deny":
            yield from _denied_cases(role, statement, allowing)


def disagreements(iam: Any, template: Template, wanted: Callable[[Case], bool]) -> tuple[int, list[str]]:  # noqa: ANN401
    """Return the number of the wanted cases, and those that the simulator decides in another way."""
    count, others = 0, []
    for role, policies in policies_of_roles(template).items():
        for case in filter(wanted, cases_of(role, policies)):
            count += 1
            decision = simulate(iam, policies, case)
            if decision != case.expected:
                others.append(f"{case}, but the simulator says {decision}")
    return count, others


def simulate(iam: Any, policies: Sequence[Mapping[str, Any]], case: Case) -> Decision:  # noqa: ANN401
    """Return the simulator's decision on a case."""
    answer = iam.simulate_custom_policy(
        PolicyInputList=[json.dumps(policy) for policy in policies],
        ActionNames=[case.action],
        ResourceArns=[case.resource],
        ContextEntries=[
            {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
            for key, value in case.context.items()
        ],
    )
    (result,) = answer["EvaluationResults"]
    decision: Decision = result["EvalDecision"]
    return decision


def _allowed_cases(role: str, statement: Statement) -> Iterator[Case]:
    for action in as_list(statement["Action"]):
        for resource in as_list(statement["Resource"]):
            yield Case(
                role=role,
                why=_name(statement),
                action=action,
                resource=_example(resource),
                context=_context(statement),
                expected="allowed",
            )


def _refused_cases(role: str, statement: Statement) -> Iterator[Case]:
    """Yield what a statement does not allow: another resource, another action, another value of a condition."""
    action = as_list(statement["Action"])[0]
    resource = as_list(statement["Resource"])[0]
    context = _context(statement)

    def refused(what: str, **changed: Any) -> Case:  # noqa: ANN401 - the fields of a case
        request = {"action": action, "resource": _example(resource), "context": context} | changed
        return Case(role=role, why=f"{_name(statement)}, {what}", expected="implicitDeny", **request)

    if other := OTHER_ACTIONS[action]:
        yield refused("another action", action=other)
    for one in as_list(statement["Resource"]):
        if one != "*":
            yield refused("another resource", resource=_other(one))
    for key in context:
        yield refused(f"another {key}", context={**context, key: OTHER_VALUE})
        yield refused(f"no {key}", context={name: value for name, value in context.items() if name != key})


def _denied_cases(role: str, statement: Statement, allowing: Sequence[Statement]) -> Iterator[Case]:
    """Yield requests that one statement allows and another denies, if its conditions are fulfilled."""
    context = _context(statement)
    for allowed in allowing:
        for action in as_list(allowed["Action"]):
            if action in as_list(statement["Action"]):
                resource = _example(as_list(allowed["Resource"])[0])
                request = {"role": role, "action": action, "resource": resource}
                denied = {**_context(allowed), **context}
                yield Case(why=_name(statement), context=denied, expected="explicitDeny", **request)
                for key, value in context.items():
                    other = {**denied, key: _other(value)}
                    yield Case(why=f"{_name(statement)}, another {key}", context=other, expected="allowed", **request)


def _context(statement: Statement) -> dict[str, str]:
    """Return the context that fulfils all conditions of a statement, which all compare with one value."""
    return {key: value for keys in statement.get("Condition", {}).values() for key, value in keys.items()}


def _name(statement: Statement) -> str:
    return str(statement.get("Sid") or as_list(statement["Action"])[0])


def _example(resource: str) -> str:
    """Return a resource that matches a pattern of a policy."""
    for pattern, example in _EXAMPLES:
        if pattern.fullmatch(resource):
            return pattern.sub(example, resource)
    return resource


def _other(resource: str) -> str:
    """Return a resource that an ARN does not match: another name, or for a pattern another account."""
    example = _example(resource)
    if example != resource and not resource.endswith(":*"):
        fields = example.split(":")
        return ":".join([*fields[:4], OTHER_ACCOUNT, *fields[5:]])
    name = resource.removesuffix(":*")
    return example.replace(name, f"{name}0")
