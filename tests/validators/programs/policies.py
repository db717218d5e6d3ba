"""Validates the policies of roles in templates with parliament, the rules of its community included."""

import json
import sys
from pathlib import Path
from typing import Any

AWS = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "123456789012"}

ARNS = {
    "AWS::Lambda::Function": "lambda:eu-central-1:123456789012:function:{}",
    "AWS::Logs::LogGroup": "logs:eu-central-1:123456789012:log-group:{}:*",
    "AWS::StepFunctions::StateMachine": "states:eu-central-1:123456789012:stateMachine:{}",
}
"""The ARNs of the resources that policies name with Ref or Fn::GetAtt. Any other one becomes its logical ID."""


class Resolver:
    """Gives the functions of a template the values that they could have in an account."""

    def __init__(self, resources: dict[str, Any]) -> None:
        """Remember the types of a template's resources."""
        self._types = {name: resource["Type"] for name, resource in resources.items()}

    def resolved(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """Return a value without functions."""
        if isinstance(value, list):
            return [self.resolved(one) for one in value]
        if not isinstance(value, dict):
            return value
        for name, argument in value.items():
            if name == "Ref" or name.startswith("Fn::"):
                return self._value(name, argument)
        return {name: self.resolved(one) for name, one in value.items()}

    def _value(self, function: str, argument: Any) -> str:  # noqa: ANN401 - JSON
        if function == "Fn::Join":
            separator, parts = argument
            return str(separator.join(self.resolved(parts)))
        if function == "Ref":
            return AWS.get(argument) or self._arn(argument)
        return self._arn(argument[0]) if function == "Fn::GetAtt" else "value"

    def _arn(self, name: str) -> str:
        form = ARNS.get(self._types.get(name, ""))
        return f"arn:aws:{form.format(name)}" if form else name


def policies(template: dict[str, Any]) -> dict[str, Any]:
    """Return the policies of a template, by logical ID."""
    resolver = Resolver(template["Resources"])
    return {
        name: resolver.resolved(resource["Properties"]["PolicyDocument"])
        for name, resource in template["Resources"].items()
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    }


def main(templates: list[str]) -> None:
    """Print the findings of all templates."""
    from parliament import analyze_policy_string  # noqa: PLC0415 - not installed where the tests read this file

    found = []
    for template in templates:
        for name, policy in policies(json.loads(Path(template).read_text(encoding="utf-8"))).items():
            analyzed = analyze_policy_string(json.dumps(policy), include_community_auditors=True)
            found += [
                {
                    "rule": one.issue,
                    "file": template,
                    "resource": name,
                    "message": str(one.detail or one.location.get("actions", "")),
                }
                for one in analyzed.findings
            ]
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
