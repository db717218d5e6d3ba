"""How long a watch waits while AWS does not answer, and when it shows that."""

from datetime import UTC, datetime, timedelta

from sidestep.commands.watch.watch_databases import Backoff

START = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)


def test_the_wait_doubles_and_the_problem_is_shown_after_30_seconds() -> None:
    # Given
    backoff = Backoff(2)

    # When
    waits, problems = [], []
    for seconds in (0, 4, 12, 28, 60, 120):
        backoff.record_failure(Exception("throttled"), START + timedelta(seconds=seconds))
        waits.append(backoff.seconds)
        problems.append(backoff.problem is not None)

    # Then
    assert waits == [4, 8, 16, 32, 60, 60]
    assert problems == [False, False, False, False, True, True]
    assert backoff.problem is not None
    assert backoff.problem.endswith(" 2026-01-31T08:05:00Z: throttled")


def test_a_success_resets_it() -> None:
    # Given
    backoff = Backoff(2)
    backoff.record_failure(Exception("throttled"), START)
    backoff.record_failure(Exception("throttled"), START + timedelta(minutes=1))

    # When
    backoff.reset()

    # Then
    assert (backoff.seconds, backoff.problem) == (2, None)
    backoff.record_failure(Exception("throttled"), START + timedelta(minutes=2))
    assert backoff.problem is None


def test_a_long_interval_is_never_shortened() -> None:
    backoff = Backoff(300)
    backoff.record_failure(Exception("throttled"), START)
    assert backoff.seconds == 300
