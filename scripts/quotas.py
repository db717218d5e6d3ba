"""AWS's default quotas that many databases can reach, each with its page; the pages were read in November 2026.

They are per account and Region unless their name says otherwise. New accounts have lower quotas for state transitions
and for the concurrency of functions. Quotas that Sidestep itself enforces are where it does.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

STEP_FUNCTIONS: Final = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"
SCHEDULER: Final = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html"
LAMBDA: Final = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
LAMBDA_SCALING: Final = "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html"
CLOUDWATCH: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"
DASHBOARDS: Final = (
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"
)
ALARMS: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html"
SEARCHES: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html"
PUT_METRIC_DATA_PAGE: Final = (
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html"
)
IAM: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
CLOUDFORMATION: Final = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
VPC: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"


class Bucket(NamedTuple):
    """A token bucket: `size` requests at once, and `refill` more each second."""

    size: int
    refill: int


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A quota on requests.

    Attributes:
        name: in words.
        large: in us-east-1, us-west-2 and eu-west-1.
        small: the lowest of all other Regions.
        page: AWS's page.
    """

    name: str
    large: Bucket
    small: Bucket
    page: str


INVOCATIONS: Final = Rate(
    name="Invocations of EventBridge Scheduler", large=Bucket(1000, 1000), small=Bucket(500, 500), page=SCHEDULER
)
STARTS: Final = Rate(
    name="StartExecution, Standard", large=Bucket(1300, 300), small=Bucket(800, 150), page=STEP_FUNCTIONS
)
EXPRESS_STARTS: Final = Rate(
    name="StartExecution, Express", large=Bucket(6000, 6000), small=Bucket(6000, 6000), page=STEP_FUNCTIONS
)
TRANSITIONS: Final = Rate(
    name="State transitions, Standard", large=Bucket(5000, 5000), small=Bucket(800, 800), page=STEP_FUNCTIONS
)
PUTS: Final = Rate(name="PutMetricData requests", large=Bucket(500, 500), small=Bucket(500, 500), page=CLOUDWATCH)
"""The page has a number a second. That all of it may come at once is an assumption."""

CONCURRENCY: Final = 1000
"""Functions that run at once."""

SCALING: Final = 1000
"""Environments that Lambda starts for one function in ten seconds."""

HISTORY_EVENTS: Final = 25_000
"""Of one Standard execution."""

STATE_BYTES: Final = 256 * 1024
"""Input or output of a state, as UTF-8."""

REQUEST_BYTES: Final = 1024 * 1024
"""Of one PutMetricData request."""

INSIGHTS_METRICS: Final = 10_000
"""Metrics that a Metrics Insights query processes; those beyond it are left out."""

GRAPH_SERIES: Final = 500
"""Time series that a graph displays."""

ROLES: Final = 1000
"""Roles of an account; an increase up to 5,000 is approved automatically."""

STACKS: Final = 2000

INTERFACES: Final = 500
"""Network interfaces of Lambda functions in a VPC; one for each combination of subnet and security group."""

RULES: Final = 60
"""Inbound rules of a security group."""

SECURITY_GROUPS: Final = 2500
