"""Which series a watch reads, and how many."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sidestep.aws.metrics import Series
from sidestep.commands.watch.recent_metrics import read_recent
from sidestep.config.loader import load_settings
from sidestep.local.cloud import LocalCloud
from tests.unit.metrics_files import query, write

FILE = """
namespace = "Shop"
schedule = "rate(5 minutes)"

[database.shop]
sample = true
fixed_dimensions = { Environment = "prod" }

[database.other]
sample = true

[[query]]
name = "orders"
sql = "SELECT 1"
database = "shop"
dimensions = ["Country"]
metrics = { Orders = { rollup = true } }

[[query]]
name = "users"
sql = "SELECT 1"
database = "shop"
metrics = { Users = {} }

[[query]]
name = "others"
sql = "SELECT 1"
database = "other"
metrics = { Others = {} }
"""
NOW = datetime.now(UTC)
PROD = ("Environment", "prod")


def publish(cloud: LocalCloud, metric: str, value: float = 1, namespace: str = "Shop", **dimensions: str) -> None:
    datum: Any = {
        "MetricName": metric,
        "Value": value,
        "Timestamp": NOW - timedelta(minutes=6),
        "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()],
    }
    cloud.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])


def test_metrics_of_the_file_are_read_and_no_others(cloud: LocalCloud, tmp_path: Path) -> None:
    # Given series of the database, of others, and of other queries and namespaces
    settings = load_settings(write(tmp_path, FILE))
    for country in ("de", "fr", "it"):
        publish(cloud, "Orders", Environment="prod", Country=country)
    publish(cloud, "Orders", 3, Environment="prod")
    publish(cloud, "Users", 7, Environment="prod")
    publish(cloud, "FailedQueries", Query="orders")
    publish(cloud, "FailedQueries", Query="others")
    publish(cloud, "Orders", Environment="test", Country="de")
    publish(cloud, "Orders", Environment="prod", Shop="1")
    publish(cloud, "Users")
    publish(cloud, "Others")
    publish(cloud, "Users", namespace="Elsewhere", Environment="prod")

    # When
    few = read_recent(settings, "shop", cloud.client, most=4, now=NOW)
    all_of_them = read_recent(settings, "shop", cloud.client, most=50, now=NOW)

    # Then
    de, fr, it = (Series("Orders", (("Country", name), PROD)) for name in ("de", "fr", "it"))
    failed, total = Series("FailedQueries", (("Query", "orders"),)), Series("Orders", (PROD,))
    users = Series("Users", (PROD,))
    assert list(few.values) == [failed, de, fr, users]
    assert (few.left_out, few.is_counted) == (2, True)
    assert set(all_of_them.values) == {failed, de, fr, it, total, users}
    assert all_of_them.left_out == 0
    assert list(all_of_them.values[users].values()) == [7]


def test_metrics_of_queries_and_of_several_databases_are_read(cloud: LocalCloud, tmp_path: Path) -> None:
    # Given a query on both databases with metrics of its own, and one without them
    shared = query("both", 'database = "*"', "query_metrics = true", "metrics = { Both = {} }")
    settings = load_settings(write(tmp_path, FILE + shared))
    for database in ("shop", "other"):
        publish(cloud, "Both", Database=database, Environment="prod")
        publish(cloud, "RowsReturned", Query="both", Database=database)
        publish(cloud, "FailedQueries", Query="both", Database=database)
    publish(cloud, "FailedQueries", Query="both")
    publish(cloud, "RowsReturned", Query="orders")

    # When
    recent = read_recent(settings, "shop", cloud.client, most=50, now=NOW)

    # Then
    of_query = (("Database", "shop"), ("Query", "both"))
    assert set(recent.values) == {
        Series("Both", (("Database", "shop"), PROD)),
        Series("FailedQueries", of_query),
        Series("RowsReturned", of_query),
    }


def test_the_values_are_at_the_points_in_time(cloud: LocalCloud, tmp_path: Path) -> None:
    # Given
    settings = load_settings(write(tmp_path, FILE))
    publish(cloud, "Users", 7, Environment="prod")

    # When
    recent = read_recent(settings, "shop", cloud.client, most=5, now=NOW)

    # Then the plots have them, and do not end with a period without a run
    ((users, values),) = recent.values.items()
    assert users == Series("Users", (PROD,))
    assert set(values) <= set(recent.moments)
    assert recent.moments[-1] < NOW - timedelta(minutes=5) <= recent.moments[-1] + timedelta(minutes=5)


def test_without_values_nothing_is_returned(cloud: LocalCloud, tmp_path: Path) -> None:
    recent = read_recent(load_settings(write(tmp_path, FILE)), "other", cloud.client, most=5, now=NOW)
    assert (dict(recent.values), recent.left_out, recent.is_counted) == ({}, 0, True)
