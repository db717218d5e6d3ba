"""The function's bundle: small, complete, the same each time, and quick to start."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.bundle.build import BundlingError, bundle_prepare_database, bundle_query_database
from sidestep.config.engines import ENGINES, MYSQL, POSTGRES, Engine
from sidestep.config.loader import load_settings
from sidestep.config.settings import Settings
from sidestep.lambdas.query_database.queries import load_queries

LIMITS = {"mysql": 440_000, "postgres": 1_100_000}
"""Bytes of the unpacked bundles. Half of the second one is asn1crypto, which pg8000 needs through scramp."""

DRIVERS = {
    "mysql": {"pymysql", "pymysql-1.2.4.dist-info"},
    "postgres": {
        *("pg8000", "pg8000-1.31.6.dist-info", "scramp", "scramp-1.5.0.dist-info"),
        *("asn1crypto", "asn1crypto-1.5.1.dist-info"),
    },
}
"""What lies in a bundle beside our own packages."""

SETTINGS = load_settings(paths.ROOT / "metrics.toml")

WINDOWS = """
namespace = "Shop"
schedule = "rate(5 minutes)"
[database.shop]
sample = true
[[query]]
name = "new_orders"
sql = "SELECT COUNT(*) AS New FROM orders WHERE t >= :previous_scheduled_time AND t < :scheduled_time AND b LIKE '1%'"
metrics.New = {}
[[query]]
name = "late_orders"
sql = "SELECT COUNT(*) AS Late FROM orders WHERE due < :scheduled_time"
schedule = "cron(0 8 * * ? *)"
timezone = "America/Argentina/Buenos_Aires"
metrics.Late = {}
[[query]]
name = "all_orders"
sql = "SELECT COUNT(*) AS Orders FROM orders WHERE b LIKE '1%'"
metrics.Orders = {}
"""
"""Queries with parameters, none of which has to know of a time zone."""

MORNINGS = WINDOWS.replace('"rate(5 minutes)"', '"cron(0 8 ? * MON-FRI *)"\ntimezone = "Europe/Berlin"')


def with_drivers(build: Path) -> Path:
    """Give an empty folder the drivers that other tests have installed, which would take half a second each time."""
    for drivers in (paths.ROOT / paths.BUILD).glob("dependencies-*"):
        (build / drivers.name).symlink_to(drivers)
    return build


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled(SETTINGS, with_drivers(tmp_path_factory.mktemp("build")))


@pytest.fixture(scope="module", params=[MYSQL, POSTGRES], ids=lambda engine: engine.name)
def any_bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Path]:
    """The bundle of each engine."""
    return request.param, bundled(SETTINGS, with_drivers(tmp_path_factory.mktemp("any")), request.param)


@pytest.fixture(scope="module")
def bundle_of_windows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle_of(WINDOWS, with_drivers(tmp_path_factory.mktemp("windows")))


@pytest.fixture(scope="module")
def bundle_of_mornings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle_of(MORNINGS, with_drivers(tmp_path_factory.mktemp("mornings")))


def bundled(settings: Settings, build: Path, engine: Engine = MYSQL) -> Path:
    return bundle_query_database(engine=engine, queries=settings.queries, schedules=settings.schedules, build=build)


def bundle_of(metrics: str, folder: Path) -> Path:
    (folder / "metrics.toml").write_text(metrics)
    return bundled(load_settings(folder / "metrics.toml"), folder)


def run_in(bundle: Path, program: str) -> str:
    """Return what a program prints that has the bundle, this machine's packages and no time zones."""
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=bundle,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ".", "PYTHONTZPATH": ""},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_bundle_has_the_function_the_driver_and_the_root_certificates(any_bundle: tuple[Engine, Path]) -> None:
    # When
    engine, bundle = any_bundle
    files = content(bundle)

    # Then
    assert {Path(name).parts[0] for name in files} == {"lambdas", *DRIVERS[engine.name]}
    assert {path.name for path in (bundle / "lambdas" / "engines").iterdir() if path.is_dir()} == {engine.name}
    assert {
        f"lambdas/{name}"
        for name in ("query_database/handler.py", "engines/rds-roots.pem", "query_database/queries.json")
    } <= set(files)
    assert not [name for name in files if name.endswith((".pyc", "requirements.txt", ".so"))]


