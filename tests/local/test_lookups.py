"""What a local cloud removes from cdk.context.json."""

import json
from pathlib import Path

import pytest

from sidestep.local.foreground import forget_lookups

LOCAL = {"cc-api-provider:account=123456789012:exactIdentifier=orders-db:region=eu-central-2": [{"Engine": "mysql"}]}
PRODUCTION = {"cc-api-provider:account=111122223333:exactIdentifier=orders-db:region=eu-central-2": [{"é": "mysql"}]}


def test_answers_of_production_stay(tmp_path: Path) -> None:
    # Given
    file = tmp_path / "cdk.context.json"
    file.write_text(json.dumps({**LOCAL, **PRODUCTION}), encoding="utf-8")

    # When
    forget_lookups(file)

    # Then
    assert json.loads(file.read_text(encoding="utf-8")) == PRODUCTION


def test_a_file_of_local_answers_goes(tmp_path: Path) -> None:
    # Given
    file = tmp_path / "cdk.context.json"
    file.write_text(json.dumps(LOCAL), encoding="utf-8")

    # When
    forget_lookups(file)

    # Then
    assert not file.exists()


@pytest.mark.parametrize("content", [json.dumps(PRODUCTION), "[1]", "{", ""])
def test_any_other_file_is_left_alone(tmp_path: Path, content: str) -> None:
    # Given
    file = tmp_path / "cdk.context.json"
    file.write_text(content, encoding="utf-8")

    # When
    forget_lookups(file)
    forget_lookups(tmp_path / "none.json")

    # Then
    assert file.read_text(encoding="utf-8") == content
