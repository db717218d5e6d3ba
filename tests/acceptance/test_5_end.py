"""The end of the stack."""

from tests.acceptance.project import Project, output


def test_nothing_is_left_of_a_destroyed_stack(project: Project) -> None:
    # Given
    resources = project.stack.resources()
    assert project.stack.existing(resources) == resources

    # When
    done = project.cdk("destroy", "--all", "--force", "--app", str(project.assembly))

    # Then
    assert done.returncode == 0, output(done)
    assert project.stack.existing(resources) == set()
