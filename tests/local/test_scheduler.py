"""Schedules fire in real time; the time is the test's."""

from datetime import UTC, datetime, timedelta

from sidestep.local.cloud import LocalCloud
from sidestep.local.scheduler import Ticker
from tests.local.machines import create_machine, create_schedule, started

NOON = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_an_occurrence_fires_once_and_in_time(cloud: LocalCloud) -> None:
    # Given
    machine = create_machine(cloud)
    create_schedule(cloud, "often", "rate(1 minute)", machine)
    ticker = Ticker(cloud, NOON)

    # When: the clock is also set back for a moment
    for second in (0, 29, 30, 31, 29, 60, 89, 90):
        assert ticker.tick(NOON + timedelta(seconds=second)) == []

    # Then
    assert started(cloud, machine) == [("2026-01-31T12:01:00Z", "often"), ("2026-01-31T12:02:00Z", "often")]


def test_an_occurrence_at_the_start_does_not_fire(cloud: LocalCloud) -> None:
    # Given
    machine = create_machine(cloud)
    create_schedule(cloud, "often", "rate(1 minute)", machine)
    begin = NOON.replace(second=0)

    # When
    Ticker(cloud, begin).tick(begin)

    # Then
    assert started(cloud, machine) == []


def test_a_flexible_time_window_delays_the_start_and_keeps_the_scheduled_time(cloud: LocalCloud) -> None:
    # Given ten schedules for one o'clock with a window of two minutes, and one without
    machine = create_machine(cloud)
    names = [f"late-{number}" for number in range(10)]
    for name in names:
        create_schedule(cloud, name, "rate(1 hour)", machine, jitter=2)
    create_schedule(cloud, "punctual", "rate(1 hour)", machine)
    ticker = Ticker(cloud, NOON)
    one = NOON.replace(hour=13, second=0)

    # When
    found = []
    for second in range(0, 130, 10):
        assert ticker.tick(one + timedelta(seconds=second)) == []
        found.append(started(cloud, machine))

    # Then each starts once within the window, some early and some late, with the same scheduled time
    assert ("2026-01-31T13:00:00Z", "punctual") in found[0]
    assert len({len(schedules) for schedules in found}) > 3
    assert found[-1] == [("2026-01-31T13:00:00Z", name) for name in (*names, "punctual")]


def test_schedules_can_be_created_changed_and_deleted(cloud: LocalCloud) -> None:
    # Given
    machine = create_machine(cloud)
    scheduler = cloud.client("scheduler")
    ticker = Ticker(cloud, NOON)

    # When
    ticker.tick(NOON + MINUTE)
    create_schedule(cloud, "often", "rate(1 minute)", machine)
    ticker.tick(NOON + 2 * MINUTE)
    same = {"Target": scheduler.get_schedule(Name="often")["Target"], "FlexibleTimeWindow": {"Mode": "OFF"}}
    scheduler.update_schedule(Name="often", ScheduleExpression="rate(2 minutes)", State="ENABLED", **same)
    ticker.tick(NOON + 3 * MINUTE)
    ticker.tick(NOON + 4 * MINUTE)
    scheduler.update_schedule(Name="often", ScheduleExpression="rate(1 minute)", State="DISABLED", **same)
    ticker.tick(NOON + 5 * MINUTE)
    scheduler.delete_schedule(Name="often")
    ticker.tick(NOON + 6 * MINUTE)

    # Then
    assert [moment[11:16] for moment, _ in started(cloud, machine)] == ["12:02", "12:04"]


def test_a_schedule_that_cannot_fire_is_reported_and_others_fire(cloud: LocalCloud) -> None:
    # Given a schedule without its state machine, one that fires once, and a valid one
    machine = create_machine(cloud)
    create_schedule(cloud, "lost", "rate(1 minute)", f"{machine}-of-old")
    create_schedule(cloud, "once", "at(2030-01-01T00:00:00)", machine)
    create_schedule(cloud, "often", "rate(1 minute)", machine)
    ticker = Ticker(cloud, NOON)

    # When
    first, second = ticker.tick(NOON + MINUTE), ticker.tick(NOON + 2 * MINUTE)

    # Then
    assert [problem.partition(":")[0] for problem in first] == ["once", "lost"]
    assert "at(2030-01-01T00:00:00)" in first[0]
    assert "State Machine Does Not Exist" in first[1]
    assert [problem.partition(":")[0] for problem in second] == ["lost"]
    assert [schedule for _, schedule in started(cloud, machine)] == ["often", "often"]


def test_occurrences_during_a_sleep_of_the_machine_are_skipped(cloud: LocalCloud) -> None:
    # Given
    machine = create_machine(cloud)
    create_schedule(cloud, "often", "rate(1 minute)", machine)
    ticker = Ticker(cloud, NOON)

    # When
    ticker.tick(NOON + timedelta(hours=8))

    # Then
    assert started(cloud, machine) == [("2026-01-31T20:00:00Z", "often")]
