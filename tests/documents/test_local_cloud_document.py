"""What docs/local-cloud.md says is true of the code."""

import re

from sidestep import paths
from sidestep.local.foreground import introduction

DOCUMENT = (paths.ROOT / "docs" / "local-cloud.md").read_text(encoding="utf-8")
LOCAL = paths.ROOT / "sidestep" / "local"


def test_every_gap_is_named() -> None:
    # Given
    gaps = {path.name for path in (LOCAL / "moto_patches").glob("*.py")} - {"__init__.py", "resource_type.py"}

    # When
    named = set(re.findall(r"^\| .* \| `(\w+\.py)` \|$", DOCUMENT, re.MULTILINE))

    # Then
    assert named == gaps


def test_the_lines_to_paste_are_the_printed_ones() -> None:
    # Given
    (endpoint,) = re.findall(r"AWS_ENDPOINT_URL=(.*)", DOCUMENT)
    commands = re.findall(r"^  (make bootstrap.*|\.venv/bin/sidestep prepare .*)$", DOCUMENT, re.MULTILINE)

    # When
    printed = introduction(endpoint, commands)

    # Then
    assert f"$ make local\n{printed}\n" in DOCUMENT
