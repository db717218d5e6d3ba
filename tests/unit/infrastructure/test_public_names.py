"""What `from sidestep import ...` offers, and when it is imported."""

import subprocess
import sys

import pytest

import sidestep


def test_the_command_line_does_not_import_the_cdk() -> None:
    # Given what the command `sidestep` imports first
    program = "import sys, sidestep, sidestep.cli.main; print(*(name for name in sys.modules if name == 'aws_cdk'))"

    # When
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    # Then
    assert result.stdout.strip() == ""


def test_every_public_name_can_be_imported() -> None:
    assert {name: getattr(sidestep, name).__name__ for name in sidestep.__all__} == {
        name: name for name in sidestep.__all__
    }


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="SqlMetric'"):
        sidestep.SqlMetric  # noqa: B018
