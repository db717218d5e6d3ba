"""The metrics.toml of the suite, and its changes."""

from typing import Final

PLANS: Final = {"free": 0.0, "team": 12.5}
"""The values of the metric Price, by the dimension Plan."""

FIRST: Final = """
namespace = "Acceptance"
schedule = "rate(1 minute)"

[database.shop]
sample = true
prepare = true

[[query]]
name = "sessions"
sql = "SELECT COUNT(*) AS Sessions FROM sessions"
metrics = { Sessions = { unit = "Count" } }

[[query]]
name = "prices"
sql = "SELECT 'free' AS Plan, 0 AS Price UNION ALL SELECT 'team', 12.5"
dimensions = ["Plan"]
metrics = { Price = { alarm = { above = 10 } } }
"""
