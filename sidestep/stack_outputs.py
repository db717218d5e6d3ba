"""What the stacks and those who look for them have to agree on: their names, and those of some outputs."""

from typing import Final

PREPARE_FUNCTION: Final = "PrepareFunction"
"""The ARN of the function that prepares the database; there with `prepare = true` only."""

ADMINISTRATOR_SECRET: Final = "AdministratorSecret"  # noqa: S105 - a name
"""The ARN of the secret with the sample's administrator."""


def stack_name(database: str) -> str:
    """Return the name of the stack of a database of metrics.toml."""
    return f"sidestep-{database}"
