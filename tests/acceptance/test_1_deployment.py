"""From an empty folder to a prepared database."""

import pytest

from tests.acceptance import metrics_files
from tests.acceptance.project import Project, output


@pytest.mark.essential
def test_the_project_is_synthesized(project: Project) -> None:
    # Given
    project.write(metrics_files.FIRST)

    # When
    done = project.synthesize()

    # Then
    assert done.returncode == 0, output(done)
    assert (project.assembly / f"{project.stack.name}.template.json").is_file()


@pytest.mark.essential
def test_the_stack_is_deployed(project: Project) -> None:
    # Given
    project.bootstrap()

    # When
    done = project.deploy()

    # Then
    assert done.returncode == 0, output(done)
    assert project.stack.state_machine.startswith("arn:")


def test_a_run_before_the_preparation_fails_after_its_retries(project: Project) -> None:
    # When
    done = project.sidestep("run", "shop", "--query", "orders")

    # Then
    assert done.returncode == 1, output(done)
    assert "DatabaseUnavailable" in done.stdout
    assert "3 failed" in done.stdout


@pytest.mark.essential
def test_the_database_is_prepared(project: Project) -> None:
    # When
    done = project.sidestep("prepare", "shop")

    # Then
    assert done.returncode == 0, output(done)
