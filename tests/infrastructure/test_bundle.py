"""The function's bundle: small, complete, the same each time, and quick to start."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from query_database.queries import load_queries
from sidestep import project
from sidestep.infrastructure.bundling import BundlingError, bundle_prepare_database, bundle_query_database
from sidestep.metrics_file import load_settings

LIMIT = 400_000
"""Bytes of the unpacked bundle."""

QUERIES = load_settings(project.METRICS_FILE).queries


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle_query_database(queries=QUERIES, build=tmp_path_factory.mktemp("build"))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_holds_the_function_the_driver_and_the_roots(bundle: Path) -> None:
    # When
    files = content(bundle)

    # Then
    assert {Path(name).parts[0] for name in files} == {
        "mysql_tls", "pymysql", "pymysql-1.2.4.dist-info", "query_database",
    }  # fmt: skip
    assert {"query_database/handler.py", "mysql_tls/rds-roots.pem", "query_database/queries.json"} <= set(files)
    assert not [name for name in files if name.endswith((".pyc", "requirements.txt", ".so"))]


def test_it_is_small(bundle: Path) -> None:
    assert sum(len(data) for data in content(bundle).values()) < LIMIT


def test_the_bundle_that_prepares_holds_no_query(tmp_path: Path) -> None:
    # When
    files = content(bundle_prepare_database(build=tmp_path))

    # Then
    assert {Path(name).parts[0] for name in files} == {
        "mysql_tls", "prepare_database", "pymysql", "pymysql-1.2.4.dist-info",
    }  # fmt: skip
    assert sum(map(len, files.values())) < LIMIT


def test_several_may_build_it_at_once(tmp_path: Path) -> None:
    # Given four that begin together, with nothing built yet
    with ThreadPoolExecutor(4) as pool:
        builds = [pool.submit(bundle_query_database, queries=QUERIES, build=tmp_path) for _ in range(4)]

    # Then all have the one bundle, whole, and nothing unfinished is left
    (bundle,) = {build.result() for build in builds}
    assert (bundle / "pymysql" / "__init__.py").is_file()
    assert (bundle / "query_database" / "queries.json").is_file()
    assert not list(tmp_path.glob("unfinished-*"))


def test_it_carries_the_queries(bundle: Path) -> None:
    # When
    queries = json.loads((bundle / "query_database" / "queries.json").read_text(encoding="utf-8"))

    # Then
    assert [query["name"] for query in queries] == ["active_sessions", "sessions_by_plan"]
    assert queries[1]["sql"].startswith("SELECT plan AS Plan")


def test_its_queries_are_what_the_function_reads(tmp_path: Path) -> None:
    # Given a query with everything that the function has to know beside columns
    file = tmp_path / "metrics.toml"
    file.write_text(
        project.METRICS_FILE.read_text(encoding="utf-8")
        .replace("sample = true", 'sample = true\nfixed_dimensions = { Environment = "prod", Team = "shop" }')
        .replace('dimensions = ["Plan"]', 'dimensions = ["Plan"]\nfixed_dimensions = { Team = "billing" }')
        .replace("resolution = 60 }", 'statistic = "distribution", rollup = true }'),
        encoding="utf-8",
    )

    # When
    bundle = bundle_query_database(queries=load_settings(file).queries, build=tmp_path / "build")
    active, by_plan = load_queries(bundle / "query_database" / "queries.json").values()

    # Then
    assert active.fixed_dimensions == {"Environment": "prod", "Team": "shop"}
    assert (active.metrics["ActiveSessions"].statistic, active.metrics["ActiveSessions"].rollup) == ("value", False)
    assert by_plan.fixed_dimensions == {"Environment": "prod", "Team": "billing"}
    assert (by_plan.metrics["SessionsByPlan"].statistic, by_plan.metrics["SessionsByPlan"].rollup) == (
        "distribution",
        True,
    )


def test_it_is_the_same_each_time(bundle: Path, tmp_path: Path) -> None:
    assert content(bundle_query_database(queries=QUERIES, build=tmp_path)) == content(bundle)


def test_it_follows_a_changed_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a bundle that was built before
    lambdas = tmp_path / "lambdas"
    (lambdas / "query_database").mkdir(parents=True)
    (lambdas / "mysql_tls").mkdir()
    (lambdas / "mysql_tls" / "requirements.txt").write_text("")
    source = lambdas / "query_database" / "handler.py"
    source.write_text("old")
    monkeypatch.setattr(project, "LAMBDAS", lambdas)
    bundle_query_database(queries=QUERIES, build=tmp_path / "build")

    # When
    source.write_text("new")
    rebuilt = bundle_query_database(queries=QUERIES, build=tmp_path / "build")

    # Then
    assert (rebuilt / "query_database" / "handler.py").read_text() == "new"


def test_a_dependency_that_cannot_be_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a pinned wheel whose content is not the expected one
    lambdas = tmp_path / "lambdas"
    (lambdas / "mysql_tls").mkdir(parents=True)
    requirements = lambdas / "mysql_tls" / "requirements.txt"
    requirements.write_text(f"pymysql==1.2.4 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(project, "LAMBDAS", lambdas)

    # When / Then
    with pytest.raises(BundlingError, match=r"requirements.txt: pip could not install it:(.|\n)*HASHES"):
        bundle_query_database(queries=QUERIES, build=tmp_path / "build")
    assert not list((tmp_path / "build").glob("dependencies-*[!d]"))


def test_the_sources_import_nothing_of_the_developers_side() -> None:
    for path in project.LAMBDAS.glob("*/*.py"):
        assert "sidestep" not in [
            line.split()[1].partition(".")[0]
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith(("import ", "from "))
        ], path


def test_importing_it_loads_no_aws_client(bundle: Path) -> None:
    # Given the bundle in a process of its own
    program = "import query_database.run, sys; print([m for m in ('boto3', 'botocore.client') if m in sys.modules])"

    # When
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=bundle,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "."},
    )

    # Then
    assert result.stdout.strip() == "[]"
