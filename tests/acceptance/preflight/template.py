"""The resources of a synthesized template, with its intrinsic functions resolved before anything is deployed.

Attributes that only a deployment decides get invented values of the right form, such as the ARN of a function.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

_INVENTED: Final[Mapping[tuple[str, str], str]] = {
    ("AWS::CloudWatch::Alarm", "Arn"): "arn:{partition}:cloudwatch:{region}:{account}:alarm:{AlarmName}",
    ("AWS::EC2::SecurityGroup", "GroupId"): "sg-{id}",
    ("AWS::EC2::Subnet", "Ref"): "subnet-{id}",
    ("AWS::KMS::Key", "Arn"): "arn:{partition}:kms:{region}:{account}:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    ("AWS::Lambda::Function", "Arn"): "arn:{partition}:lambda:{region}:{account}:function:{id}",
    ("AWS::Logs::LogGroup", "Arn"): "arn:{partition}:logs:{region}:{account}:log-group:{id}:*",
    ("AWS::RDS::DBInstance", "DbiResourceId"): "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ("AWS::SNS::Topic", "Ref"): "arn:{partition}:sns:{region}:{account}:{id}",
    ("AWS::StepFunctions::StateMachine", "Ref"): "arn:{partition}:states:{region}:{account}:stateMachine:{id}",
    ("AWS::StepFunctions::StateMachine", "Arn"): "arn:{partition}:states:{region}:{account}:stateMachine:{id}",
}
"""The forms of ARNs and ids, by type and attribute; "Ref" is what Ref returns (CloudFormation template reference)."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a template is going to be deployed."""

    account: str
    region: str
    partition: str = "aws"


def place_of(sts: Any) -> Place:  # noqa: ANN401 - a client
    """Return the account, Region and partition of a client."""
    arn = sts.get_caller_identity()["Arn"]
    _, partition, _, _, account, _ = arn.split(":", 5)
    return Place(account=account, region=sts.meta.region_name, partition=partition)


@dataclass(frozen=True)
class Template:
    """A template of a cloud assembly.

    Attributes:
        content: as synthesized.
        place: where it is going to be deployed.
    """

    content: Mapping[str, Any]
    place: Place

    @classmethod
    def of_stack(cls, assembly: Path, stack: str, place: Place) -> "Template":
        """Read the template of a stack."""
        file = assembly / f"{stack}.template.json"
        return cls(json.loads(file.read_text(encoding="utf-8")), place)

    @cached_property
    def _resources(self) -> Mapping[str, Any]:
        resources: Mapping[str, Any] = self.content["Resources"]
        return resources

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the resolved properties of all resources of a type, by logical id."""
        return {
            name: self.resolved(resource.get("Properties", {}))
            for name, resource in self._resources.items()
            if resource["Type"] == kind
        }

    def only(self, kind: str) -> dict[str, Any]:
        """Return the resolved properties of the one resource of a type."""
        (properties,) = self.resources(kind).values()
        return properties

    def resolved(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """Return a value without intrinsic functions."""
        match value:
            case {"Ref": str(name), **others} if not others:
                return self._attribute(name, "Ref")
            case {"Fn::GetAtt": [str(name), str(attribute)], **others} if not others:
                return self._attribute(name, attribute)
            case {"Fn::Join": [str(separator), list(parts)], **others} if not others:
                return separator.join(str(self.resolved(part)) for part in parts)
            case dict():
                return {key: self.resolved(one) for key, one in value.items()}
            case list():
                return [self.resolved(one) for one in value]
        return value

    def _attribute(self, name: str, attribute: str) -> str:
        pseudo = {
            "AWS::AccountId": self.place.account,
            "AWS::Partition": self.place.partition,
            "AWS::Region": self.place.region,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        resource = self._resources[name]
        form = _INVENTED.get((resource["Type"], attribute), "{id}")
        names = {key: one for key, one in resource.get("Properties", {}).items() if isinstance(one, str)}
        return form.format(id=name, **vars(self.place), **names)


def as_list(value: str | Sequence[str]) -> list[str]:
    """Return the values of a field of a policy, which may be a single one."""
    return [value] if isinstance(value, str) else list(value)
