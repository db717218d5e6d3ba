"""The bills as JSON: each way line by line, each line with its price and the page of AWS that has it."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Final

from sidestep.commands.cost.bill import Bill, Line, after_free_tiers, listed
from sidestep.commands.cost.comparison import Comparison, assumptions
from sidestep.commands.cost.usage import DatabaseUsage, ScheduleUsage
from sidestep.commands.cost.ways import obstacle
from sidestep.prices import REGION, Price

DIGITS: Final = 6
"""Of dollars and quantities after the point, because sums of floats are not exact."""


def json_report(comparison: Comparison, *, file: str) -> dict[str, object]:
    """Return the bills for json.dumps(). Amounts are US dollars for 30 days."""
    return {
        "file": file,
        "region": REGION,
        "currency": "USD",
        "days": 30,
        "workflow": comparison.settings.workflow,
        "budget": comparison.settings.budget,
        "series": dict(comparison.series),
        "databases": [
            _database(database) | {"alone": _sums(bill.lines)} for database, bill in comparison.by_database
        ],
        "bills": [_bill(bill) | {"obstacle": obstacle(bill.way, comparison.databases)} for bill in comparison.bills],
        "sample": {**_sums(comparison.sample), "lines": _lines(comparison.sample)},
        "highest_reading_of_transitions": asdict(comparison.highest_reading),
        "cheapest": {"after_free_tiers": comparison.cheapest.way, "listed": comparison.cheapest_listed.way},
        "recommendation": comparison.recommendation,
        "assumptions": list(assumptions(comparison)),
        "measured": asdict(comparison.measured),
    }


def _database(database: DatabaseUsage) -> dict[str, object]:
    return {
        "name": database.name,
        "runs": database.runs,
        "pages": database.pages,
        "series": database.series,
        "metric_months": round(database.metric_months, DIGITS),
        "schedules": [_schedule(schedule) for schedule in database.schedules],
    }


def _schedule(schedule: ScheduleUsage) -> dict[str, object]:
    return asdict(schedule) | {
        "series": schedule.series,
        "request_bytes": schedule.request_bytes,
        "embedded_bytes": schedule.embedded_bytes,
        "pages": schedule.pages,
    }


def _bill(bill: Bill) -> dict[str, object]:
    return {"way": bill.way, "name": bill.way.words, **_sums(bill.lines), "lines": _lines(bill.lines)}


def _sums(lines: tuple[Line, ...]) -> dict[str, float]:
    return {
        "listed": round(listed(lines), DIGITS),
        "after_free_tiers": round(after_free_tiers(lines), DIGITS),
    }


def _lines(lines: Iterable[Line]) -> list[dict[str, object]]:
    return [
        {
            "group": line.group,
            "what": line.what,
            "quantity": round(line.quantity, DIGITS),
            "price": _price(line.price),
            **_sums((line,)),
        }
        for line in lines
    ]


def _price(price: Price) -> dict[str, object]:
    return {
        "dollars": price.dollars,
        "per": price.per,
        "unit": price.unit,
        "free": price.free,
        "cheaper_beyond": [{"quantity": quantity, "dollars": dollars} for quantity, dollars in price.cheaper],
        "source": f"https://{price.source}/",
    }
