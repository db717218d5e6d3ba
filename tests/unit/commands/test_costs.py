"""The bill of a metrics.toml: each line against a sum computed by hand."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from sidestep import paths, prices
from sidestep.commands.cost.bill import Group, Way
from sidestep.commands.cost.comparison import Comparison, assumptions, compare
from sidestep.commands.cost.measured import Measurements
from sidestep.commands.cost.usage import RunCount, run_count
from sidestep.commands.cost.ways import obstacle
from sidestep.config.databases import SampleClass
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_settings
from sidestep.config.schedule import Schedule
from tests.unit.metrics_files import query, write

MONTH = datetime(2026, 6, 1, tzinfo=UTC)
"""A Monday; 30 days from it have 22 working days."""

MEASURED = Measurements(
    machine="a machine",
    date="2026-06-01",
    memory_megabytes=128,
    transitions_at_one_page=4,
    transitions_per_further_page=3,
    cpu_milliseconds_of_1_series=100,
    cpu_milliseconds_of_1000_series=200,
    cpu_milliseconds_per_further_1000_series=50,
    cpu_milliseconds_of_engines={"postgres": 50},
    cpu_milliseconds_of_a_client=100,
    cpu_milliseconds_of_a_publisher=300,
    function_log_bytes_per_page=1000,
    workflow_log_bytes_at_one_page=5000,
    workflow_log_bytes_per_further_page=4000,
)
"""Round numbers. 128 MB get 128 of 1,769 parts of a core, so a function takes 13.82 times as long."""

FUNCTION_SECONDS = 1.384
"""100.1 ms of CPU for two series, times 1769 / 128, rounded up to a millisecond."""

HEAD = 'namespace = "Shop"\nschedule = "rate(5 minutes)"\n'
SHOP = "[database.shop]\nsample = true\n"
ORDERS = query("orders", "metrics = { Orders = {}, Open = {} }")


def comparison(folder: Path, text: str, *series: str) -> Comparison:
    compared = compare(load_settings(write(folder, text)), series, month=MONTH)
    return replace(compared, measured=MEASURED)


def amounts(compared: Comparison, way: Way) -> dict[str, tuple[float, float]]:
    """Return the amounts of each line: at the list price, and after the free tier."""
    return {line.what: (line.listed, line.after_free_tier) for line in compared.bill(way).lines}


def cost(listed: float, after: float) -> object:
    return pytest.approx((listed, after))


def test_every_line_of_a_run_every_five_minutes(tmp_path: Path) -> None:
    # When: 30 x 24 x 12 = 8,640 runs of two series
    lines = amounts(comparison(tmp_path, HEAD + SHOP + ORDERS), Way.STANDARD)

    # Then
    assert lines == {
        "state transitions": cost(8640 * 4 * 0.000025, (8640 * 4 - 4000) * 0.000025),
        "schedule": cost(0.00864, 0),
        "Lambda requests": cost(0.001728, 0),
        "Lambda duration": cost(8640 * FUNCTION_SECONDS * 0.125 * 0.0000133334, 0),
        "logs": cost(8640 * 6000 / 2**30 * 0.50, 0),
        "X-Ray traces": cost(0.0432, 0),
        "PutMetricData": cost(0.0864, 0),
        "custom metrics": cost(0.60, 0),
        "alarms": cost(0.10, 0),
        "dashboards": cost(3.00, 0),
    }


def test_express_is_paid_by_duration_in_steps(tmp_path: Path) -> None:
    # When: 1.384 s of the function and 0.1 s beside it are 1.5 s, at 64 MB
    compared = comparison(tmp_path, HEAD + SHOP + ORDERS)
    lines = amounts(compared, Way.EXPRESS)

    # Then
    assert lines["Express requests"] == cost(0.00864, 0.00864)
    assert lines["Express duration"] == cost(*[8640 * 1.5 * 0.0625 * 0.06 / 3600] * 2)
    assert "state transitions" not in lines
    assert lines.keys() - {"Express requests", "Express duration"} < amounts(compared, Way.STANDARD).keys()


def test_a_run_of_several_pages(tmp_path: Path) -> None:
    # Given 2,500 series, which are three pages
    plans = query("plans", 'dimensions = ["Plan"]', "max_series = 2500", "metrics = { Plans = {} }")

    # When
    lines = amounts(comparison(tmp_path, HEAD + SHOP + plans), Way.STANDARD)

    # Then: 200 ms for the first page, 1.5 x 50 ms for what is beyond 1,000, times 13.82, are 3.801 s
    assert lines["state transitions"] == cost(8640 * 10 * 0.000025, (8640 * 10 - 4000) * 0.000025)
    assert lines["Lambda requests"][0] == pytest.approx(3 * 8640 * 0.0000002)
    assert lines["Lambda duration"][0] == pytest.approx(8640 * 3.801 * 0.125 * 0.0000133334)
    assert lines["PutMetricData"][0] == pytest.approx(3 * 8640 * 0.00001)
    assert lines["logs"][0] == pytest.approx(8640 * (3 * 1000 + 5000 + 2 * 4000) / 2**30 * 0.50)


def test_the_other_ways_have_their_prices(tmp_path: Path) -> None:
    # When
    compared = comparison(tmp_path, HEAD + SHOP + ORDERS)
    nat, endpoint, ipv6, two, embedded = (
        amounts(compared, way)
        for way in (
            *(Way.NAT_GATEWAY, Way.INTERFACE_ENDPOINT, Way.IPV6_FUNCTION),
            *(Way.TWO_FUNCTIONS, Way.EMBEDDED_METRICS),
        )
    )

    # Then none of these ways has a state machine or traces
    for lines in (nat, endpoint, ipv6, two, embedded):
        assert not lines.keys() & {"state transitions", "Express requests", "X-Ray traces"}
        assert lines["custom metrics"] == cost(0.60, 0)

    # And the network is billed by the hour and by its traffic, in the same number of zones
    assert nat["NAT gateway, 1 zone"] == cost(32.40, 32.40)
    assert nat["public address of it"] == cost(3.60, 3.60)
    assert endpoint["endpoint, 1 zone"] == cost(7.20, 7.20)
    datums = '[{"MetricName":"Orders","Timestamp":"2026-01-31T08:05:00Z","Value":12345.0,"Unit":"None"},'
    datums += '{"MetricName":"Open","Timestamp":"2026-01-31T08:05:00Z","Value":12345.0,"Unit":"None"}]'
    traffic = 8640 * (len(datums) + 8192) / 2**30
    assert nat["data through it"][0] == pytest.approx(traffic * 0.045)
    assert endpoint["data through it"][0] == pytest.approx(traffic * 0.01)

    # And a function in dual-stack subnets is the same without a price for the network
    network = {"endpoint, 1 zone", "data through it"}
    assert ipv6 == {what: amount for what, amount in endpoint.items() if what not in network}

    # And the function also creates a CloudWatch client, 100 ms times 13.82
    assert nat["Lambda duration"][0] == pytest.approx(8640 * (FUNCTION_SECONDS + 1.383) * 0.125 * 0.0000133334)

    # And the public function starts, 300 ms times 13.82, and waits for the private one
    assert two["Lambda requests"][0] == pytest.approx(2 * 8640 * 0.0000002)
    waiting = 2 * FUNCTION_SECONDS + 4.147
    assert two["Lambda duration"][0] == pytest.approx(8640 * waiting * 0.125 * 0.0000133334)
    assert two["logs"][0] == pytest.approx(8640 * 2 * 1000 / 2**30 * 0.50)

    # And embedded metrics are billed as logs, without PutMetricData
    line = '{"_aws":{"Timestamp":1769846700000,"CloudWatchMetrics":[{"Namespace":"Shop","Dimensions":[[]],"Metrics":'
    line += '[{"Name":"Orders","Unit":"None"},{"Name":"Open","Unit":"None"}]}]},"Orders":12345.0,"Open":12345.0}'
    assert embedded["logs"][0] == pytest.approx(8640 * (1000 + len(line)) / 2**30 * 0.50)
    assert "PutMetricData" not in embedded
    assert embedded["Lambda requests"][0] == pytest.approx(8640 * 0.0000002)


CLUSTER = SHOP.replace("sample = true", 'cluster = "orders"\nvpc_id = "vpc-0123abcd"\nschema = "app"')


def test_the_data_api_is_paid_by_query_and_has_a_password(tmp_path: Path) -> None:
    # Given one query of two series, and one of 1,500, whose 210,000 bytes are seven requests of 32 KiB
    plans = query("plans", 'dimensions = ["P"]', "max_series = 1500", "metrics = { A = {} }")

    # When
    compared = comparison(tmp_path, HEAD + CLUSTER + ORDERS + plans)
    lines = amounts(compared, Way.DATA_API)

    # Then there are two states for the first query, and three for the second
    assert lines["state transitions"] == cost(8640 * 5 * 0.000025, (8640 * 5 - 4000) * 0.000025)
    assert lines["Data API requests"] == cost(*[8640 * (1 + 7) * 0.00000035] * 2)
    assert lines["secret of the user"] == cost(0.40, 0.40)
    assert lines["PutMetricData"][0] == pytest.approx(8640 * 3 * 0.00001)
    assert not lines.keys() & {"Lambda requests", "Lambda duration", "logs"}


ENDPOINT = """
    [database.shop]
    endpoint = "shop.x1.eu-central-1.rds.amazonaws.com"
    resource_id = "{}-ABC"
    vpc_id = "vpc-0123abcd"
    subnets = ["subnet-000000a1"]
    security_group = "sg-0000000d"
    schema = "app"
