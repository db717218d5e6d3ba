"""The end of the stack."""

import time
from collections.abc import Callable

from tests.acceptance.project import Project, output

Claim = Callable[[str, str], None]


def test_nothing_is_left_of_a_destroyed_stack(project: Project, claim: Claim) -> None:
    # Given
    resources = project.stack.resources()
    assert project.stack.existing(resources) == resources

    # When
    begin = time.monotonic()
    done = project.cdk("destroy", "--all", "--force", "--app", str(project.assembly))

    # Then
    claim("deletion-time", f"{time.monotonic() - begin:.0f} s")
    assert done.returncode == 0, output(done)
    assert project.stack.existing(resources) == set()
