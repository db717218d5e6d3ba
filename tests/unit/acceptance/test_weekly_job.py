"""The weekly job on AWS: off without a role, and it cleans up whatever happens."""

from typing import Any, Final

import yaml  # type: ignore[import-untyped]

from sidestep import paths

WORKFLOW: Final = paths.ROOT / ".github" / "workflows" / "acceptance-aws.yml"


def job() -> dict[str, Any]:
    content = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    assert content["permissions"] == {"contents": "read", "id-token": "write"}
    found: dict[str, Any] = content["jobs"]["acceptance"]
    return found


def test_it_is_off_until_a_role_is_set() -> None:
    assert job()["if"] == "vars.ACCEPTANCE_ROLE != ''"


def test_it_cleans_up_after_any_end_with_new_credentials() -> None:
    # Given
    *_, credentials, clean_up = job()["steps"]

    # Then
    assert credentials["uses"].startswith("aws-actions/configure-aws-credentials@")
    assert clean_up["run"].endswith("python -m tests.acceptance.clean_up --all")
    assert credentials["if"] == clean_up["if"] == "always()"


def test_its_credentials_are_the_roles_and_no_account_is_in_its_log() -> None:
    steps = [step["with"] for step in job()["steps"] if "configure-aws-credentials" in step.get("uses", "")]
    assert steps
    for options in steps:
        assert options["role-to-assume"] == "${{ vars.ACCEPTANCE_ROLE }}"
        assert options["mask-aws-account-id"] is True
        assert "aws-access-key-id" not in options
