"""The bill of each way to publish the same metrics: Sidestep's two workflows, and the alternatives."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal, TypeVar

from sidestep import prices
from sidestep.commands.cost.bill import Bill, Group, Line, Way
from sidestep.commands.cost.measured import Measurements
from sidestep.commands.cost.usage import MAILS_PER_ADDRESS, DatabaseUsage, QueryUsage, ScheduleUsage
from sidestep.config import limits

PUBLISHING: Final = 0.1
"""Seconds of an Express workflow for each page, besides the function; assumed."""

CONNECTION_BYTES: Final = 8 * 1024
"""Bytes of a run's TLS connection to CloudWatch besides the data, in both directions; assumed."""

ZONES: Final = 1
"""Availability zones of an interface endpoint or of NAT gateways; functions in other zones use them too."""

MAX_ANSWER: Final = 6 * 1024 * 1024
"""Bytes of the response to a synchronous invocation (Lambda quotas)."""

MAX_STATE: Final = 256 * 1024
"""Bytes of the output of a state (Step Functions quotas), which is here the result of a query."""

SAMPLE_STORAGE: Final = 20
"""GB, as in sidestep/infrastructure/sample_database.py."""

REMARKS: Final[Mapping[Way, str]] = {
    Way.STANDARD: "retries, and a history of each run",
    Way.EXPRESS: "retries, and a log of each run",
    Way.TWO_FUNCTIONS: "at most 6 MB; no history",
    Way.EMBEDDED_METRICS: "no error for a rejected value",
    Way.IPV6_FUNCTION: "no history; internet access",
    Way.DATA_API: "Aurora only; at most 256 KiB a query",
    Way.INTERFACE_ENDPOINT: "no history",
    Way.NAT_GATEWAY: "no history; internet access",
}
"""How the ways differ, apart from their price."""

Databases = Sequence[DatabaseUsage]
Amount = TypeVar("Amount", int, float)


def bill_of(way: Way, databases: Databases, measured: Measurements) -> Bill:
    """Return the bill of a way for all databases together, because free tiers are per account."""
    lines = [*_LINES[way](databases, measured), *_of_metrics(databases)]
    return Bill(way, tuple(line for line in lines if line.quantity))


def obstacle(way: Way, databases: Databases) -> str | None:
    """Return why a way cannot publish the results of the databases; None if it can."""
    largest = max((one.request_bytes for database in databases for one in database.schedules), default=0)
    if way is Way.TWO_FUNCTIONS and largest > MAX_ANSWER:
        return f"{largest / 1e6:.1f} MB of values exceed {MAX_ANSWER / 1e6:.1f} MB"
    return _data_api_obstacle(databases) if way is Way.DATA_API else None


def _data_api_obstacle(databases: Databases) -> str | None:
    for database in databases:
        if not database.aurora:
            return f"{database.name} is not Aurora"
    largest = max((query.request_bytes for query in _queries(databases)), default=0)
    if largest > MAX_STATE:
        return f"{largest / 1024:,.0f} KiB of a query exceed {MAX_STATE / 1024:.0f} KiB"
    return None


def sample_lines(databases: Databases) -> tuple[Line, ...]:
    """Return the lines of the sample databases, which are on no way's bill."""
    samples = Counter(database.sample for database in databases if database.sample)
    if not samples:
        return ()
    return (
        *(
            Line(Group.SAMPLE, f"instance, {name}", count * prices.HOURS_PER_MONTH, prices.SAMPLE_HOURS[name])
            for name, count in samples.items()
        ),
        Line(
            Group.SAMPLE, f"storage, {SAMPLE_STORAGE} GB of gp3", samples.total() * SAMPLE_STORAGE, prices.SAMPLE_GB
        ),
        Line(Group.SAMPLE, "administrator's secret", samples.total(), prices.SECRET),
    )


def transitions(databases: Databases, measured: Measurements, *, around: int = 0) -> int:
    """Return the state transitions of a month; `around` is the number that each run has in addition to its states."""
    return _sum(databases, lambda one: one.runs * (measured.transitions(one.pages) + around))


def _standard(databases: Databases, measured: Measurements) -> Iterator[Line]:
    yield Line(Group.WORKFLOW, "state transitions", transitions(databases, measured), prices.TRANSITION)
    yield from _of_sidestep(databases, measured)


