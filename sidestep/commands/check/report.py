"""What is found out about one query."""

from dataclasses import dataclass, field

from sidestep.commands.check.plans.interface import Scan
from sidestep.lambdas.query_database.metric_data import Datum
from sidestep.lambdas.query_database.queries import Query
from sidestep.lambdas.query_database.run import Outcome


@dataclass(slots=True)
class Report:
    """One query in one run, as far as it has come.

    Attributes:
        columns: of its result; None if there was none.
        rows: so many were read.
        values: so many datums are published.
        invalid_rows: the number of rows that on_invalid skipped or escaped.
        series: of so many series these are.
        milliseconds: as the function counts them.
        pages: on so many it has a part.
        scans: the large tables that it reads from end to end.
        no_plan: why nobody knows what it reads; None if somebody does.
        problem: why it failed; None if it did not.
    """

    name: str
    columns: tuple[str, ...] | None = None
    rows: int = 0
    values: int = 0
    invalid_rows: int = 0
    series: int = 0
    milliseconds: int = 0
    pages: int = 0
    scans: list[Scan] = field(default_factory=list)
    no_plan: str | None = None
    problem: str | None = None

    @property
    def failed(self) -> bool:
        """Whether it failed, or was never asked."""
        return self.problem is not None


class SeriesCounter:
    """Counts the series of one query."""

    def __init__(self, query: Query) -> None:
        """Begin with none."""
        # Only then a series may have several datums; else nothing has to be remembered, however many there are.
        self._repeats = any(metric.statistic == "distribution" for metric in query.metrics.values())
        self._seen: set[tuple[str, ...]] = set()
        self._count = 0

    def count(self, datums: list[Datum]) -> int:
        """Count the series of further datums; return how many there are by now."""
        if self._repeats:
            self._seen.update(
                (datum["MetricName"], *(dimension["Value"] for dimension in datum.get("Dimensions", ())))
                for datum in datums
            )
            return len(self._seen)
        self._count += len(datums)
        return self._count


def note(report: Report, outcome: Outcome) -> None:
    """Add to a report what the function's log says of the query on one page."""
    report.rows += outcome.get("rows", 0)
    report.values += outcome["datums"]
    report.milliseconds += outcome["milliseconds"]
    report.pages += outcome["datums"] > 0
