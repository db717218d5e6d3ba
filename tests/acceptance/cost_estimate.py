"""What a run of the suite costs on AWS: the most that its files admit, at list prices, with each assumption.

    python -m tests.acceptance.cost_estimate

prints it, and what a run would do. It needs no credentials, and asks AWS nothing.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sidestep import paths, prices
from sidestep.commands.cost.usage import DatabaseUsage, series_of, usage_of
from sidestep.config.loader import load_settings
from sidestep.prices import HOURS_PER_MONTH, Price
from tests.acceptance import metrics_files
from tests.acceptance.clouds.aws import SPEND

MAX_DOLLARS: Final = 1.00
"""A run that may cost more does not begin."""

HOURS: Final = 4
"""From the deployment to the end of the clean-up.

Deployments take about 30 minutes, the tests an hour, and the deletion 40 minutes; the rest is for a deletion that is
tried again. CloudWatch bills each begun hour of a metric.
"""

STORAGE_GB: Final = 20
MANUAL_RUNS: Final = 30
STATES_PER_PAGE: Final = 4
RETRIES: Final = 50
SINGLE_STATES: Final = 100
METRIC_READS: Final = 10_000
LOG_MB: Final = 50
RUN_SECONDS: Final = 1
FUNCTION_GB: Final = 0.125
PREFLIGHT_SERIES: Final = 4

METRIC_READ: Final = Price(dollars=0.01, per=1000, unit="metric read", source=prices.CLOUDWATCH)
"""Of GetMetricData, which has no free tier."""

FILES: Final = (metrics_files.FIRST, metrics_files.CHANGED, metrics_files.EXPRESS)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One part of the estimate.

    Attributes:
        what: in words.
        quantity: in units of the price.
        price: of AWS, in us-east-1.
        assumption: how the quantity comes about.
    """

    what: str
    quantity: float
    price: Price
    assumption: str

    @property
    def dollars(self) -> float:
        """The price of the quantity, without a free tier."""
        return self.price.of(self.quantity, free_tier=False)


def items() -> list[Item]:
    """Return all parts of the estimate for the suite's files."""
    month = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    preflight, *usages = (_usage(text, month) for text in (metrics_files.MONITORED, *FILES))
    runs = max(usage.runs for usage in usages) * HOURS // HOURS_PER_MONTH
    return [*_database_items(usages[0]), *_run_items(runs + MANUAL_RUNS), *_monitoring_items(usages, preflight)]


def total(parts: Sequence[Item]) -> float:
    """Return the sum, in US dollars."""
    return sum(item.dollars for item in parts)


def _usage(text: str, month: datetime) -> DatabaseUsage:
    """Return the usage of a file's only database in a month, with every series that it admits."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / paths.METRICS_FILE
        file.write_text(text, encoding="utf-8")
        settings = load_settings(file)
    (usage,) = usage_of(settings, series_of(settings), month)
    return usage


def _months(count: float, hours: int = HOURS) -> float:
    """Return what a number of things is in months of one thing, which AWS bills by the hour."""
    return count * hours / HOURS_PER_MONTH


def _database_items(usage: DatabaseUsage) -> Iterator[Item]:
    assert usage.sample, "the suite's database is the sample"
    hours = f"{HOURS} hours, from the deployment to the end of the clean-up"
    yield Item(what=f"RDS {usage.sample}", quantity=HOURS, price=prices.SAMPLE_HOURS[usage.sample], assumption=hours)
    yield Item(
        what="RDS storage", quantity=_months(STORAGE_GB), price=prices.SAMPLE_GB, assumption=f"{STORAGE_GB} GB of gp3"
    )
    yield Item(what="secret", quantity=_months(1), price=prices.SECRET, assumption="the administrator's")


def _run_items(runs: int) -> Iterator[Item]:
    yield Item(
        what="state transitions",
        quantity=runs * STATES_PER_PAGE + RETRIES + SINGLE_STATES,
        price=prices.TRANSITION,
        assumption=f"{runs} runs of {STATES_PER_PAGE} states, {RETRIES} retries and further pages; {SINGLE_STATES} "
        "calls of TestState, which AWS's page does not price",
    )
    yield Item(
        what="Lambda",
        quantity=runs * RUN_SECONDS * FUNCTION_GB,
        price=prices.LAMBDA_GB_SECOND,
        assumption="1 s a run",
    )
    yield Item(what="traces", quantity=runs, price=prices.TRACE, assumption="one for each run")
    yield Item(
        what="PutMetricData", quantity=runs + SINGLE_STATES, price=prices.PUT_REQUEST, assumption="one for each page"
    )


def _monitoring_items(usages: Sequence[DatabaseUsage], preflight: DatabaseUsage) -> Iterator[Item]:
    series, alarms, analysed = (
        max(getattr(usage, name) for usage in usages) for name in ("series", "alarms", "analysed")
    )
    yield Item(
        what="custom metrics",
        quantity=_months(series + PREFLIGHT_SERIES),
        price=prices.CUSTOM_METRIC,
        assumption=f"the {series} series that the file admits and {PREFLIGHT_SERIES} of the preflight, in each hour",
    )
    yield Item(
        what="alarms",
        quantity=_months(alarms) + _months(preflight.alarms, 1),
        price=prices.ALARM,
        assumption=f"{alarms}, and {preflight.alarms} of the preflight for an hour",
    )
    yield Item(
        what="alarms on metrics with dimensions",
        quantity=_months(analysed) + _months(preflight.analysed, 1),
        price=prices.INSIGHTS_ALARM,
        assumption=f"{analysed} metrics analysed, and {preflight.analysed} of the preflight for an hour",
    )
    yield Item(
        what="dashboards",
        quantity=_months(1) + _months(1, 1),
        price=prices.DASHBOARD,
        assumption="one, and one of the preflight for an hour; billed by the hour (usage type DashboardsUsageHour)",
    )
    yield Item(
        what="metrics read",
        quantity=METRIC_READS,
        price=METRIC_READ,
        assumption=f"{METRIC_READS:,}, while tests wait",
    )
    yield Item(what="logs", quantity=LOG_MB / 1024, price=prices.LOG_GB, assumption=f"{LOG_MB} MB")


def announcement(parts: Sequence[Item]) -> Iterator[str]:
    """Yield the lines of the estimate, and what a run would do."""
    yield f"A run on AWS costs at most USD {total(parts):.2f}, at list prices of {prices.REGION}, without free tiers:"
    yield ""
    for item in parts:
        yield f"  {item.dollars:6.3f}  {item.what}: {item.assumption}"
    yield ""
    yield "Free or below a cent: IAM, CloudFormation, Service Quotas, the VPC, the assets in S3, the scheduler."
    yield ""
    yield "It uses the credentials and the Region of the shell. It names and tags everything acceptance-RANDOM:"
    yield "  1. It reads the account's plan, quotas and zones, and simulates the policies of the template."
    yield "  2. It creates and removes a role, the alarms and the dashboard, and runs single states of the workflow."
    yield "  3. It deploys a bootstrap stack of its own and the sample, uses it, and destroys it."
    yield "  4. It removes everything, also after Ctrl-C or a failure, and lists what it cannot remove."


def main() -> int:
    """Print the estimate; return 1 if it is above the limit."""
    parts = items()
    print("\n".join(announcement(parts)))
    if total(parts) > MAX_DOLLARS:
        print(f"\nThat is more than USD {MAX_DOLLARS:.2f}: nothing is created.")
        return 1
    if os.environ.get(SPEND) != "yes":
        print(f"\nNothing has been created. To run it: make acceptance CLOUD=aws {SPEND}=yes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
