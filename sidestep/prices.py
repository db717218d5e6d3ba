"""AWS's prices in us-east-1, in US dollars, each with its page. A month has 30 days.

Free tiers are those that never expire; those for new accounts are omitted. The prices are from copies of the pages,
the latest of 2026.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

REGION: Final = "us-east-1"
SECONDS_PER_MONTH: Final = 30 * 24 * 3600
HOURS_PER_MONTH: Final = 30 * 24

GIGABYTE: Final = 2**30
"""Bytes that AWS bills as one GB."""

STEP_FUNCTIONS: Final = "aws.amazon.com/step-functions/pricing"
LAMBDA: Final = "aws.amazon.com/lambda/pricing"
EVENTBRIDGE: Final = "aws.amazon.com/eventbridge/pricing"
CLOUDWATCH: Final = "aws.amazon.com/cloudwatch/pricing"
XRAY: Final = "aws.amazon.com/xray/pricing"
KMS: Final = "aws.amazon.com/kms/pricing"
SNS: Final = "aws.amazon.com/sns/pricing"
VPC: Final = "aws.amazon.com/vpc/pricing"
PRIVATELINK: Final = "aws.amazon.com/privatelink/pricing"
RDS: Final = "aws.amazon.com/rds/mysql/pricing"
SECRETS_MANAGER: Final = "aws.amazon.com/secrets-manager/pricing"


@dataclass(frozen=True, kw_only=True)
class Price:
    """The price of one thing.

    Attributes:
        dollars: for `per` units, in the first tier.
        per: the number of units that `dollars` is for.
        unit: the name of one unit.
        free: the number of free units a month; they count in the first tier.
        cheaper: further tiers in ascending order: the units a month after which one begins, and its price.
        source: AWS's page.
    """

    dollars: float
    per: int = 1
    unit: str
    free: float = 0
    cheaper: tuple[tuple[float, float], ...] = ()
    source: str

    def of(self, quantity: float, *, free_tier: bool) -> float:
        """Return the price of a quantity of units in a month."""
        free = min(quantity, self.free) if free_tier else 0
        return self._listed(quantity) - self._listed(free)

    def _listed(self, quantity: float) -> float:
        ends = [*(begin for begin, _ in self.cheaper), math.inf]
        dollars, begin = 0.0, 0.0
        for end, each in zip(ends, [self.dollars, *(price for _, price in self.cheaper)], strict=True):
            dollars += max(0.0, min(quantity, end) - begin) * each / self.per
            begin = end
        return dollars


TRANSITION: Final = Price(dollars=0.025, per=1000, unit="state transition", free=4000, source=STEP_FUNCTIONS)
"""Counted "each time a step of your workflow is executed"; each retry is another one."""

EXPRESS_REQUEST: Final = Price(dollars=1.00, per=1_000_000, unit="request", source=STEP_FUNCTIONS)
EXPRESS_GB_SECOND: Final = Price(
    dollars=0.06 / 3600,
    unit="GB-second",
    cheaper=((1000 * 3600, 0.03 / 3600), (5000 * 3600, 0.01642 / 3600)),
    source=STEP_FUNCTIONS,
)
"""The page has prices per GB-hour: 0.06, after 1,000 GB-hours 0.03, after 5,000 GB-hours 0.01642."""

EXPRESS_STEP: Final = 0.1
"""Seconds to which the duration of an Express workflow is rounded up (Step Functions pricing)."""

EXPRESS_MEMORY: Final = 64 / 1024
"""GB. Memory is billed in units of 64 MB. A workflow needs 50 MB, its definition (5 KB here) and its data.

