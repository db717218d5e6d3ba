"""The acceptance suite: what a user does, in order, on the clouds that `--cloud` names.

Without the option, pytest collects none of its tests.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance import metrics_files
from tests.acceptance.clouds.aws import AwsCloud
from tests.acceptance.clouds.cloud import Cloud, Feature, LeftoversError, skip_without
from tests.acceptance.clouds.local import LocalCloud
from tests.acceptance.clouds.ministack import MiniStack
from tests.acceptance.preflight.template import Template, place_of
from tests.acceptance.project import Project, output
from tests.acceptance.report import CLAIM, NOT_RUN, Report

CLOUDS: Final[Mapping[str, Callable[[Path], Cloud]]] = {
    "local": LocalCloud,
    "ministack": MiniStack,
    "aws": AwsCloud,
}
"""The clouds, by name; each takes the folder of its files."""

REPORT: Final = "acceptance-report"
"""The name of the plugin."""

_ENDED: Final = pytest.StashKey[dict[str, str]]()
"""The essential test that has failed, by cloud."""

_LEFT: Final = pytest.StashKey[str]()
"""What a cloud could not remove."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("acceptance")
    group.addoption("--cloud", action="append", choices=[*CLOUDS], help="A cloud for the acceptance suite.")
    group.addoption("--acceptance-report", type=Path, metavar="FILE", help="Write what each cloud did into a file.")


def pytest_configure(config: pytest.Config) -> None:
    """Add the markers, and the report."""
    config.addinivalue_line("markers", "needs(feature): is skipped on a cloud that lacks the feature")
    config.addinivalue_line("markers", "essential: if it fails, no further test of its cloud runs")
    if file := config.getoption("acceptance_report", default=None):
        config.pluginmanager.register(Report(file), REPORT)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignore the suite if no cloud is named."""
    del collection_path
    return None if config.getoption("cloud", default=None) else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on each cloud, one cloud after the other."""
    if "cloud" in metafunc.fixturenames:
        metafunc.parametrize("cloud", metafunc.config.getoption("cloud"), indirect=True, scope="session")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Run no further test of a cloud after the failure of an essential one."""
    if failed := item.session.stash.get(_ENDED, {}).get(_cloud_of(item)):
        pytest.skip(f"{NOT_RUN}: {failed} failed")


@pytest.hookimpl(trylast=True)  # after an interrupt, pytest's own implementation ends the clouds
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if something is left."""
    if left := session.stash.get(_LEFT, None):
        print(f"\n{left}")
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember the failure of an essential test."""
    report = yield
    if report.failed and item.get_closest_marker("essential"):
        item.session.stash.setdefault(_ENDED, {}).setdefault(_cloud_of(item), item.name)
    return report


def _cloud_of(item: pytest.Item) -> str:
    assert isinstance(item, pytest.Function)
    return str(item.callspec.params["cloud"])


@pytest.fixture(scope="session")
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Return a running cloud."""
    try:
        with CLOUDS[request.param](tmp_path_factory.mktemp(request.param)) as cloud:
            if report := request.config.pluginmanager.get_plugin(REPORT):
                report.add_cloud(cloud)
            yield cloud
    except LeftoversError as error:  # after an interrupt, an exception would end pytest before the report is written
        request.session.stash[_LEFT] = str(error)


@pytest.fixture(scope="session")
def project(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a new project, written by `sidestep init`."""
    project = Project(tmp_path_factory.mktemp("user") / "project", cloud)
    project.folder.mkdir()
    made = project.sidestep("init", "--sample")
    assert made.returncode == 0, output(made)
    return project


@pytest.fixture(scope="session")
def template(project: Project) -> Template:
    """Return the template that is deployed first."""
    project.write(metrics_files.FIRST)
    done = project.synthesize()
    assert done.returncode == 0, output(done)
    return Template.of_stack(project.assembly, project.stack.name, place_of(project.cloud.client("sts")))


@pytest.fixture(autouse=True)
def _needed_features(request: pytest.FixtureRequest, cloud: Cloud) -> None:
    """Skip a test that needs a feature which the cloud lacks."""
    for marker in request.node.iter_markers("needs"):
        (feature,) = marker.args
        assert isinstance(feature, Feature)
        skip_without(cloud, feature)


@pytest.fixture
def claim(record_property: Callable[[str, object], None]) -> Callable[[str, str], None]:
    """Return a function that reports what the cloud answered to a claim of claims.toml, by its id."""
    return lambda claim, answer: record_property(CLAIM, (claim, answer))
