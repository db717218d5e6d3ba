"""Names of stacks, outputs, log groups and alarms, which the commands use to find deployed resources."""

from typing import Final

STATE_MACHINE: Final = "StateMachine"
"""The output with the ARN of the state machine, for `sidestep run` and `sidestep watch`."""

CHECK_LOG_GROUP: Final = "CheckLogGroup"
"""The output with the name of the log group that has the rows of checks; only if a check logs rows."""

PREPARE_FUNCTION: Final = "PrepareFunction"
"""The output with the ARN of the function that prepares the database; with `prepare = true` only."""

ADMINISTRATOR_SECRET: Final = "AdministratorSecret"  # noqa: S105 - a name
"""The output with the ARN of the secret of the sample's administrator."""


PREFIX: Final = "sidestep"
"""The default of the key `name` in metrics.toml, with which the names of stacks begin."""


OVERVIEW: Final = "overview"
"""In the place of a database, the name of the stack with the dashboard of several databases."""


def stack_name(name: str, database: str) -> str:
    """Return the name of the stack of a database; `name` is that of metrics.toml."""
    return f"{name}-{database}"


def log_group(stack: str) -> str:
    """Return the name of the log group of a stack's state machine.

    The prefix keeps the resource policy of CloudWatch Logs below its size limit (Step Functions guide).
    """
    return f"/aws/vendedlogs/states/{stack}"


def check_log_group(stack: str) -> str:
    """Return the name of the log group of a query function whose checks log rows."""
    return f"/sidestep/checks/{stack}"


def alarm_prefix(stack: str) -> str:
    """Return the prefix of the names of a stack's alarms."""
    return f"{stack}/"
