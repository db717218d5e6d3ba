"""Monthly bills: one line by line, and all side by side."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sidestep.commands.cost.assumptions import assumptions
from sidestep.commands.cost.bill import GROUPS, Bill, Line, Way, after_free_tiers, listed
from sidestep.commands.cost.comparison import Comparison
from sidestep.commands.cost.verdict import verdict
from sidestep.commands.cost.ways import obstacle
from sidestep.config.validation import budget
from sidestep.prices import REGION, Price

CENT: Final = 0.01
"""Less than half of it is shown as such, not as nothing."""

MILLION: Final = 1_000_000

WIDEST: Final = 10
"""Characters of a column of amounts; headings of more words are wrapped."""

LISTED: Final = "list"
AFTER: Final = "after free tiers"


def cost_report(comparison: Comparison, *, file: str, way: Way) -> RenderableType:
    """Return the bill of one way line by line, then all ways side by side, and what is to be said about them."""
    return Lines(
        Text(file),
        Text(f"US dollars a month of 30 days in {REGION}: at list prices, and after free tiers"),
        "",
        bill_table(comparison.bill(way)),
        *_sample(comparison),
        *_by_database(comparison),
        "",
        ways_table(comparison),
        "",
        Text(verdict(comparison), "bold"),
        "",
        *(_paragraph(sentence) for sentence in _remarks(comparison, file)),
        "",
        Text("Taken for granted", "dim"),
        *(_paragraph(sentence, "dim") for sentence in assumptions(comparison)),
        "",
        Text(f"Prices: {_sources(comparison)}.", "dim"),
    )


def bill_table(bill: Bill) -> Table:
    """Return a table with a row per line of a bill."""
    table = _lines_table(bill.way.words)
    for line in bill.lines:
        _add(table, line)
    _add_sum(table, "sum", bill.lines)
    return table


def ways_table(comparison: Comparison) -> Table:
    """Return a table with a row per way: a column per group, after free tiers, and the sums."""
    table = Table(box=None, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("the same metrics", no_wrap=True)
    for heading in (*GROUPS, LISTED, AFTER):
        table.add_column(heading, justify="right", overflow="fold", max_width=WIDEST)
    for bill in comparison.bills:
        groups = (after_free_tiers(bill.of(group)) for group in GROUPS)
        amounts = [_amount(dollars) for dollars in (*groups, bill.listed, bill.after_free_tiers)]
        table.add_row(bill.way.words, *amounts, style="bold" if bill is comparison.ours else "")
    return table


def _sample(comparison: Comparison) -> Iterator[RenderableType]:
    if comparison.sample:
        table = _lines_table("beside it: sample database")
        for line in comparison.sample:
            _add(table, line)
        _add_sum(table, "sum", comparison.sample)
        yield from ("", table)


def _by_database(comparison: Comparison) -> Iterator[RenderableType]:
    """Yield a table of the databases if there are several."""
    if len(comparison.databases) == 1:
        return
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("each database alone")
    for column in ("runs", "pages", "series", "alarms", LISTED):
        table.add_column(column, justify="right")
    for database, bill in comparison.by_database:
        counts = (database.runs, database.pages, database.series, database.alarms + database.analysed)
        table.add_row(database.name, *(f"{count:,}" for count in counts), _amount(bill.listed))
    yield from ("", table)


def _remarks(comparison: Comparison, file: str) -> Iterator[str]:
    if comparison.settings.workflow == "standard":
        reading = comparison.highest_reading
        yield (
            "AWS's page counts a state transition for each step of a run. If its start and its end count as well, "
            f"they are {reading.transitions:,} a month and cost {_amount(reading.dollars)}, not "
            f"{_amount(reading.by_the_docs)}."
        )
    if comparison.cheapest_listed.way is not comparison.cheapest.way:
        cheapest = comparison.cheapest_listed
        yield f"At list prices, the cheapest way is {cheapest.way.words}, at USD {cheapest.listed:,.2f} a month."
    for way in Way:
        why_not = obstacle(way, comparison.databases)
        if why_not:
            yield f"{way.words}: impossible, for {why_not}."
    if comparison.settings.budget is not None:
        told = budget.summary(comparison.settings, file=file)
        yield f"{told}; the bill has those hours only in which a run publishes them."


def _lines_table(title: str) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column(title)
    table.add_column("a month", justify="right")
    table.add_column("unit price")
    table.add_column(LISTED, justify="right")
    table.add_column(AFTER, justify="right", max_width=WIDEST)
    return table


def _add(table: Table, line: Line) -> None:
    amounts = (_amount(line.listed), _amount(line.after_free_tier))
    table.add_row(line.what, _quantity(line.quantity), _unit_price(line.price), *amounts)


def _add_sum(table: Table, what: str, lines: Sequence[Line]) -> None:
    table.add_row(what, "", "", _amount(listed(lines)), _amount(after_free_tiers(lines)), style="bold")


def _amount(dollars: float) -> str:
    return "< 0.01" if 0 < dollars < CENT / 2 else f"{dollars:,.2f}"


def _number(dollars: float) -> str:
    """Return a price with two digits behind the point, or with as many as it has."""
    digits = f"{dollars:.10f}".rstrip("0")
    return max(digits, f"{dollars:.2f}", key=len)


def _count(number: float) -> str:
    return f"{number / MILLION:,.0f} million" if number >= MILLION else f"{number:,.0f}"


def _quantity(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity == round(quantity) or quantity > 100 else f"{quantity:,.2f}"  # noqa: PLR2004


def _unit_price(price: Price) -> str:
    per = price.unit if price.per == 1 else f"{_count(price.per)} {price.unit}s"
    free = f", {_count(price.free)} free" if price.free else ""
    return f"{_number(price.dollars)} per {per}{free}"


def _sources(comparison: Comparison) -> str:
    """Return the pages of AWS, each with the lines whose prices are there."""
    priced: dict[str, dict[str, None]] = {}
    for line in (*(line for bill in comparison.bills for line in bill.lines), *comparison.sample):
        priced.setdefault(line.price.source, {})[line.what] = None
    return "; ".join(f"{source} ({', '.join(lines)})" for source, lines in priced.items())


def _paragraph(sentence: str, style: str = "") -> RenderableType:
    return Padding(Text(f"· {sentence}", style), (0, 0, 0, 1))