A state has at most 256 KB of data, so one unit is enough (Step Functions pricing, examples 3 and 4).
"""

LAMBDA_REQUEST: Final = Price(dollars=0.20, per=1_000_000, unit="request", free=1_000_000, source=LAMBDA)
LAMBDA_GB_SECOND: Final = Price(
    dollars=0.0000133334,
    unit="GB-second",
    free=400_000,
    cheaper=((7.5e9, 0.0000120001), (18.75e9, 0.0000106667)),
    source=LAMBDA,
)
"""On arm64, rounded up to 1 ms. Since August 2025, cold starts are billed too (AWS Compute Blog, April 2025)."""

SCHEDULER_INVOCATION: Final = Price(
    dollars=1.00, per=1_000_000, unit="invocation", free=14_000_000, source=EVENTBRIDGE
)

CUSTOM_METRIC: Final = Price(
    dollars=0.30,
    unit="metric",
    free=10,
    cheaper=((10_000, 0.10), (250_000, 0.05), (1_000_000, 0.02)),
    source=CLOUDWATCH,
)
"""For each combination of name and dimensions, "prorated by the hour" and only while data arrives."""

PUT_REQUEST: Final = Price(dollars=0.01, per=1000, unit="request", free=1_000_000, source=CLOUDWATCH)

ALARM: Final = Price(dollars=0.10, unit="alarm", free=10, source=CLOUDWATCH)
"""Per metric of an alarm with a period of a minute or more. Sidestep has none with a shorter one, at 0.30."""

ANOMALY_ALARM_METRICS: Final = 3
"""The metrics of an alarm on a band: its own metric, and the upper and the lower bound (CloudWatch pricing)."""

INSIGHTS_ALARM: Final = Price(dollars=0.10, unit="metric analysed", source=CLOUDWATCH)
"""Per metric that an alarm on a Metrics Insights query analyses; the free alarms do not include these."""

DASHBOARD: Final = Price(dollars=3.00, unit="dashboard", free=3, source=CLOUDWATCH)
"""Free dashboards have up to 50 metrics each."""

LOG_GB: Final = Price(
    dollars=0.50,
    unit="GB",
    free=5,
    cheaper=((10 * 1024, 0.25), (30 * 1024, 0.10), (50 * 1024, 0.05)),
    source=CLOUDWATCH,
)
"""Ingested. Vended logs, such as Lambda's, are cheaper after 10, 30 and 50 TB (AWS Compute Blog, May 2025)."""

TRACE: Final = Price(dollars=5.00, per=1_000_000, unit="trace", free=100_000, source=XRAY)
"""Recorded. The default rule samples the first request of each second, so it samples every scheduled run."""

KEY: Final = Price(dollars=1.00, unit="key", source=KMS)
"""The price increases by as much after each of the first two yearly rotations."""

MAIL: Final = Price(dollars=2.00, per=100_000, unit="mail", free=1000, source=SNS)

NAT_GATEWAY_HOUR: Final = Price(dollars=0.045, unit="hour", source=VPC)
NAT_GATEWAY_GB: Final = Price(dollars=0.045, unit="GB", source=VPC)
"""In both directions. Traffic to AWS services of the same region has no other price."""

PUBLIC_ADDRESS_HOUR: Final = Price(dollars=0.005, unit="hour", source=VPC)
"""For a public IPv4 address, which a public NAT gateway needs."""

ENDPOINT_HOUR: Final = Price(dollars=0.01, unit="hour", source=PRIVATELINK)
"""For each zone."""

ENDPOINT_GB: Final = Price(dollars=0.01, unit="GB", source=PRIVATELINK)

SAMPLE_HOURS: Final[Mapping[str, Price]] = {
    name: Price(dollars=dollars, unit="hour", source=RDS)
    for name, dollars in (
        ("db.t4g.micro", 0.016),
        ("db.t4g.small", 0.032),
        ("db.t4g.medium", 0.065),
        ("db.t3.micro", 0.017),
        ("db.t3.small", 0.034),
        ("db.t3.medium", 0.068),
    )
}
"""The price of a MySQL instance in one zone, by class, from guides of 2026 instead of AWS's page."""

SAMPLE_GB: Final = Price(dollars=0.115, unit="GB", source=RDS)
"""For gp3 storage, a month. Backups up to the size of the database are free."""

SECRET: Final = Price(dollars=0.40, unit="secret", source=SECRETS_MANAGER)
