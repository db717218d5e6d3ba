"""What the stacks and those who look for them agree on: names of stacks, outputs, log groups and alarms."""

from typing import Final

STATE_MACHINE: Final = "StateMachine"
"""The ARN of the workflow, which `sidestep run` starts and `sidestep watch` follows."""

PREPARE_FUNCTION: Final = "PrepareFunction"
"""The ARN of the function that prepares the database; there with `prepare = true` only."""

ADMINISTRATOR_SECRET: Final = "AdministratorSecret"  # noqa: S105 - a name
"""The ARN of the secret with the sample's administrator."""


def stack_name(database: str) -> str:
    """Return the name of the stack of a database of metrics.toml."""
    return f"sidestep-{database}"


def log_group(stack: str) -> str:
    """Return the name of the log group of a stack's workflow.

    The prefix keeps the log service's resource policy from outgrowing its limit (Step Functions guide).
    """
    return f"/aws/vendedlogs/states/{stack}"


def alarm_prefix(stack: str) -> str:
    """Return what the names of a stack's alarms begin with, and no other alarm's."""
    return f"{stack}/"
