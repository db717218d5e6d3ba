"""What a month of Sidestep costs, and what the other ways to the same metrics cost.

Prices of us-east-1 in US dollars; a month has 30 days. What AWS gives away for ever is taken off.
"""

import math
from dataclasses import dataclass
from typing import Final

SECONDS_PER_MONTH: Final = 30 * 24 * 3600
HOURS_PER_MONTH: Final = 30 * 24

STANDARD_TRANSITION: Final = 0.025 / 1000
STANDARD_FREE_TRANSITIONS: Final = 4000
"""Per month (AWS Step Functions pricing)."""

EXPRESS_REQUEST: Final = 1.00 / 1_000_000
EXPRESS_GB_SECOND: Final = 0.00001667
EXPRESS_MEMORY: Final = 64 / 1024
"""GB; an Express workflow is billed in steps of 64 MB and 100 ms (AWS Step Functions pricing)."""

LAMBDA_REQUEST: Final = 0.20 / 1_000_000
LAMBDA_FREE_REQUESTS: Final = 1_000_000
LAMBDA_GB_SECOND: Final = 0.0000133334
LAMBDA_FREE_GB_SECONDS: Final = 400_000
"""Per month, arm64 (AWS Lambda pricing)."""

SCHEDULER_INVOCATION: Final = 1.00 / 1_000_000
SCHEDULER_FREE_INVOCATIONS: Final = 14_000_000
"""Per month (Amazon EventBridge pricing)."""

METRIC_TIERS: Final = ((10, 0.00), (10_000, 0.30), (250_000, 0.10), (1_000_000, 0.05), (math.inf, 0.02))
"""Up to which number of them a custom metric costs how much a month (Amazon CloudWatch pricing).

It is prorated by the hour and charged only for hours in which data arrives.
"""

PUT_REQUEST: Final = 0.01 / 1000
FREE_PUT_REQUESTS: Final = 1_000_000
"""Per month (Amazon CloudWatch pricing)."""

ALARM: Final = 0.10
FREE_ALARMS: Final = 10
DASHBOARD: Final = 3.00
FREE_DASHBOARDS: Final = 3
"""Per month and account; an alarm counts once per metric that it watches (Amazon CloudWatch pricing)."""

NAT_GATEWAY_HOUR: Final = 0.045
"""Amazon VPC pricing; traffic comes on top, at next to nothing for metrics."""

ENDPOINT_HOUR: Final = 0.01
ENDPOINT_ZONES: Final = 2
"""An interface endpoint is billed per zone (AWS PrivateLink pricing); two zones survive the loss of one."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """A month of measuring.

    Attributes:
        runs: executions in the month.
        transitions: states that one run enters.
        run_seconds: what one run takes, for an Express workflow.
        function_seconds: what the function takes of it, at `function_memory` GB.
        series: metrics that the queries publish.
        alarms, dashboards: what watches them; without further keys, one each for a database.
    """

    runs: float
    transitions: float
    series: int
    run_seconds: float = 1.0
    function_seconds: float = 0.5
    function_memory: float = 0.125
    alarms: int = 1
    dashboards: int = 1


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What one way costs in a month, by what is paid for, in US dollars.

    The schedule is with the functions; alarms and dashboards are with the metrics.
    """

    name: str
    orchestration: float = 0.0
    network: float = 0.0
    functions: float
    metrics: float

    @property
    def total(self) -> float:
        """The sum."""
        return self.orchestration + self.network + self.functions + self.metrics


def monthly_bills(usage: Usage) -> tuple[Bill, ...]:
    """Price the ways to publish the same metrics as often: Sidestep's two, then the others."""
    metrics = _metrics(usage)
    one, two = (_functions(usage, count) for count in (1, 2))
    transitions = _beyond(usage.runs * usage.transitions, STANDARD_FREE_TRANSITIONS)
    express_run = EXPRESS_REQUEST + usage.run_seconds * EXPRESS_MEMORY * EXPRESS_GB_SECOND
    nat_gateway = NAT_GATEWAY_HOUR * HOURS_PER_MONTH
    endpoint = ENDPOINT_HOUR * ENDPOINT_ZONES * HOURS_PER_MONTH
    return (
        Bill(name="Sidestep", orchestration=transitions * STANDARD_TRANSITION, functions=one, metrics=metrics),
        Bill(name="Sidestep, express", orchestration=usage.runs * express_run, functions=one, metrics=metrics),
        Bill(name="NAT gateway", network=nat_gateway, functions=one, metrics=metrics),
        Bill(name="interface endpoint", network=endpoint, functions=one, metrics=metrics),
        Bill(name="two functions", functions=two, metrics=metrics),
    )


def custom_metrics(count: int) -> float:
    """Return what so many metrics of one account cost if they get data in each hour of a month."""
    price = 0.0
    below = 0.0
    for upto, each in METRIC_TIERS:
        price += max(0.0, min(count, upto) - below) * each
        below = upto
    return price


def _metrics(usage: Usage) -> float:
    requests = _beyond(usage.runs, FREE_PUT_REQUESTS) * PUT_REQUEST
    alarms = _beyond(usage.alarms, FREE_ALARMS) * ALARM
    dashboards = _beyond(usage.dashboards, FREE_DASHBOARDS) * DASHBOARD
    return custom_metrics(usage.series) + requests + alarms + dashboards


def _functions(usage: Usage, count: int) -> float:
    schedule = _beyond(usage.runs, SCHEDULER_FREE_INVOCATIONS) * SCHEDULER_INVOCATION
    requests = _beyond(usage.runs * count, LAMBDA_FREE_REQUESTS) * LAMBDA_REQUEST
    gb_seconds = usage.runs * count * usage.function_seconds * usage.function_memory
    return schedule + requests + _beyond(gb_seconds, LAMBDA_FREE_GB_SECONDS) * LAMBDA_GB_SECOND


def _beyond(amount: float, free: float) -> float:
    return max(0.0, amount - free)
