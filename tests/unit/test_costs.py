"""The monthly bill."""

import pytest

from sidestep.costs import Bill, Usage, monthly_bills


def bills(usage: Usage) -> dict[str, Bill]:
    return {bill.name: bill for bill in monthly_bills(usage)}


def test_a_run_every_five_minutes() -> None:
    # When
    month = bills(Usage(runs=8640, transitions=4, series=4))

    # Then
    assert month["Sidestep"].total == pytest.approx((8640 * 4 - 4000) * 0.000025)
    assert month["Sidestep, express"].total == pytest.approx(8640 * (1e-6 + 0.0625 * 0.00001667))
    assert month["NAT gateway"].total == pytest.approx(32.40)
    assert month["interface endpoint"].total == pytest.approx(14.40)
    assert month["two functions"].total == 0


def test_what_is_free_is_used_up_at_a_run_a_second() -> None:
    # Given
    runs = 30 * 24 * 3600

    # When
    month = bills(Usage(runs=runs, transitions=4, series=110))

    # Then
    assert month["NAT gateway"].metrics == pytest.approx(100 * 0.30 + (runs - 1_000_000) * 0.00001)
    assert month["NAT gateway"].functions == pytest.approx((runs - 1_000_000) * 0.0000002)
    assert month["two functions"].functions > month["NAT gateway"].functions


def test_the_alarm_and_the_dashboard_that_come_with_a_stack_are_free() -> None:
    shipped = bills(Usage(runs=8640, transitions=4, series=4))
    assert shipped == bills(Usage(runs=8640, transitions=4, series=4, alarms=0, dashboards=0))


def test_alarms_and_dashboards_beyond_the_free_ones_cost() -> None:
    many = bills(Usage(runs=8640, transitions=4, series=4, alarms=12, dashboards=4))
    assert many["NAT gateway"].metrics == pytest.approx(2 * 0.10 + 3.00)


def test_a_retry_is_one_more_transition() -> None:
    usual = bills(Usage(runs=8640, transitions=4, series=1))["Sidestep"].total
    retried = bills(Usage(runs=8640, transitions=5, series=1))["Sidestep"].total
    assert retried - usual == pytest.approx(8640 * 0.000025)
