"""Monthly bills side by side."""

from collections.abc import Sequence

from rich.table import Table

from sidestep.costs import Bill


def bills_table(bills: Sequence[Bill]) -> Table:
    """Return a table with a row per way and a column per thing paid for, in US dollars."""
    table = Table(box=None, padding=(0, 1))
    table.add_column("US dollars a month")
    for column in ("orchestration", "network", "functions", "metrics", "total"):
        table.add_column(column, justify="right")
    for bill in bills:
        amounts = (bill.orchestration, bill.network, bill.functions, bill.metrics, bill.total)
        table.add_row(bill.name, *(f"{amount:.2f}" for amount in amounts))
    return table
