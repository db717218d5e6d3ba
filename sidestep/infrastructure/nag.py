"""Findings of cdk-nag that stay as they are, each with its reason beside what it is about."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import Construct


def acknowledge(construct: Construct, reasons: Mapping[str, str]) -> None:
    """Accept findings on a construct and all below it; `reasons` are by the finding's id."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=finding, reason=reason) for finding, reason in reasons.items())
    )
