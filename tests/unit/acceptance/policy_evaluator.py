"""An IAM that evaluates identity policies: a stand-in for the policy simulator.

Source: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators". A condition
on a key that the request does not have is false.
"""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from tests.acceptance.preflight.template import as_list


class PolicyEvaluator:
    """A client of IAM with one operation.

    Attributes:
        requests: the number of requests.
    """

    def __init__(self) -> None:
        self.requests = 0

    def simulate_custom_policy(
        self,
        *,
        PolicyInputList: Sequence[str],  # noqa: N803 - the names of the API
        ActionNames: Sequence[str],  # noqa: N803
        ResourceArns: Sequence[str],  # noqa: N803
        ContextEntries: Sequence[Mapping[str, Any]],  # noqa: N803
    ) -> dict[str, Any]:
        self.requests += 1
        (action,), (resource,) = ActionNames, ResourceArns
        context = {entry["ContextKeyName"]: entry["ContextKeyValues"][0] for entry in ContextEntries}
        effects = {
            statement["Effect"]
            for policy in map(json.loads, PolicyInputList)
            for statement in policy["Statement"]
            if _applies(statement, action, resource, context)
        }
        decision = "explicitDeny" if "Deny" in effects else "allowed" if "Allow" in effects else "implicitDeny"
        return {"EvaluationResults": [{"EvalActionName": action, "EvalDecision": decision}]}


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]) -> bool:
    return (
        any(fnmatchcase(action, one) for one in as_list(statement["Action"]))
        and any(fnmatchcase(resource, one) for one in as_list(statement["Resource"]))
        and all(
            key in context and fnmatchcase(context[key], value)
            for keys in statement.get("Condition", {}).values()
            for key, value in keys.items()
        )
    )
