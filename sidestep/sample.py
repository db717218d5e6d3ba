"""The names that the sample database has on AWS and on the laptop."""

from typing import Final

SCHEMA: Final = "sample"

USER: Final = "sidestep"
"""Who asks the queries; authenticates with IAM tokens only."""
