"""How long is waited for AWS, and from when on somebody is told."""

from datetime import UTC, datetime, timedelta

from sidestep.commands.watch.patience import Patience

START = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)


def test_it_waits_longer_each_time_and_is_silent_at_first() -> None:
    # Given
    patience = Patience(2)

    # When
    waits, problems = [], []
    for seconds in (0, 4, 12, 28, 60, 120):
        patience.try_on(Exception("throttled"), START + timedelta(seconds=seconds))
        waits.append(patience.seconds)
        problems.append(patience.problem is not None)

    # Then
    assert waits == [4, 8, 16, 32, 60, 60]
    assert problems == [False, False, False, False, True, True]
    assert patience.problem is not None
    assert patience.problem.startswith("no answer since 2026-01-31T08:05:00Z: throttled")


def test_an_answer_ends_it() -> None:
    # Given
    patience = Patience(2)
    patience.try_on(Exception("throttled"), START)
    patience.try_on(Exception("throttled"), START + timedelta(minutes=1))

    # When
    patience.reward()

    # Then
    assert (patience.seconds, patience.problem) == (2, None)
    patience.try_on(Exception("throttled"), START + timedelta(minutes=2))
    assert patience.problem is None


def test_a_long_interval_is_never_shortened() -> None:
    patience = Patience(300)
    patience.try_on(Exception("throttled"), START)
    assert patience.seconds == 300