def _express(databases: Databases, measured: Measurements) -> Iterator[Line]:
    gb_seconds = _sum(databases, lambda one: one.runs * express_seconds(one, measured)) * prices.EXPRESS_MEMORY
    yield Line(Group.WORKFLOW, "Express requests", _runs(databases), prices.EXPRESS_REQUEST)
    yield Line(Group.WORKFLOW, "Express duration", gb_seconds, prices.EXPRESS_GB_SECOND)
    yield from _of_sidestep(databases, measured)


def express_seconds(schedule: ScheduleUsage, measured: Measurements) -> float:
    """Return the billed seconds of an Express workflow for a run."""
    seconds = measured.seconds(schedule.series, schedule.engine) + schedule.pages * PUBLISHING
    return math.ceil(round(seconds / prices.EXPRESS_STEP, 6)) * prices.EXPRESS_STEP


def _of_sidestep(databases: Databases, measured: Measurements) -> Iterator[Line]:
    """Yield the lines that both of Sidestep's workflows have."""
    pages = sum(database.pages for database in databases)
    log = pages * measured.function_log_bytes_per_page
    log += _sum(databases, lambda one: one.runs * measured.workflow_log_bytes(one.pages))
    yield from _functions(databases, measured, calls=pages, seconds=_querying(databases, measured))
    yield _logs(log)
    yield Line(Group.LOGS, "X-Ray traces", _runs(databases), prices.TRACE)
    yield Line(Group.METRICS, "PutMetricData", pages, prices.PUT_REQUEST)


def _two_functions(databases: Databases, measured: Measurements) -> Iterator[Line]:
    """Yield the lines of a scheduled public function that invokes a private one and waits for it."""
    runs = _runs(databases)
    seconds = 2 * _querying(databases, measured) + runs * measured.publisher_seconds
    yield from _functions(databases, measured, calls=2 * runs, seconds=seconds)
    yield _logs(2 * runs * measured.function_log_bytes_per_page)
    yield _put_requests(databases)


def _embedded_metrics(databases: Databases, measured: Measurements) -> Iterator[Line]:
    """Yield the lines of one function in the VPC that logs its metrics."""
    runs = _runs(databases)
    embedded = _sum(databases, lambda one: one.runs * one.embedded_bytes)
    yield from _functions(databases, measured, calls=runs, seconds=_querying(databases, measured))
    yield _logs(runs * measured.function_log_bytes_per_page + embedded)


def _data_api(databases: Databases, measured: Measurements) -> Iterator[Line]:
    """Yield the lines of a Standard workflow without a function: a state for each query, and one for each page of it.

    The choice between them, and a log, are not counted.
    """
    del measured
    queries = _sum(databases, lambda one: one.runs * len(one.queries))
    requests = _sum(databases, lambda one: one.runs * sum(_data_api_requests(query) for query in one.queries))
    puts = _sum(databases, lambda one: one.runs * sum(limits.pages(query.series) for query in one.queries))
    yield Line(Group.WORKFLOW, "state transitions", queries + puts, prices.TRANSITION)
    yield Line(Group.FUNCTIONS, "schedule", _runs(databases), prices.SCHEDULER_INVOCATION)
    yield Line(Group.FUNCTIONS, "Data API requests", requests, prices.DATA_API_REQUEST)
    yield Line(Group.FUNCTIONS, "secret of the user", len(databases), prices.SECRET)
    yield Line(Group.METRICS, "PutMetricData", puts, prices.PUT_REQUEST)


def _data_api_requests(query: QueryUsage) -> int:
    return max(1, math.ceil(query.request_bytes / prices.DATA_API_BYTES))


def _interface_endpoint(databases: Databases, measured: Measurements) -> Iterator[Line]:
    hours = _networks(databases) * ZONES * prices.HOURS_PER_MONTH
    yield Line(Group.NETWORK, f"endpoint, {ZONES} zone", hours, prices.ENDPOINT_HOUR)
    yield Line(Group.NETWORK, "data through it", _traffic(databases), prices.ENDPOINT_GB)
    yield from _publishing_function(databases, measured)