def test_the_bundle_is_small(any_bundle: tuple[Engine, Path]) -> None:
    engine, bundle = any_bundle
    assert sum(len(data) for data in content(bundle).values()) < LIMITS[engine.name]


@pytest.mark.parametrize("engine", [MYSQL, POSTGRES], ids=lambda engine: engine.name)
def test_the_preparing_bundle_has_no_queries(tmp_path: Path, engine: Engine) -> None:
    # When
    files = content(bundle_prepare_database(engine=engine, build=with_drivers(tmp_path)))

    # Then
    assert {Path(name).parts[0] for name in files} == {"lambdas", *DRIVERS[engine.name]}
    assert sum(map(len, files.values())) < LIMITS[engine.name]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_the_preparing_bundle_has_one_engine_and_its_dependencies(engine: Engine, tmp_path: Path) -> None:
    # Given
    others = ENGINES.keys() - {engine.name}
    program = (
        "from lambdas.prepare_database.prepare import prepare_of, statements_of\n"
        f"print(prepare_of({engine.name!r}).__module__, statements_of({engine.name!r}).__name__)"
    )

    # When
    bundle = bundle_prepare_database(engine=engine, build=with_drivers(tmp_path))

    # Then
    folder = f"lambdas.prepare_database.{engine.name}"
    assert run_in(bundle, program) == f"{folder}.preparing {folder}.statements"
    assert not [name for name in content(bundle) for other in others if other in Path(name).parts]


def test_the_bundle_trusts_additional_root_certificates(bundle: Path) -> None:
    # When
    given = bundle_query_database(
        engine=MYSQL, queries=SETTINGS.queries, schedules=SETTINGS.schedules, build=bundle.parent, roots=b"roots"
    )

    # Then nothing else differs
    files = content(bundle) | {"lambdas/engines/rds-roots.pem": b"roots"}
    assert content(given) == files
    assert given != bundle


def test_several_processes_can_build_a_bundle_at_once(tmp_path: Path) -> None:
    # Given four that begin together, with nothing built yet
    with ThreadPoolExecutor(4) as pool:
        builds = [pool.submit(bundled, SETTINGS, tmp_path) for _ in range(4)]

    # Then all have the one bundle, whole, and nothing unfinished is left
    (bundle,) = {build.result() for build in builds}
    assert (bundle / "pymysql" / "__init__.py").is_file()
    assert (bundle / "lambdas" / "query_database" / "queries.json").is_file()
    assert not list(tmp_path.glob("unfinished-*"))


def test_the_bundle_has_the_queries(bundle: Path) -> None:
    # When
    queries = json.loads((bundle / "lambdas" / "query_database" / "queries.json").read_text(encoding="utf-8"))

    # Then
    assert [query["name"] for query in queries] == ["active_sessions", "sessions_by_plan"]
    assert queries[1]["sql"].startswith("SELECT plan AS Plan")


def test_the_function_reads_the_queries_of_the_bundle(tmp_path: Path) -> None:
    # Given a query with everything that the function has to know beside columns
    file = tmp_path / "metrics.toml"
    file.write_text(
        (paths.ROOT / "metrics.toml")
        .read_text(encoding="utf-8")
        .replace("sample = true", 'sample = true\nfixed_dimensions = { Environment = "prod", Team = "shop" }')
        .replace('dimensions = ["Plan"]', 'dimensions = ["Plan"]\nfixed_dimensions = { Team = "billing" }')
        .replace("resolution = 60 }", 'statistic = "distribution", rollup = true }'),
        encoding="utf-8",
    )

    # When
    settings = load_settings(file)
    bundle = bundle_query_database(
        engine=MYSQL, queries=settings.queries, schedules=settings.schedules, build=with_drivers(tmp_path)
    )
    active, by_plan = load_queries(bundle / "lambdas" / "query_database" / "queries.json").values()

    # Then
    assert active.fixed_dimensions == {"Environment": "prod", "Team": "shop"}
    assert (active.metrics["ActiveSessions"].statistic, active.metrics["ActiveSessions"].rollup) == ("value", False)
    assert by_plan.fixed_dimensions == {"Environment": "prod", "Team": "billing"}
    assert (by_plan.metrics["SessionsByPlan"].statistic, by_plan.metrics["SessionsByPlan"].rollup) == (
        "distribution",
        True,
    )


