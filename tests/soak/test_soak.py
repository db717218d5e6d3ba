"""A short soak with fixed rounds of each kind on each engine; `make soak` plays others."""

from collections.abc import Iterator, Mapping

import pytest

from tests.soak.kinds import MYSQL, POSTGRES
from tests.soak.rounds import ROUNDS, play
from tests.soak.servers import Target, running_targets

SEED = 20260131

SHORT = {
    "data": 3,
    "hostile": 2,
    "outside TLS": 2,
    "inside TLS": 2,
    "protocol": 4,
    "killed": 1,
    "moving": 1,
    "events": 1,
}
"""The number of rounds of each kind on each engine."""


@pytest.fixture(scope="module")
def targets() -> Iterator[Mapping[str, Target]]:
    with running_targets() as targets:
        yield targets


@pytest.mark.parametrize("engine", [MYSQL, POSTGRES])
@pytest.mark.parametrize("kind", ROUNDS)
def test_a_soak_finds_nothing(targets: Mapping[str, Target], kind: str, engine: str) -> None:
    # When
    problems = {number: play(SEED, number, targets, kind, engine) for number in range(SHORT[kind])}

    # Then
    assert {number: found for number, found in problems.items() if found} == {}
