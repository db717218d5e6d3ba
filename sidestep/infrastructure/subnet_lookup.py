"""Chooses subnets of a VPC, asking the account once at synth; cached in cdk.context.json.

The CDK's own lookup of a VPC stands in with ids that its validation refuses, which would bury the one message that
matters when there are no credentials.
"""

from typing import Any, Final

from aws_cdk import ContextProvider
from constructs import Construct

from sidestep.config.errors import SettingsError

_UNKNOWN: Final = {
    "subnetGroups": [
        {"type": "Isolated", "subnets": [{"subnetId": "subnet-00000000", "availabilityZone": "unknown"}]}
    ]
}
"""Until the command line has asked."""

KINDS: Final = ("Isolated", "Private", "Public")
"""As the command line sorts subnets by their routes: the most private first. Any of them leads to the database."""


def most_private_subnets(scope: Construct, vpc_id: str) -> list[str]:
    """Return the ids of one subnet per zone, all of the most private kind that the VPC has.

    Raises:
        SettingsError: it has none.
    """
    answer = ContextProvider.get_value(
        scope,
        provider="vpc-provider",
        props={"filter": {"vpc-id": vpc_id}, "returnAsymmetricSubnets": True},
        dummy_value=_UNKNOWN,
    )
    groups: list[dict[str, Any]] = answer.value["subnetGroups"]
    if not groups:
        raise SettingsError([f"the VPC {vpc_id} has no subnets; the function needs one on the way to the database"])
    kind = min((group["type"] for group in groups), key=KINDS.index)
    by_zone: dict[str, str] = {}
    for group in groups:
        for subnet in group["subnets"] if group["type"] == kind else ():
            by_zone.setdefault(subnet["availabilityZone"], subnet["subnetId"])
    return list(by_zone.values())