def test_the_bundle_is_reproducible(bundle: Path, tmp_path: Path) -> None:
    # Given a shell whose new files are for its user only
    before = os.umask(0o077)
    try:
        # When
        again = bundled(SETTINGS, tmp_path)
    finally:
        os.umask(before)

    # Then Lambda can read all of it: a zip file keeps the modes
    assert content(again) == content(bundle)
    for one in (bundle, again):
        modes = {path: path.stat().st_mode & 0o777 for path in (one, *one.rglob("*"))}
        assert {mode for path, mode in modes.items() if path.is_dir()} == {0o755}
        assert {mode for path, mode in modes.items() if path.is_file()} == {0o644}


@pytest.mark.parametrize("changed", ["__init__.py", "query_database/handler.py"])
def test_a_changed_source_changes_the_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    # Given a bundle that was built before
    lambdas = tmp_path / "lambdas"
    (lambdas / "query_database").mkdir(parents=True)
    (lambdas / "engines" / "mysql").mkdir(parents=True)
    (lambdas / "engines" / "mysql" / "requirements.txt").write_text("")
    (lambdas / "__init__.py").write_text("")
    source = lambdas / changed
    source.write_text("old")
    monkeypatch.setattr(paths, "LAMBDAS", lambdas)
    bundled(SETTINGS, tmp_path / "build")

    # When
    source.write_text("new")
    rebuilt = bundled(SETTINGS, tmp_path / "build")

    # Then
    assert (rebuilt / "lambdas" / changed).read_text() == "new"


