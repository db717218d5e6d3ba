"""The shipped record of a run's resources."""

import math
from datetime import date

from sidestep.commands.cost.measured import measurements
from sidestep.infrastructure.vpc_function import MEMORY


def test_the_measurements_use_the_memory_of_the_deployed_function() -> None:
    assert measurements().memory_megabytes == MEMORY


def test_the_measurements_have_their_machine_and_date() -> None:
    record = measurements()
    assert record.machine.startswith("one core of ")
    assert date.fromisoformat(record.date) >= date(2026, 1, 1)


def test_a_run_is_as_slow_as_its_part_of_a_core() -> None:
    # Given 128 of 1,769 MB
    record = measurements()

    # Then
    assert record.seconds(1, "mysql") == math.ceil(record.cpu_milliseconds_of_1_series * 1769 / 128) / 1000
    assert record.seconds(1000, "mysql") == math.ceil(record.cpu_milliseconds_of_1000_series * 1769 / 128) / 1000


def test_another_driver_takes_longer_to_start() -> None:
    assert measurements().seconds(1, "postgres") > measurements().seconds(1, "mysql")


def test_more_series_never_take_less() -> None:
    seconds = [measurements().seconds(series, "mysql") for series in (0, 1, 10, 999, 1000, 1001, 2000, 100_000)]
    assert seconds == sorted(seconds)
    assert seconds[0] == seconds[1]
