"""app.py, the program that the CDK's command line runs: its messages, its exit codes and where it builds."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sidestep import paths
from tests.end_to_end.programs import CDK, CDK_VARIABLES, DEADLINE, processes_of
from tests.unit.metrics_files import GOOD, write

pytestmark = pytest.mark.slow


def run_app(folder: Path, **context: str) -> "subprocess.CompletedProcess[str]":
    """Run the app in a folder as the command line does."""
    return subprocess.run(
        [sys.executable, paths.ROOT / "app.py"],
        cwd=folder,
        env={
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_OUTDIR": "cdk.out",
            "CDK_VALIDATION": "false",
            "PATH": str(Path(sys.executable).parent),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_app_reads_and_builds_in_its_folder_and_prints_the_price_after_the_warnings(tmp_path: Path) -> None:
    # Given a folder outside the checkout with another database, and SQL that cannot be parsed
    text = GOOD.replace("[database.shop]", "[database.stock]").replace("FROM orders", "FORM orders WHERE id > 1")
    path = write(tmp_path, f"budget = 50\n{text}")

    # When
    result = run_app(tmp_path)

    # Then
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    warning, line = [line for line in result.stderr.splitlines() if "metrics.toml" in line]
    assert warning.startswith('warning: metrics.toml: query "orders": sql: line 1, column 27: ')
    assert line.startswith(f"{path} admits 1 series: USD 0.00 a month")
    assert (tmp_path / "cdk.out" / "sidestep-stock.template.json").is_file()
    assert list((tmp_path / ".build").glob("query_database-*"))


def test_the_app_prints_no_price_before_its_lookups(tmp_path: Path) -> None:
    # Given a database of which nothing is known yet: the CDK queries AWS, and runs the app again
    existing = (
        'cluster = "orders"\nvpc_id = "vpc-0123abcd"\nschema = "shop"\naccount = "123456789012"\nregion = "eu-west-1"'
    )
    write(tmp_path, GOOD.replace("sample = true", existing))

    # When
    result = run_app(tmp_path)

    # Then
    assert result.returncode == 0
    assert "series" not in result.stderr
    assert json.loads((tmp_path / "cdk.out" / "manifest.json").read_text(encoding="utf-8"))["missing"]


def test_the_app_ends_with_code_2_and_no_traceback(tmp_path: Path) -> None:
    # Given the context of `cdk synth -c metrics=other.toml`
    write(tmp_path, GOOD.replace('"Count"', '"Counts"')).rename(tmp_path / "other.toml")

    # When
    result = run_app(tmp_path, metrics="other.toml")

    # Then
    assert result.returncode == 2
    (line,) = [line for line in result.stderr.splitlines() if line]
    assert line.startswith('other.toml: query "orders": metrics.Orders.unit: is "Counts"')


def test_ctrl_c_ends_a_synthesis_without_a_traceback(tmp_path: Path) -> None:
    # Given a synthesis that has started the CDK's own process
    words: list[str | Path] = [CDK, "synth", "--quiet", "--output", tmp_path / "cdk.out"]
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path), **CDK_VARIABLES}
    with subprocess.Popen(
        words,
        cwd=paths.ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as synth:
        deadline = time.monotonic() + DEADLINE
        while not any(command.startswith("node --max-old-space") for command in processes_of(synth.pid)):
            assert time.monotonic() < deadline
            time.sleep(0.05)

        # When
        os.killpg(synth.pid, signal.SIGINT)
        _, errors = synth.communicate(timeout=DEADLINE)

    # Then
    assert synth.returncode != 0
    assert "Traceback" not in errors
    assert not (tmp_path / "cdk.out" / "manifest.json").exists()
