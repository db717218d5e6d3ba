"""The acceptance suite runs only if a cloud is named."""

import subprocess
import sys

import pytest

from sidestep import paths


@pytest.mark.slow
@pytest.mark.parametrize(("options", "collects"), [((), False), (("--cloud", "local"), True)])
def test_the_suite_is_collected_for_a_cloud_only(options: tuple[str, ...], collects: bool) -> None:
    # When
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", *options]
    done = subprocess.run([*command, "tests/acceptance"], cwd=paths.ROOT, capture_output=True, text=True, check=False)

    # Then
    assert ("test_nothing_is_left_of_a_destroyed_stack" in done.stdout) is collects, done.stdout + done.stderr
