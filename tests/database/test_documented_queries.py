"""Runs the queries of docs/configuration.md on real servers; both engines understand their SQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidestep import paths
from sidestep.bundle.query_files import LISTING, query_files
from sidestep.config.loader import load_settings
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.queries import Query, load_queries
from tests.database.asking import ask
from tests.database.server import DatabaseServer
from tests.documents.markdown import examples

EXAMPLES = examples(paths.ROOT / "docs" / "configuration.md")

TABLES = (
    "orders (id INT, customer_id INT, country TEXT, city TEXT, customer TEXT, amount DECIMAL(10,2),"
    " created_at DATETIME, shipped_at DATETIME)",
    "customers (id INT)",
    "requests (path TEXT, milliseconds INT, finished_at DATETIME)",
    "refunds (amount DECIMAL(10,2), created_at DATETIME)",
    "sessions (expires_at DATETIME)",
    "stock (pieces INT)",
)

ROWS = (
    "orders VALUES (1, 1, 'DE', 'Köln', 'a', 10.50, '2026-01-31 08:00:00', NULL),"
    " (2, 1, 'FR', 'Nice', 'b', 2.50, '2026-01-31 08:04:59', NULL),"
    " (3, 9, 'DE', 'Köln', 'a', 99, '2026-01-31 08:05:00', '2026-02-01')",
    "customers VALUES (1)",
    "requests VALUES ('/', 12, '2026-01-31 08:01:00'), ('/', 12, '2026-01-31 08:02:00'), "
    "('/', 90, '2026-01-31 08:03:00')",
    "sessions VALUES ('2099-01-01')",
    "stock VALUES (3), (4)",
)


@pytest.fixture(scope="module")
def schema(server: DatabaseServer) -> Iterator[str]:
    """The tables that the document's queries read."""
    server.create_schema("document")
    for table in TABLES:
        server.execute(f"CREATE TABLE document.{table.replace('DATETIME', server.datetime)}")
    for rows in ROWS:
        server.execute(f"INSERT INTO document.{rows}")
    server.let_read("document")
    yield "document"
    server.drop_schema("document")


@pytest.fixture
def queries(server: DatabaseServer, tmp_path: Path) -> list[Query]:
    """Each query of the document, as the bundle has it."""
    deployed: list[Query] = []
    for number, example in enumerate(EXAMPLES):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "metrics.toml").write_text(example, encoding="utf-8")
        settings = load_settings(folder / "metrics.toml")
        for name, content in query_files(settings.queries, settings.schedules, server.engine).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        deployed += load_queries(folder / LISTING).values()
    return deployed


def test_documented_queries_publish_the_documented_values(
    endpoint: Endpoint, server: DatabaseServer, schema: str, queries: list[Query]
) -> None:
    # When the run of five past eight runs them all
    page = ask(server.in_schema(endpoint, schema), *queries, scheduled_time="2026-01-31T08:05:00Z")

    # Then
    assert page["Failures"] == []
    measured: dict[str, list[Any]] = {}
    for datum in page["MetricData"]:
        value = datum.get("Value", datum.get("StatisticValues", (datum.get("Values"), datum.get("Counts"))))
        measured.setdefault(datum["MetricName"], []).append(value)
    assert len(measured.pop("QueryDuration")) == 2
    assert measured == {
        "Orders": [1, 1, 2],
        "Violations": [1, 0],
        "Age": [0, 0],
        "OpenOrders": [2, 1, 1, 2, 2],
        "Revenue": [112],
        "RowsReturned": [1, 1],
        "Stock": [7],
        "NewOrders": [2],
        "Latency": [([12, 90], [2, 1])],
        "OrderValue": [{"SampleCount": 2, "Sum": 13, "Minimum": 2.5, "Maximum": 10.5}],
        "ActiveSessions": [1],
        "Refunds": [0],
        "OrdersOfCustomer": [1, 1],
        "OrdersOfCity": [2, 1],
        "InvalidRows": [1],
        "Base": [1],
    }
