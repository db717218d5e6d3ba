"""What `make bench` compares can be run, and each of it has all series; what comes from Debian is not in it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from benchmarks import cold_start, runs
from benchmarks.bundles import built
from benchmarks.databases import DATABASES, Database
from benchmarks.names import BARE, SIDESTEP, USUAL
from benchmarks.processes import run_program

SERIES = 1_001
"""One more than a page has."""


@pytest.fixture(scope="module", params=DATABASES, ids=lambda database: database.engine.name)
def database(request: pytest.FixtureRequest) -> Database:
    chosen: Database = request.param
    return chosen


@pytest.fixture(scope="module")
def environment(database: Database) -> Iterator[Mapping[str, str]]:
    with runs.running(database) as environment:
        yield {**environment, "SQL": database.sql(SERIES)}


@pytest.fixture(scope="module")
def path(database: Database) -> Iterator[tuple[Path, Path]]:
    with built(database, SERIES) as path:
        yield path


def test_each_way_starts(database: Database) -> None:
    # When
    measured = cold_start.measure(database, times=1)

    # Then
    assert set(measured) == {SIDESTEP, USUAL, BARE}


@pytest.mark.parametrize("name", runs.PROGRAMS)
def test_each_way_has_all_series(name: str, environment: Mapping[str, str], path: tuple[Path, Path]) -> None:
    # When
    sample = run_program(f"benchmarks.programs.{runs.PROGRAMS[name]}", path=path, environment=environment)

    # Then
    assert sample.series == SERIES
