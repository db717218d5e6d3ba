"""The metrics.toml of the suite, and its changes.

The values are constants, so that each cloud publishes the same ones.
"""

from typing import Final

NAMESPACE: Final = "Acceptance"

ORDERS: Final = 12.0
"""The value of the metric Orders."""

PRICES: Final = {"free": 0.0, "team": 12.5}
"""The values of the metric Price, by the dimension Plan."""

WIDE_SERIES: Final = 25
"""The series of the metric Wide."""

WIDE_DIMENSIONS: Final = 24
"""The dimensions of the metric Wide. Each value has almost 1,024 characters: 25 series then need three pages.

A page is limited to 256 KiB and to 1,000 series. AWS bills each series, so the suite takes the first limit.
"""

WIDE_PAGES: Final = 3


def wide_value(number: int) -> str:
    """Return the value of each dimension of a series of the metric Wide."""
    return f"{'x' * 1000}{number}"


def wide_dimensions(number: int) -> dict[str, str]:
    """Return the dimensions of a series of the metric Wide."""
    return {f"D{dimension:02}": wide_value(number) for dimension in range(1, WIDE_DIMENSIONS + 1)}


_PRICES: Final = "SELECT 'free' AS Plan, 0 AS Price UNION ALL SELECT 'team', 12.5"

_FILE: Final = """
namespace = "{namespace}"
schedule = "rate(1 minute)"
workflow = "{workflow}"

[database.shop]
sample = true
prepare = true

[[query]]
name = "sessions"
sql = "SELECT COUNT(*) AS Sessions FROM sessions"
metrics = {{ Sessions = {{ unit = "Count" }} }}

[[query]]
name = "orders"
sql = "SELECT {orders} AS Orders"
metrics = {{ Orders = {{ alarm = {{ above = {above} }} }} }}

[[query]]
name = "prices"
sql = "{prices}"
dimensions = ["Plan"]
metrics = {{ Price = {{}} }}

[[query]]
name = "wide"
schedule = "cron(0 0 1 1 ? *)"
sql = '''
  WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {series})
  SELECT {columns}, n AS Wide FROM (SELECT n, CONCAT('{text}', n) AS t FROM numbers) AS named ORDER BY n'''
dimensions = {dimensions}
max_series = {series}
metrics = {{ Wide = {{}} }}
"""


def _file(*, above: float, prices: str = _PRICES, workflow: str = "standard") -> str:
    names = list(wide_dimensions(1))
    return _FILE.format(
        namespace=NAMESPACE,
        workflow=workflow,
        orders=f"{ORDERS:g}",
        above=above,
        prices=prices,
        series=WIDE_SERIES,
        columns=", ".join(f"t AS {name}" for name in names),
        text="x" * 1000,
        dimensions=names,
    )


FIRST: Final = _file(above=10)
"""Every query works, and the threshold of the alarm is below the value."""

CHANGED: Final = _file(above=20, prices="SELECT tier AS Plan, COUNT(*) AS Price FROM sessions GROUP BY tier")
"""The table has no column `tier`, and the threshold is above the value."""

EXPRESS: Final = _file(above=20, workflow="express")
"""Every query works again, and the workflow is of the other type."""

MONITORED: Final = f"""
namespace = "{NAMESPACE}"
schedule = "rate(5 minutes)"

[database.shop]
sample = true

[[query]]
name = "orders"
sql = "SELECT COUNT(*) AS Orders FROM orders"
fixed_dimensions = {{ Environment = "acceptance" }}
alarm_on_empty = true
metrics = {{ Orders = {{ alarm = {{ above = 10, below = 1, for = 3, missing = "alarm" }} }} }}

[[query]]
name = "plans"
sql = "SELECT plan AS Plan, COUNT(*) AS Sessions FROM sessions GROUP BY plan"
dimensions = ["Plan"]
metrics = {{ Sessions = {{ rollup = true, alarm = {{ above = 10, below = 1, missing = "ok" }} }} }}

[[query]]
name = "latency"
sql = "SELECT path AS Path, milliseconds AS Latency FROM requests"
dimensions = ["Path"]
metrics = {{ Latency = {{ unit = "Milliseconds", statistic = "distribution", alarm = {{ above = 500 }} }} }}

[[query]]
name = "value"
sql = "SELECT MIN(x) AS minimum, MAX(x) AS maximum, SUM(x) AS sum, COUNT(x) AS count FROM orders"
schedule = "cron(0 3 * * ? *)"
metrics = {{ Value = {{ statistic = "set" }} }}

[[query]]
name = "visits"
sql = "SELECT COUNT(*) AS Visits, COUNT(DISTINCT visitor) AS Visitors FROM visits"
schedule = "cron(0 8 * * ? *)"
timezone = "Europe/Berlin"
query_metrics = true
metrics.Visits = {{ alarm = {{ anomaly = 2 }} }}
metrics.Visitors = {{ alarm = {{ below = 1, for = 2, window = "wall-clock" }} }}

[[check]]
name = "orders_without_customer"
sql = "SELECT id FROM orders WHERE customer IS NULL"
rows = 5
show = ["id"]
severity = "error"
"""
"""Every kind of alarm and of line on the dashboard. It is synthesized only."""
