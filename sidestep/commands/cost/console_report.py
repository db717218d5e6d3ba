"""The bills as tables for the terminal: one way line by line, and all ways side by side."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sidestep.commands.cost.bill import Bill, Group, Line, Way, after_free_tiers, listed
from sidestep.commands.cost.comparison import Comparison, assumptions
from sidestep.commands.cost.ways import REMARKS, obstacle
from sidestep.config.validation import budget
from sidestep.prices import REGION

CENT: Final = 0.01
"""A positive amount below half a cent is shown as "<0.01"."""

MILLION: Final = 1_000_000

NARROW: Final = 10
"""Characters of the column "after free tiers", whose heading wraps."""

LISTED: Final = "list"
AFTER: Final = "after free tiers"


def cost_report(comparison: Comparison, *, file: str, way: Way) -> RenderableType:
    """Return the bill of one way line by line, all ways side by side, and the assumptions."""
    return Lines(
        Text(f"A month of {file} in US dollars, {REGION}"),
        bill_table(comparison.bill(way), comparison.sample),
        *_by_database(comparison),
        "",
        ways_table(comparison),
        "",
        Text(comparison.recommendation, "bold"),
        *(Text(remark) for remark in _remarks(comparison, file)),
        *(_paragraph(sentence) for sentence in assumptions(comparison)),
        _paragraph("Prices: AWS's pricing pages; --json prints the page of each line."),
    )


def bill_table(bill: Bill, sample: Sequence[Line]) -> Table:
    """Return a table with a row per line of a bill, its sum, and one row for the sample databases."""
    table = _table(bill.way.words, "a month", "unit price", "free", LISTED, AFTER)
    for line in bill.lines:
        price = line.price
        per = price.unit if price.per == 1 else _count(price.per)
        free = _count(price.free) if price.free else ""
        unit_price = f"{_number(price.dollars)} per {per}"
        table.add_row(line.what, _quantity(line.quantity), unit_price, free, *_amounts([line]))
    table.add_row("sum", "", "", "", *_amounts(bill.lines), style="bold")
    if sample:
        table.add_row("sample database", "", "instance, storage, secret", "", *_amounts(sample))
    return table


def ways_table(comparison: Comparison) -> Table:
    """Return a table with a row per way: its network, its sums, and how it differs."""
    table = _table("way", "network", LISTED, AFTER, "")
    for bill in comparison.bills:
        network = after_free_tiers([line for line in bill.lines if line.group is Group.NETWORK])
        why_not = obstacle(bill.way, comparison.databases)
        remark = f"impossible: {why_not}" if why_not else REMARKS[bill.way]
        style = "bold" if bill is comparison.ours else ""
        table.add_row(bill.way.words, _amount(network), *_amounts(bill.lines), remark, style=style)
    return table


def _by_database(comparison: Comparison) -> Iterator[RenderableType]:
    """Yield a table of the databases if there are several."""
    if len(comparison.databases) == 1:
        return
    table = _table("each database alone", "runs", "pages", "series", "alarms", LISTED)
    for database, bill in comparison.by_database:
        counts = (database.runs, database.pages, database.series, database.alarms + database.analysed)
        table.add_row(database.name, *(f"{count:,}" for count in counts), _amount(bill.listed))
    yield from ("", table)


def _remarks(comparison: Comparison, file: str) -> Iterator[str]:
    if comparison.ours.way is Way.STANDARD:
        reading = comparison.highest_reading
        yield (
            f"If AWS also bills start and end: {reading.transitions:,} transitions, "
            f"{_amount(reading.dollars)} instead of {_amount(reading.by_the_docs)}."
        )
    if comparison.cheapest_listed.way is not comparison.cheapest.way:
        cheapest = comparison.cheapest_listed
        yield f"The cheapest at list prices is {cheapest.way.words}, USD {cheapest.listed:,.2f}."
    if comparison.settings.budget is not None:
        yield f"{budget.told(comparison.settings, file=file)}."


def _table(first: str, *others: str) -> Table:
    """Return a table with a text column and columns of numbers; prices and remarks are text as well."""
    table = Table(box=None, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column(first, overflow="fold")
    for heading in others:
        is_text = heading in {"", "unit price"}
        width = NARROW if heading == AFTER else None
        table.add_column(heading, justify="left" if is_text else "right", max_width=width, overflow="fold")
    return table


def _amounts(lines: Sequence[Line]) -> tuple[str, str]:
    return _amount(listed(lines)), _amount(after_free_tiers(lines))


def _amount(dollars: float) -> str:
    return "<0.01" if 0 < dollars < CENT / 2 else f"{dollars:,.2f}"


def _number(dollars: float) -> str:
    """Return a price with all of its digits, at least two after the point."""
    digits = f"{dollars:.10f}".rstrip("0")
    return max(digits, f"{dollars:.2f}", key=len)


def _count(number: float) -> str:
    return f"{number / MILLION:,.0f} million" if number >= MILLION else f"{number:,.0f}"


def _quantity(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity == round(quantity) or quantity > 100 else f"{quantity:,.2f}"  # noqa: PLR2004


def _paragraph(sentence: str) -> RenderableType:
    return Padding(Text(f"· {sentence}", "dim"), (0, 0, 0, 1))
