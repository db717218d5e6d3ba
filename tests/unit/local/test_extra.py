"""The plain package works without the extra `sidestep[local]`, and says so where it does not."""

import os
import subprocess
import sys
import tomllib

import pytest

from sidestep import paths
from sidestep.local import EXTRA

pytestmark = pytest.mark.slow

RUN = """
import sys
sys.modules.update(dict.fromkeys({modules}))
sys.argv = {words}
from sidestep.cli.main import main
main()
"""


def sidestep(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a process in which the modules of the extra cannot be imported."""
    program = RUN.format(modules=sorted(EXTRA), words=["sidestep", *words])
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=paths.ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("words", [("demo",), ("local",), ("check", "--local"), ("check", "--local", "--json")])
def test_the_local_cloud_names_the_extra(words: tuple[str, ...]) -> None:
    # When
    done = sidestep(*words)

    # Then
    assert done.returncode == 2
    *_, message = done.stderr.splitlines()
    assert "sidestep[local]" in message
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--help",), 0),
        (("check",), 0),
        (("cost",), 0),
        (("prepare", "shop", "--print"), 0),
        (("run", "shop"), 1),  # the shell has no region
        (("watch", "shop", "--once"), 1),
    ],
)
def test_other_commands_do_not_need_it(words: tuple[str, ...], code: int) -> None:
    # When
    done = sidestep(*words)

    # Then
    assert done.returncode == code, done.stderr
    assert "sidestep[local]" not in done.stderr


def test_the_extra_has_the_modules() -> None:
    # Given
    content = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    # When
    extra = {name for module in EXTRA for name in (module.replace("_", "-"),)}

    # Then
    plain, local = content["dependencies"], content["optional-dependencies"]["local"]
    assert [name for name in extra if not any(line.startswith(name) for line in local)] == []
    assert [line for line in plain if any(line.startswith(name) for name in extra)] == []