"""


@pytest.mark.parametrize(
    ("database", "series", "reason"),
    [
        (SHOP, 2, "Aurora"),
        (CLUSTER.replace("cluster", "instance"), 2, "Aurora"),
        (ENDPOINT.format("db"), 2, "Aurora"),
        (ENDPOINT.format("cluster"), 2, None),
        (CLUSTER.replace("cluster", "proxy"), 2, None),
        (CLUSTER, 2, None),
        (CLUSTER, 4000, "256 KiB"),
    ],
)
def test_the_data_api_needs_aurora_and_small_results(
    tmp_path: Path, database: str, series: int, reason: str | None
) -> None:
    # Given a query with a dimension, whose series take 140 bytes each
    plans = query("plans", 'dimensions = ["P"]', f"max_series = {series}", "metrics = { A = {} }")

    # When
    found = obstacle(Way.DATA_API, comparison(tmp_path, HEAD + database + plans).databases)

    # Then
    assert found is None if reason is None else reason in str(found)


@pytest.mark.parametrize(
    ("price", "quantity", "listed", "after"),
    [
        (prices.TRANSITION, 4000, 0.10, 0),
        (prices.TRANSITION, 5000, 0.125, 0.025),
        (prices.EXPRESS_GB_SECOND, 17361.11 * 3600, 382.97, 382.97),  # the example of AWS's page
        (prices.LAMBDA_REQUEST, 3_000_000, 0.60, 0.40),
        (prices.LAMBDA_GB_SECOND, 500_000, 6.6667, 1.33334),
        (prices.LAMBDA_GB_SECOND, 8.5e9, 100_000.5 + 12_000.1, 100_000.5 + 12_000.1 - 5.33336),
        (prices.SCHEDULER_INVOCATION, 15_000_000, 15, 1),
        (prices.PUT_REQUEST, 2_592_000, 25.92, 15.92),
        (prices.ALARM, 12, 1.20, 0.20),
        (prices.INSIGHTS_ALARM, 12, 1.20, 1.20),
        (prices.DASHBOARD, 4, 12, 3),
        (prices.LOG_GB, 7, 3.50, 1.00),
        (prices.LOG_GB, 10 * 1024 + 4, 5121, 5118.50),
        (prices.TRACE, 2_592_000, 12.96, 12.46),
        (prices.KEY, 2, 2, 2),
        (prices.MAIL, 51_000, 1.02, 1.00),
        (prices.DATA_API_REQUEST, 2_000_000, 0.70, 0.70),
        (prices.SECRET, 1, 0.40, 0.40),
        (prices.CUSTOM_METRIC, 101, 30.30, 27.30),
        (prices.CUSTOM_METRIC, 10_000, 3_000, 2_997),
        (prices.CUSTOM_METRIC, 10_001, 3_000.10, 2_997.10),
        (prices.CUSTOM_METRIC, 250_001, 27_000.05, 26_997.05),
        (prices.CUSTOM_METRIC, 2_000_000, 84_500, 84_497),
    ],
)
def test_free_tiers_and_cheaper_tiers(price: prices.Price, quantity: float, listed: float, after: float) -> None:
    assert price.of(quantity, free_tier=False) == pytest.approx(listed, rel=1e-5)
    assert price.of(quantity, free_tier=True) == pytest.approx(after, rel=1e-5)


def test_alarms_and_notifications_are_billed(tmp_path: Path) -> None:
    # Given two alarms on a metric, two on a metric with 20 of a query's 40 series, and mails
    watched = query("orders", "metrics = { Orders = { alarm = { above = 9, below = 1 } } }", "alarm_on_empty = true")
    plans = query(
        "plans", 'dimensions = ["P"]', "max_series = 40", "metrics = { A = {alarm={above=9, below=1}}, B = {} }"
    )
    notify = 'notify = ["a@example.com", "b@example.com"]\n'

    # When
    lines = amounts(comparison(tmp_path, HEAD + notify + SHOP + watched + plans), Way.STANDARD)

    # Then there are the alarm on missing metrics, the one on an empty result, and two on thresholds
    assert lines["alarms"] == cost(0.40, 0)
    assert lines["alarms on dimensions"] == cost(2 * 20 * 0.10, 4.00)
    assert lines["key for notifications"] == cost(1, 1)
    assert lines["mails"] == cost(20 * 0.00002, 0)


def test_a_band_of_expected_values_costs_three_alarms(tmp_path: Path) -> None:
    watched = query("orders", "metrics = { Orders = { alarm = { anomaly = 2 } } }")
    lines = amounts(comparison(tmp_path, HEAD + "alarm_on_missing = false\n" + SHOP + watched), Way.STANDARD)
    assert lines["alarms"] == cost(0.30, 0)


def test_topics_of_ones_own_cost_no_key_and_an_address_in_several_lists_counts_once(tmp_path: Path) -> None:
    # Given
    topic = 'notify = ["arn:aws:sns:eu-central-1:123456789012:alarms"]\n'
    own = '{ alarm = { above = 9, notify = ["a@example.com"] } }'
    watched = query("watched", f"metrics = {{ A = {own}, B = {own} }}")

    # When
    topics_only = amounts(comparison(tmp_path, HEAD + topic + SHOP + ORDERS), Way.STANDARD)
    both = amounts(comparison(tmp_path, HEAD + topic + SHOP + watched), Way.STANDARD)

    # Then
    assert not topics_only.keys() & {"key for notifications", "mails"}
    assert both["key for notifications"] == cost(1, 1)
    assert both["mails"] == cost(10 * 0.00002, 0)


def test_disabled_monitoring_costs_nothing(tmp_path: Path) -> None:
    off = "alarm_on_missing = false\ndashboard = false\n"
    lines = amounts(comparison(tmp_path, HEAD + off + SHOP + ORDERS), Way.STANDARD)
    assert not lines.keys() & {"alarms", "alarms on dimensions", "dashboards", "key for notifications", "mails"}


def test_the_sample_is_on_no_bill(tmp_path: Path) -> None:
    compared = comparison(tmp_path, HEAD + SHOP + ORDERS)
    assert [line.listed for line in compared.sample] == [pytest.approx(720 * 0.016), pytest.approx(2.30), 0.40]
    assert not any(line.group is Group.SAMPLE for bill in compared.bills for line in bill.lines)


def test_each_class_of_a_sample_has_a_price(tmp_path: Path) -> None:
    # Given two samples of one class and one of another
    classes = {"a": "db.t3.medium", "b": "db.t4g.small", "c": "db.t3.medium"}
    databases = "".join(
        f'[database.{name}]\nsample = true\ninstance_class = "{kind}"\n' for name, kind in classes.items()
    )
    queries = "".join(query(name, f'database = "{name}"', f"metrics = {{ {name} = {{}} }}") for name in classes)

    # When
    lines = {line.what: line.listed for line in comparison(tmp_path, HEAD + databases + queries).sample}

    # Then
    assert lines["instance, db.t3.medium"] == pytest.approx(2 * 720 * 0.068)
    assert lines["instance, db.t4g.small"] == pytest.approx(720 * 0.032)
    assert lines["administrator's secret"] == pytest.approx(3 * 0.40)
    assert set(prices.SAMPLE_HOURS) == set(get_args(SampleClass))


def existing(name: str, vpc: str) -> str:
    return f'[database.{name}]\ninstance = "{name}"\nvpc_id = "vpc-{vpc}"\nschema = "app"\n'


def test_databases_share_free_tiers_and_a_network(tmp_path: Path) -> None:
    # Given three databases, two of them in one network
    databases = existing("a", "0123abcd") + existing("b", "0123abcd") + existing("c", "4567abcd")
    queries = "".join(query(name, f'database = "{name}"', f"metrics = {{ {name} = {{}} }}") for name in "abc")

    # When
    compared = comparison(tmp_path, HEAD + databases + queries)

    # Then
    lines = amounts(compared, Way.NAT_GATEWAY)
    assert lines["NAT gateway, 1 zone"] == cost(2 * 32.40, 2 * 32.40)
    assert lines["dashboards"] == cost(9, 0)
    once = (3 * 8640 * 4 - 4000) * 0.000025
    assert amounts(compared, Way.STANDARD)["state transitions"][1] == pytest.approx(once)
    assert compared.sample == ()
    alone = [bill.listed for _, bill in compared.by_database]
    assert sum(alone) == pytest.approx(compared.ours.listed)


def test_metrics_cost_in_the_hours_in_which_they_are_published(tmp_path: Path) -> None:
    # Given a query every five minutes, and one on working days
    daily = query("daily", 'schedule = "cron(0 8 ? * MON-FRI *)"', "metrics = { Daily = {} }")

    # When
    compared = comparison(tmp_path, HEAD + SHOP + ORDERS + daily)

    # Then
    assert amounts(compared, Way.STANDARD)["custom metrics"][0] == pytest.approx((2 + 22 / 720) * 0.30)
    assert amounts(compared, Way.STANDARD)["schedule"][0] == pytest.approx((8640 + 22) / 1e6)


@pytest.mark.parametrize(
    ("expression", "timezone", "runs", "hours"),
    [
        ("rate(1 minute)", "UTC", 43_200, 720),
        ("rate(2 hours)", "UTC", 360, 360),
        ("rate(1 day)", "UTC", 30, 30),
        ("cron(0 8 ? * MON-FRI *)", "Europe/Berlin", 22, 22),
        ("cron(0/30 8-9 * * ? *)", "UTC", 120, 60),
        ("cron(0 0 1 1 ? *)", "UTC", 0, 0),
    ],
)
def test_a_month_of_a_schedule(expression: str, timezone: str, runs: int, hours: int) -> None:
    assert run_count(Schedule(expression, timezone), MONTH) == RunCount(runs, hours)


PLANS = query("plans", 'dimensions = ["P"]', "max_series = 40", "metrics = { A = {} }")


@pytest.mark.parametrize(
    ("values", "series"),
    [
        ((), {"orders": 2, "plans": 40}),
        (("12",), {"orders": 2, "plans": 12}),
        (("1000",), {"orders": 2, "plans": 40}),
        (("plans=7",), {"orders": 2, "plans": 7}),
        (("plans=7", "12", "orders=1"), {"orders": 1, "plans": 7}),
        (("0",), {"orders": 2, "plans": 0}),
    ],
)
def test_the_number_of_series_can_be_set(tmp_path: Path, values: tuple[str, ...], series: dict[str, int]) -> None:
    assert comparison(tmp_path, HEAD + SHOP + ORDERS + PLANS, *values).series == series


@pytest.mark.parametrize(
    ("value", "facts"),
    [
        ("many", ["--series orders=12"]),
        ("-1", ["--series orders=12"]),
        ("plan=1", ['"plans"']),
        ("plans=41", ["40", "max_series"]),
    ],
)
def test_a_wrong_value_of_series_is_an_error(tmp_path: Path, value: str, facts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        comparison(tmp_path, HEAD + SHOP + ORDERS + PLANS, value)
    (message,) = caught.value.errors
    assert message.startswith(f"--series {value}: ")
    assert all(fact in message for fact in facts)


def test_a_month_without_runs_costs_the_dashboard(tmp_path: Path) -> None:
    yearly = f'namespace = "Shop"\nschedule = "cron(0 0 1 1 ? *)"\nalarm_on_missing = false\n{SHOP}{ORDERS}'
    assert amounts(comparison(tmp_path, yearly), Way.STANDARD) == {"dashboards": cost(3, 0)}


def test_the_highest_reading_counts_start_and_end(tmp_path: Path) -> None:
    reading = comparison(tmp_path, HEAD + SHOP + ORDERS).highest_reading
    assert reading.transitions == 8640 * 6
    assert reading.dollars == pytest.approx((8640 * 6 - 4000) * 0.000025)
    assert reading.by_the_docs == pytest.approx((8640 * 4 - 4000) * 0.000025)


def test_the_recommendation_has_the_price_of_each_kind_of_network(tmp_path: Path) -> None:
    compared = comparison(tmp_path, HEAD + SHOP + ORDERS)
    amounts = ("standard", "USD 0.76", "USD 7.20", "USD 36.00", "embedded metrics", "USD 0.00")
    assert [amount for amount in amounts if amount not in compared.recommendation] == []
    assert compared.cheapest.way is Way.EMBEDDED_METRICS


def test_the_recommendation_is_the_files_own_workflow_if_no_other_way_is_cheaper(tmp_path: Path) -> None:
    # Given runs within the free tiers
    text = f'namespace = "Shop"\nschedule = "rate(1 hour)"\n{SHOP}{ORDERS}'
    compared = comparison(tmp_path, text)
    assert compared.cheapest is compared.ours
    assert not any(way.words in compared.recommendation for way in set(Way) - {Way.STANDARD, Way.NAT_GATEWAY})


def test_two_functions_are_not_recommended_for_results_that_are_too_large(tmp_path: Path) -> None:
    # Given 60,000 series, which exceed the response of a function and cost more as logs
    large = query("plans", 'dimensions = ["P"]', "max_series = 60000", "metrics = { A = {} }")
    compared = comparison(tmp_path, f'namespace = "Shop"\nschedule = "rate(5 minutes)"\n{SHOP}{large}')

    # Then
    two = compared.bill(Way.TWO_FUNCTIONS)
    assert two == min(compared.bills, key=lambda bill: bill.after_free_tiers)
    assert compared.cheapest.way is not Way.TWO_FUNCTIONS
    assert compared.cheapest_listed.way is not Way.TWO_FUNCTIONS


def test_the_assumptions_depend_on_the_file(tmp_path: Path) -> None:
    # Given a file without dimensions, and one with dimensions and notifications
    notify = 'notify = ["ops@example.com"]\n'
    few, more = (comparison(tmp_path, text) for text in (HEAD + SHOP + ORDERS, HEAD + notify + SHOP + PLANS))

    # When
    subjects = [{sentence.partition(":")[0] for sentence in assumptions(one)} for one in (few, more)]

    # Then
    assert subjects[1] - subjects[0] == {"Series", "Notifications"}
    assert subjects[0] < subjects[1]


def test_a_second_in_the_database_costs_both_the_function_and_an_express_workflow(tmp_path: Path) -> None:
    # Given 8,640 runs a month, at 0.0144 for 128 MB and 0.009 for 64 MB
    (standard,) = [text for text in assumptions(comparison(tmp_path, HEAD + SHOP + ORDERS)) if "Queries" in text]
    express_file = 'workflow = "express"\n' + HEAD + SHOP + ORDERS
    (express,) = [text for text in assumptions(comparison(tmp_path, express_file)) if "Queries" in text]
    assert "USD 0.014" in standard
    assert "USD 0.023" in express


def test_the_shipped_file_has_a_month_of_runs() -> None:
    (database,) = compare(load_settings(paths.ROOT / "metrics.toml")).databases
    assert (database.runs, database.series, database.sample) == (8640, 101, "db.t4g.micro")


def test_another_engine_takes_longer_to_start(tmp_path: Path) -> None:
    # Given the same queries of a PostgreSQL
    shop = """
        [database.shop]
        endpoint = "db.example.com"
        database = "shop"
        resource_id = "db-ABCDEFGHIJKL"
        vpc_id = "vpc-0a1b2c3d"
        subnets = ["subnet-000000a1"]
        security_group = "sg-0000000d"
    """
    (tmp_path / "mysql").mkdir()
    (tmp_path / "postgres").mkdir()

    # When
    mysql = comparison(tmp_path / "mysql", HEAD + SHOP + ORDERS)
    postgres = comparison(tmp_path / "postgres", HEAD + shop + ORDERS)

    # Then
    def listed(compared: Comparison) -> float:
        return amounts(compared, Way.STANDARD)["Lambda duration"][0]

    assert listed(postgres) > listed(mysql)
    assert re.search("PostgreSQL .* 50 ms", " ".join(assumptions(postgres)))
    assert "PostgreSQL" not in " ".join(assumptions(mysql))


SHARED = query("orders", 'database = "*"', "metrics = { Orders = {} }")
TWO = "[database.eu]\nsample = true\n[database.us]\nsample = true\n"


def test_a_query_on_several_databases_costs_its_series_for_each_and_a_dashboard_of_all(tmp_path: Path) -> None:
    # When
    compared = comparison(tmp_path, HEAD + TWO + SHARED)
    plain = comparison(tmp_path, f"dashboard = false\n{HEAD}{TWO}{SHARED}")

    # Then a database alone has no dashboard of several
    lines = amounts(compared, Way.STANDARD)
    assert lines["custom metrics"] == cost(2 * 0.30, 0)
    assert lines["dashboards"] == cost(9, 0)
    assert [(database.dashboards, database.series) for database in compared.databases] == [(1, 1), (1, 1)]
    assert "dashboards" not in amounts(plain, Way.STANDARD)
    assert sum(bill.listed for _, bill in compared.by_database) == pytest.approx(compared.ours.listed - 3)


@pytest.mark.parametrize(("values", "series"), [((), 102), (("20",), 22), (("plans=30",), 32)])
def test_the_metrics_of_a_query_are_billed_besides_its_series(
    tmp_path: Path, values: tuple[str, ...], series: int
) -> None:
    # Given alarms that analyse the series of the result
    plans = query("plans", 'dimensions = ["Plan"]', "metrics = { Plans = { alarm = { above = 1 } } }")

    # When
    (database,) = comparison(tmp_path, f"query_metrics = true\n{HEAD}{SHOP}{plans}", *values).databases

    # Then
    assert (database.series, database.analysed) == (series, series - 2)


def test_the_series_of_a_query_are_limited_without_its_own_metrics(tmp_path: Path) -> None:
    plans = query("plans", 'dimensions = ["Plan"]', "metrics = { Plans = {} }")
    with pytest.raises(ConfigError, match="max_series of the query is 100"):
        comparison(tmp_path, f"query_metrics = true\n{HEAD}{SHOP}{plans}", "plans=101")