def test_a_dependency_that_cannot_be_installed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a pinned wheel whose content is not the expected one
    lambdas = tmp_path / "lambdas"
    (lambdas / "engines" / "mysql").mkdir(parents=True)
    requirements = lambdas / "engines" / "mysql" / "requirements.txt"
    requirements.write_text(f"pymysql==1.2.4 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(paths, "LAMBDAS", lambdas)

    # When / Then
    with pytest.raises(BundlingError, match=r"mysql/requirements.txt: (.|\n)*HASHES"):
        bundled(SETTINGS, tmp_path / "build")
    assert not list((tmp_path / "build").glob("dependencies-*[!d]"))


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    # Given a file with the name of the folder
    build = tmp_path / "build"
    build.write_text("")

    # When / Then
    with pytest.raises(BundlingError, match=str(build)):
        bundled(SETTINGS, build)


def test_importing_the_function_loads_one_driver_and_no_aws_client(any_bundle: tuple[Engine, Path]) -> None:
    # Given the bundle in a process of its own
    engine, bundle = any_bundle
    program = f"""
import sys
import lambdas.query_database.run
from lambdas.engines import engine_named
engine_named("{engine.name}")
own = "lambdas.query_database.checks", "lambdas.query_database.previous_run"
print([name for name in ("boto3", "botocore.client", "pymysql", "pg8000", *own) if name in sys.modules])
"""

    # When / Then
    assert run_in(bundle, program) == str([{"mysql": "pymysql", "postgres": "pg8000"}[engine.name]])


def test_parameters_are_numbered_for_postgres(tmp_path: Path) -> None:
    # When
    (tmp_path / "metrics.toml").write_text(WINDOWS)
    bundle = bundled(load_settings(tmp_path / "metrics.toml"), with_drivers(tmp_path), POSTGRES)
    new_orders, late_orders, all_orders = load_queries(
        bundle / "lambdas" / "query_database" / "queries.json"
    ).values()

    # Then
    assert new_orders.sql.endswith("t >= $2 AND t < $1 AND b LIKE '1%'")
    assert new_orders.parameters == ("scheduled_time", "previous_scheduled_time")
    assert late_orders.sql.endswith("due < $1")
    assert all_orders.sql.endswith("b LIKE '1%'")


def test_parameters_are_in_the_form_of_the_driver(bundle_of_windows: Path) -> None:
    # When
    queries = json.loads(
        (bundle_of_windows / "lambdas" / "query_database" / "queries.json").read_text(encoding="utf-8")
    )

    # Then only where there are any
    new_orders, late_orders, all_orders = queries
    assert new_orders["sql"].endswith("t >= %(previous_scheduled_time)s AND t < %(scheduled_time)s AND b LIKE '1%%'")
    assert new_orders["parameters"] == ["scheduled_time", "previous_scheduled_time"]
    assert new_orders["recurrence"] == {"seconds": 300}
    assert late_orders["parameters"] == ["scheduled_time"]
    assert "recurrence" not in late_orders
    assert all_orders["sql"].endswith("b LIKE '1%'")
    assert not {"parameters", "recurrence"} & set(all_orders)


def test_the_bundle_has_time_zones_only_if_they_are_needed(bundle_of_windows: Path, bundle_of_mornings: Path) -> None:
    # Given a rate, and a zone of a query that does not ask for its last time; then a morning in Berlin
    # Then
    assert not (bundle_of_windows / "lambdas" / "query_database" / "zones").exists()
    zones = bundle_of_mornings / "lambdas" / "query_database" / "zones"
    assert [str(file.relative_to(zones)) for file in zones.rglob("*") if file.is_file()] == ["Europe/Berlin"]


@pytest.mark.parametrize(
    ("scheduled_time", "previous"),
    [("2026-03-30T06:00:00Z", "2026-03-27 07:00:00"), ("2045-07-04T06:00:01Z", "2045-07-04 06:00:00")],
)
def test_the_previous_time_is_found_without_a_time_zone_database(
    bundle_of_mornings: Path, scheduled_time: str, previous: str
) -> None:
    # Given a process that knows the bundle's zone only, on a Monday and in a summer that no table of changes reaches
    program = f"""
import sys
sys.modules["tzdata"] = None
from pathlib import Path
from lambdas.query_database.queries import values_of
from lambdas.query_database.queries import load_queries
query = load_queries(Path("lambdas/query_database/queries.json"))["new_orders"]
print(values_of(query, "{scheduled_time}")["previous_scheduled_time"])
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError
try:
    ZoneInfo("Europe/Berlin")
except ZoneInfoNotFoundError:
    print("no zones")
"""

    # When / Then
    assert run_in(bundle_of_mornings, program).splitlines() == [previous, "no zones"]


@pytest.mark.parametrize("name", ["all_orders", "late_orders"])
def test_the_module_for_the_previous_time_is_loaded_only_if_it_is_needed(bundle_of_mornings: Path, name: str) -> None:
    # Given
    program = f"""
import sys
from pathlib import Path
from lambdas.query_database import run
from lambdas.query_database.queries import values_of
from lambdas.query_database.queries import load_queries
queries = load_queries(Path("lambdas/query_database/queries.json"))
values_of(queries["{name}"], "2026-03-30T06:00:00Z")
print([name for name in ("lambdas.query_database.previous_run", "zoneinfo") if name in sys.modules])
values_of(queries["new_orders"], "2026-03-30T06:00:00Z")
print([name for name in ("lambdas.query_database.previous_run", "zoneinfo") if name in sys.modules])
"""

    # When / Then
    assert run_in(bundle_of_mornings, program).splitlines() == [
        "[]",
        "['lambdas.query_database.previous_run', 'zoneinfo']",
    ]
