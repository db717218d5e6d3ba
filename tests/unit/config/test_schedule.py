"""Schedule expressions: what fires when."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from sidestep.config.limits import (
    RESTORE_PAUSE_SECONDS,
    RESTORE_SECONDS,
    Timing,
    WorkflowType,
    machine_limit,
    restore_attempts,
    run_time,
)
from sidestep.config.schedule import Schedule, timezone_problem


def first(expression: str, timezone: str, after: str, count: int) -> list[str]:
    start = datetime.fromisoformat(after).replace(tzinfo=UTC)
    return [f"{moment:%m-%d %H:%M}" for moment in islice(Schedule(expression, timezone).occurrences(start), count)]


@pytest.mark.parametrize(
    ("expression", "shortest"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(5 minutes)", timedelta(minutes=5)),
        ("rate(2 hours)", timedelta(hours=2)),
        ("rate(1 day)", timedelta(days=1)),
        ("cron(0/5 * * * ? *)", timedelta(minutes=5)),
        ("cron(0,50 * * * ? *)", timedelta(minutes=10)),
        ("cron(0 8-9 ? * MON-FRI *)", timedelta(hours=1)),
        ("cron(0 8 L * ? *)", timedelta(days=28)),
        ("cron(0 8 ? * L *)", timedelta(days=7)),
    ],
)
def test_the_shortest_interval(expression: str, shortest: timedelta) -> None:
    assert Schedule(expression).shortest_interval == shortest


def test_the_shortest_interval_is_found_where_the_clocks_change() -> None:
    # Given runs at 01:55 and 03:05, between which one hour is missing on one day of the year
    schedule = Schedule("cron(5,55 1/2 * * ? *)", "Europe/Berlin")

    # Then
    assert schedule.shortest_interval == timedelta(minutes=10)


def test_a_rate_fires_at_whole_multiples() -> None:
    assert first("rate(5 minutes)", "UTC", "2026-01-31 23:52", 3) == ["01-31 23:55", "02-01 00:00", "02-01 00:05"]


def test_a_cron_schedule_follows_its_time_zone() -> None:
    # Given a schedule in Berlin around the end of daylight saving on 2026-10-25
    # When / Then
    assert first("cron(0 8 * * ? *)", "Europe/Berlin", "2026-10-24 00:00", 2) == ["10-24 06:00", "10-25 07:00"]


def test_an_hour_that_the_clock_repeats_fires_once() -> None:
    # Given 02:30, which comes twice in Berlin on 2026-10-25
    # When / Then
    assert first("cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-24 12:00", 2) == ["10-25 00:30", "10-26 01:30"]


def test_an_hour_that_the_clock_skips_does_not_fire() -> None:
    # Given 02:30, which is missing in Berlin on 2026-03-29
    # When / Then
    assert first("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28 00:00", 2) == ["03-28 01:30", "03-30 00:30"]


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 minutes)",
        "rate(5)",
        "rate(1\N{ARABIC-INDIC DIGIT ZERO} minutes)",
        "rate(367 days)",
        "rate(99999999999 days)",
        "cron(61 * * * ? *)",
        "cron(5/0 * * * ? *)",
        "cron(0-*/5 * * * ? *)",
        "",
    ],
)
def test_an_expression_that_scheduler_rejects_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"rate\(5 minutes\)"):
        Schedule(expression)


@pytest.mark.parametrize(
    ("crontab", "meant"),
    [
        ("*/5 * * * *", "cron(*/5 * * * ? *)"),
        ("cron(0 8 * * 1-5)", "cron(0 8 ? * MON-FRI *)"),
        ("0 8 * * 0,7", "cron(0 8 ? * SUN,SUN *)"),
        ("30 6 * * mon", "cron(30 6 ? * MON *)"),
        ("0 0 1 jan *", "cron(0 0 1 JAN ? *)"),
        ("cron(0 8 * * ?)", "cron(0 8 * * ? *)"),
        ("cron(0 8 ? * MON-FRI)", "cron(0 8 ? * MON-FRI *)"),
    ],
)
def test_a_crontab_expression_is_refused_with_its_translation(crontab: str, meant: str) -> None:
    # When
    with pytest.raises(ValueError, match="crontab") as caught:
        Schedule(crontab)

    # Then
    assert str(caught.value).endswith(f'; write "{meant}"')
    assert Schedule(meant).cron


@pytest.mark.parametrize("crontab", ["0 8 1 * 1", "99 8 * * *", "0 8 * * 1/2x"])
def test_a_crontab_expression_without_a_translation_is_refused_with_examples(crontab: str) -> None:
    with pytest.raises(ValueError, match=r"crontab.*rate\(5 minutes\)"):
        Schedule(crontab)


def test_five_words_are_not_taken_for_crontab() -> None:
    with pytest.raises(ValueError, match="neither"):
        Schedule("every 5 minutes at noon")


def test_an_expression_has_a_longest_length() -> None:
    with pytest.raises(ValueError, match=r"417.* 256"):
        Schedule(f"cron({'0,' * 200}0 * * * ? *)")


@pytest.mark.parametrize(
    ("timezone", "meant"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("America/NewYork", "America/New_York"),
        ("PST", None),  # not EST
        ("GMT+1", None),  # Etc/GMT+1 lies west of Greenwich
        ("Europe/Munich", None),
        ("", None),
    ],
)
def test_a_misspelt_time_zone_gets_a_suggestion(timezone: str, meant: str | None) -> None:
    # When
    problem = timezone_problem(timezone) or ""

    # Then
    assert problem.startswith(f"{timezone!r} ")
    assert ("did you mean" in problem) is bool(meant)
    assert meant is None or f'"{meant}"?' in problem


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "localtime", "Factory"])
def test_an_abbreviation_is_refused_as_a_time_zone(timezone: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        Schedule("rate(5 minutes)", timezone)


@pytest.mark.parametrize(
    ("expression", "run", "delivery"),
    [
        ("rate(1 minute)", 55, 60),
        ("rate(3 minutes)", 175, 180),
        ("rate(5 minutes)", 295, 240),
        ("rate(1 day)", 3595, 240),
    ],
)
def test_a_run_and_its_retries_end_before_the_next_one(expression: str, run: int, delivery: int) -> None:
    # When
    timing = Timing(Schedule(expression), "standard")

    # Then
    assert (timing.run_limit, timing.delivery_limit) == (run, delivery)
    assert timing.run_limit < timing.interval
    assert timing.delivery_limit <= timing.interval


@pytest.mark.parametrize(
    ("expression", "jitter", "run"),
    [
        ("rate(5 minutes)", 120, 175),
        ("rate(1 hour)", 600, 2995),
        ("rate(1 day)", 600, 3595),
        ("rate(1 minute)", 60, -5),
    ],
)
def test_a_run_with_the_maximum_jitter_ends_before_the_next_one_without_jitter(
    expression: str, jitter: int, run: int
) -> None:
    # When
    timing, punctual = Timing(Schedule(expression), "standard", jitter), Timing(Schedule(expression), "standard")

    # Then
    assert timing.run_limit == run
    assert jitter + timing.run_limit < timing.interval
    assert timing.available_seconds == max(0, run - 25)

    # And the retries of the start end as long after the jitter as without it
    assert timing.delivery_limit == punctual.delivery_limit + jitter


def test_retries_of_a_start_end_after_a_day_at_most() -> None:
    assert Timing(Schedule("rate(30 days)"), "standard", 86_400).delivery_limit == 86_400


@pytest.mark.parametrize(
    ("expression", "workflow", "attempts"),
    [
        ("rate(1 minute)", "standard", 1),
        ("rate(5 minutes)", "standard", 10),
        ("rate(30 days)", "standard", 24),
        ("rate(30 days)", "express", 10),
    ],
)
def test_a_run_waits_for_its_network_as_long_as_its_schedule_leaves_time(
    expression: str, workflow: WorkflowType, attempts: int
) -> None:
    # Given
    function_timeout, further_pages = 20, 2
    limit = machine_limit([Timing(Schedule(expression), workflow)], function_timeout, further_pages)

    # When
    found = restore_attempts(limit, function_timeout, further_pages)

    # Then a run with this number of retries still ends in time, or has one retry
    assert found == attempts
    waited = found * RESTORE_PAUSE_SECONDS
    assert waited + run_time(function_timeout, further_pages) <= limit or found == 1
    assert waited <= RESTORE_SECONDS


@pytest.mark.parametrize(
    ("expression", "longest"),
    [
        ("rate(90 minutes)", timedelta(minutes=90)),
        ("cron(0 8 ? * MON-FRI *)", timedelta(days=3)),
        ("cron(*/5 8-18 * * ? *)", timedelta(hours=13, minutes=5)),
        ("cron(0 3 * * ? *)", timedelta(days=1)),
    ],
)
def test_the_longest_interval(expression: str, longest: timedelta) -> None:
    assert Schedule(expression).longest_interval == longest


def test_the_longest_interval_is_found_between_seasons() -> None:
    # Given every minute of two days a month: more occurrences than are counted one by one
    longest = Schedule("cron(* * 1-2 * ? *)").longest_interval

    # Then it is the pause of a month with 31 days
    assert longest == timedelta(days=29, minutes=1)


def test_the_clocks_change_makes_no_longest_interval() -> None:
    # Given an hour of the year that the clock repeats, in which the schedule does not fire again
    assert Schedule("cron(*/5 * * * ? *)", "Europe/Berlin").longest_interval == timedelta(minutes=5)