def _nat_gateway(databases: Databases, measured: Measurements) -> Iterator[Line]:
    hours = _networks(databases) * ZONES * prices.HOURS_PER_MONTH
    yield Line(Group.NETWORK, f"NAT gateway, {ZONES} zone", hours, prices.NAT_GATEWAY_HOUR)
    yield Line(Group.NETWORK, "public address of it", hours, prices.PUBLIC_ADDRESS_HOUR)
    yield Line(Group.NETWORK, "data through it", _traffic(databases), prices.NAT_GATEWAY_GB)
    yield from _publishing_function(databases, measured)


def _publishing_function(databases: Databases, measured: Measurements) -> Iterator[Line]:
    """Yield the lines of one function in the VPC that runs the queries and publishes the results.

    In dual-stack subnets these are all: an egress-only internet gateway has no price (VPC user guide).
    """
    runs = _runs(databases)
    seconds = _querying(databases, measured) + runs * measured.client_seconds
    yield from _functions(databases, measured, calls=runs, seconds=seconds)
    yield _logs(runs * measured.function_log_bytes_per_page)
    yield _put_requests(databases)


def _functions(databases: Databases, measured: Measurements, *, calls: int, seconds: float) -> Iterator[Line]:
    yield Line(Group.FUNCTIONS, "schedule", _runs(databases), prices.SCHEDULER_INVOCATION)
    yield Line(Group.FUNCTIONS, "Lambda requests", calls, prices.LAMBDA_REQUEST)
    yield Line(Group.FUNCTIONS, "Lambda duration", seconds * measured.memory, prices.LAMBDA_GB_SECOND)


def _logs(size: float) -> Line:
    return Line(Group.LOGS, "logs", size / prices.GIGABYTE, prices.LOG_GB)


def _put_requests(databases: Databases) -> Line:
    pages = sum(database.pages for database in databases)
    return Line(Group.METRICS, "PutMetricData", pages, prices.PUT_REQUEST)


def _of_metrics(databases: Databases) -> Iterator[Line]:
    """Yield the lines of the metrics, alarms, dashboards and notifications, which each way has."""
    notified = [database for database in databases if database.addresses]
    mails = sum(database.addresses for database in notified) * MAILS_PER_ADDRESS
    months = sum(database.metric_months for database in databases)
    yield Line(Group.METRICS, "custom metrics", months, prices.CUSTOM_METRIC)
    yield Line(Group.METRICS, "alarms", sum(database.alarms for database in databases), prices.ALARM)
    analysed = sum(database.analysed for database in databases)
    yield Line(Group.METRICS, "alarms on dimensions", analysed, prices.INSIGHTS_ALARM)
    dashboards = sum(database.dashboards for database in databases)
    dashboards += sum(database.shares_dashboard for database in databases) > 1
    yield Line(Group.METRICS, "dashboards", dashboards, prices.DASHBOARD)
    yield Line(Group.METRICS, "key for notifications", len(notified), prices.KEY)
    yield Line(Group.METRICS, "mails", mails, prices.MAIL)


def _runs(databases: Databases) -> int:
    return sum(database.runs for database in databases)


def _querying(databases: Databases, measured: Measurements) -> float:
    """Return the seconds of a month that Lambda bills for running the queries."""
    return _sum(databases, lambda one: one.runs * measured.seconds(one.series, one.engine))


def _traffic(databases: Databases) -> float:
    """Return the GB of a month's requests to CloudWatch."""
    return _sum(databases, lambda one: one.runs * (one.request_bytes + CONNECTION_BYTES)) / prices.GIGABYTE


def _queries(databases: Databases) -> Iterator[QueryUsage]:
    return (query for database in databases for schedule in database.schedules for query in schedule.queries)


def _networks(databases: Databases) -> int:
    return len({database.network for database in databases})


def _sum(databases: Databases, of: Callable[[ScheduleUsage], Amount]) -> Amount | Literal[0]:
    return sum(of(schedule) for database in databases for schedule in database.schedules)


_LINES: Final[Mapping[Way, Callable[[Databases, Measurements], Iterator[Line]]]] = {
    Way.STANDARD: _standard,
    Way.EXPRESS: _express,
    Way.TWO_FUNCTIONS: _two_functions,
    Way.EMBEDDED_METRICS: _embedded_metrics,
    Way.IPV6_FUNCTION: _publishing_function,
    Way.DATA_API: _data_api,
    Way.INTERFACE_ENDPOINT: _interface_endpoint,
    Way.NAT_GATEWAY: _nat_gateway,
}
