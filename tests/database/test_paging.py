"""Results of any size against real servers: page after page, each value once, each query run once."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.event import run_from
from sidestep.lambdas.query_database.metric_data import Datum
from sidestep.lambdas.query_database.page import PageContent
from sidestep.lambdas.query_database.queries import Metric, Query
from sidestep.lambdas.query_database.run import next_page
from tests.database.asking import RUN
from tests.database.server import DatabaseServer

START = {"ScheduledTime": "2026-01-31T08:05:00Z"}
NOW = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)


@dataclass
class Environment:
    """A function's environment, which is kept for the next page or not."""

    endpoint: Endpoint
    server: DatabaseServer
    folder: Path
    is_kept: bool = True
    pages: list[PageContent] = field(default_factory=list)

    def numbers(self, name: str, count: int, value: str = "seq * 2", order: str = "seq") -> Query:
        """Return a query with as many series as a count says, whose values are twice their names."""
        return Query(
            name=name,
            sql=f"SELECT seq AS Number, {value} AS {name} FROM {self.server.numbers(count)} ORDER BY {order}",
            dimensions=("Number",),
            timeout=10,
            max_series=10**6,
            on_null="skip",
            on_empty="skip",
            metrics={name: Metric("Count", 60)},
        )

    def page(self, event: object, *queries: Query) -> PageContent:
        """Answer one event."""
        run = run_from(event, {query.name: query for query in queries}, NOW, RUN)
        spools = self.folder if self.is_kept else self.folder / str(run.page)
        return next_page(run, self.endpoint, spools)

    def run(self, *queries: Query, between: Callable[[int], object] = lambda _: None) -> list[PageContent]:
        """Go from page to page, as the state machine does; `between` is called with the number of the next one."""
        pages = [self.page(START, *queries)]
        while "NextPage" in pages[-1]:
            between(pages[-1]["NextPage"]["Page"])
            pages.append(self.page(json.loads(json.dumps(pages[-1])), *queries))
        return pages


@pytest.fixture
def environment(endpoint: Endpoint, server: DatabaseServer, tmp_path: Path) -> Iterator[Environment]:
    """Give an environment in which nothing is left after a run."""
    environment = Environment(endpoint, server, tmp_path / "spools")
    yield environment
    if environment.is_kept:
        assert [path for path in environment.folder.rglob("*") if path.is_file()] == []


@pytest.fixture
def statements(server: DatabaseServer) -> Iterator[Callable[[str], int]]:
    """Return a counter of the executions of a text by `sidestep`, from the server's own log."""
    with server.statement_log() as count:
        yield count


def series(datum: Datum) -> tuple[str, str]:
    return datum["MetricName"], datum["Dimensions"][0]["Value"]


def published(pages: list[PageContent]) -> dict[tuple[str, str], float]:
    """Return all values, after making sure that each series is there once."""
    datums = [datum for page in pages for datum in page["MetricData"]]
    values = {series(datum): datum["Value"] for datum in datums}
    assert len(values) == len(datums)
    return values


def expected(name: str, count: int) -> dict[tuple[str, str], float]:
    return {(name, str(number)): number * 2 for number in range(1, count + 1)}


def sizes(pages: list[PageContent]) -> list[int]:
    return [len(page["MetricData"]) for page in pages]


def test_a_warm_environment_queries_the_database_once(
    environment: Environment, server: DatabaseServer, statements: Callable[[str], int]
) -> None:
    # When
    pages = environment.run(environment.numbers("Orders", 3500))

    # Then
    assert sizes(pages) == [1000, 1000, 1000, 500]
    assert published(pages) == expected("Orders", 3500)
    assert statements(server.numbers(3500)) == 1
    assert pages[-1]["Failures"] == []


def test_new_environments_query_again_and_publish_each_value_once(
    environment: Environment, server: DatabaseServer, statements: Callable[[str], int]
) -> None:
    # Given
    environment.is_kept = False

    # When
    pages = environment.run(environment.numbers("Orders", 3500))

    # Then
    assert sizes(pages) == [1000, 1000, 1000, 500]
    assert published(pages) == expected("Orders", 3500)
    assert statements(server.numbers(3500)) == 4


def test_a_lost_environment_is_replaced_by_querying_again(
    environment: Environment, server: DatabaseServer, statements: Callable[[str], int], tmp_path: Path
) -> None:
    # Given another environment from the third page on
    def move(page: int) -> None:
        if page == 3:
            environment.folder = tmp_path / "another"

    # When
    pages = environment.run(environment.numbers("Orders", 4500), between=move)

    # Then
    assert published(pages) == expected("Orders", 4500)
    assert statements(server.numbers(4500)) == 2


def test_pages_are_filled_across_queries(environment: Environment, statements: Callable[[str], int]) -> None:
    # When
    pages = environment.run(
        environment.numbers("A", 700),
        environment.numbers("B", 1600),
        environment.numbers("C", 10),
        environment.numbers("D", 800),
    )

    # Then
    assert sizes(pages) == [1000, 1000, 1000, 110]
    assert published(pages) == expected("A", 700) | expected("B", 1600) | expected("C", 10) | expected("D", 800)
    assert statements("AS Number") == 4


def test_a_page_that_is_just_full_leaves_the_next_query_for_the_next_page(
    environment: Environment, server: DatabaseServer, statements: Callable[[str], int]
) -> None:
    # When
    pages = environment.run(environment.numbers("A", 1000), environment.numbers("B", 1000))

    # Then
    assert sizes(pages) == [1000, 1000]
    assert pages[0]["NextPage"] | {"Run": ""} == {
        "Page": 2, "Run": "", "Queries": ["B"], "Published": 0, "Fingerprint": "",
    }  # fmt: skip
    assert statements(server.numbers(1000)) == 2


def test_a_page_is_the_same_when_it_is_requested_again(environment: Environment) -> None:
    # Given an answer that got lost on its way
    query = environment.numbers("Orders", 2500)
    first = environment.page(START, query)
    second = environment.page(first, query)

    # When / Then
    assert environment.page(first, query) == second
    last = environment.page(second, query)
    assert environment.page(second, query) == last
    assert published([first, second, last]) == expected("Orders", 2500)


def test_a_page_without_room_for_a_query_is_the_same_when_it_is_requested_again(
    environment: Environment, server: DatabaseServer
) -> None:
    # Given a page with some room left, but too little for a single value of the next query, which is kept whole
    def long(name: str, count: int, columns: int) -> Query:
        dimensions = tuple(f"Number{column}" for column in range(columns))
        texts = ", ".join(f"LPAD(CONCAT(seq, ''), 1000, '0') AS {dimension}" for dimension in dimensions)
        sql = f"SELECT {texts}, seq AS {name} FROM {server.numbers(count)} ORDER BY seq"
        return replace(environment.numbers(name, count), sql=sql, dimensions=dimensions)

    next_query = long("B", 100, columns=10)
    fitting = len(environment.page(START, long("A", 1000, columns=1), next_query)["MetricData"])
    queries = (long("A", 2 * fitting - 5, columns=1), next_query)
    first = environment.page(START, *queries)
    second = environment.page(first, *queries)
    assert len(second["MetricData"]) == fitting - 5
    assert second["NextPage"]["Queries"] == ["B"]
    assert second["NextPage"]["Published"] == 0

    # When
    again = environment.page(first, *queries)

    # Then
    assert again == second
    page = again
    while "NextPage" in page:
        page = environment.page(page, *queries)


@pytest.mark.parametrize("is_kept", [True, False])
def test_an_order_that_changes_matters_only_if_the_result_is_read_again(
    environment: Environment, server: DatabaseServer, is_kept: bool
) -> None:
    # Given
    environment.is_kept = is_kept

    # When
    pages = environment.run(
        environment.numbers("Orders", 1500, order=server.says({"mysql": "RAND()", "postgres": "random()"})),
        environment.numbers("Other", 5),
    )

    # Then
    if is_kept:
        assert published(pages) == expected("Orders", 1500) | expected("Other", 5)
        return
    assert pages[-1]["Failures"] == [
        {
            "Query": "Orders",
            "Error": "only the first 1000 values are published: the result was read again to go on after its first "
            "1000 values, but its rows are other ones or in another order; ORDER BY all dimensions, and in a "
            "distribution by the values as well",
        }
    ]
    values = published(pages)
    assert values["FailedQueries", "Orders"] == 1
    assert values.items() >= expected("Other", 5).items()
    assert len(values) == 1000 + 1 + 5


def test_a_row_that_fails_late_takes_its_whole_query_with_it(environment: Environment) -> None:
    # Given a mistake far behind the first page
    broken = environment.numbers("Broken", 2500, value="CASE seq WHEN 2400 THEN NULL ELSE seq END")
    broken = replace(broken, on_null="fail")

    # When
    (page,) = environment.run(broken, environment.numbers("Good", 3))

    # Then nothing of it is published
    assert published([page]) == {("FailedQueries", "Broken"): 1} | expected("Good", 3)
    assert page["Failures"][0]["Error"] == 'row 2400, column "Broken": is NULL, and on_null is "fail"'


def test_failures_are_carried_to_the_last_page(environment: Environment) -> None:
    # Given failures before, on and after a page's end
    def bad(name: str) -> Query:
        return environment.numbers(name, 1, value="nothing")

    # When
    pages = environment.run(
        bad("A"), environment.numbers("B", 1500), bad("C"), environment.numbers("D", 1500), bad("E")
    )

    # Then
    assert [failure["Query"] for failure in pages[-1]["Failures"]] == ["A", "C", "E"]
    values = published(pages)
    assert {name: values["FailedQueries", name] for name in "ACE"} == {"A": 1, "C": 1, "E": 1}
    assert values.items() >= (expected("B", 1500) | expected("D", 1500)).items()


def test_stored_slices_are_published_without_the_database(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a database that refuses every log-in after the first page
    def shut(_page: int) -> None:
        monkeypatch.setattr("sidestep.lambdas.query_database.endpoint.iam_token", lambda *_: "wrong")

    # When
    pages = environment.run(environment.numbers("Orders", 2500), between=shut)

    # Then
    assert published(pages) == expected("Orders", 2500)


def test_a_database_lost_between_pages_fails_each_query_that_is_left(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    queries = (
        environment.numbers("Bad", 1, value="nothing"),
        environment.numbers("Kept", 1500),
        environment.numbers("Lost", 5),
        environment.numbers("Lost2", 5),
    )
    first = environment.page(START, *queries)
    monkeypatch.setattr("sidestep.lambdas.query_database.endpoint.iam_token", lambda *_: "wrong")

    # When
    second = environment.page(first, *queries)

    # Then the stored values are on their page, and the queries that could not run are named
    failed = {("FailedQueries", name): 1 for name in ("Bad", "Lost", "Lost2")}
    assert published([first, second]) == expected("Kept", 1500) | failed
    assert [failure["Query"] for failure in second["Failures"]] == ["Bad", "Lost", "Lost2"]
    assert "NextPage" not in second


def test_a_result_that_cannot_be_read_again_is_named_with_what_is_published(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a new environment after the first page, and a database that refuses log-ins
    queries = (environment.numbers("Half", 1500), environment.numbers("Lost", 5))
    first = environment.page(START, *queries)
    environment.is_kept = False
    monkeypatch.setattr("sidestep.lambdas.query_database.endpoint.iam_token", lambda *_: "wrong")

    # When
    second = environment.page(first, *queries)

    # Then
    assert published([second]) == {("FailedQueries", "Half"): 1, ("FailedQueries", "Lost"): 1}
    assert "1000 values" in second["Failures"][0]["Error"]


def test_an_empty_result_on_a_later_page_is_published(environment: Environment) -> None:
    # When
    pages = environment.run(
        environment.numbers("A", 1000), replace(environment.numbers("B", 5), sql="SELECT 1 AS Number, 2 AS B LIMIT 0")
    )

    # Then
    assert published(pages[1:]) == {("EmptyResults", "B"): 1}


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize(("rows", "page_sizes"), [(1999, [1000, 1000, 1]), (1500, [1000, 502]), (0, [3])])
def test_the_metrics_of_a_query_are_on_the_last_page_of_its_result(
    environment: Environment, rows: int, page_sizes: list[int], *, is_kept: bool
) -> None:
    # Given a result that is read again for each page, or not
    environment.is_kept = is_kept
    orders = environment.numbers("Orders", max(rows, 1), order="seq")
    if not rows:
        orders = replace(orders, sql="SELECT 1 AS Number, 2 AS Orders LIMIT 0")

    # When
    pages = environment.run(replace(orders, query_metrics=True))

    # Then
    assert sizes(pages) == page_sizes
    values = published(pages)
    assert values.pop(("QueryDuration", "Orders")) > 0
    empty = {("EmptyResults", "Orders"): 1} if not rows else {}
    assert values == expected("Orders", rows) | {("RowsReturned", "Orders"): rows} | empty


def test_a_run_beyond_its_most_pages_fails(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an execution whose history would be full after two pages
    monkeypatch.setattr("sidestep.lambdas.query_database.run.MAX_PAGES", 2)

    # When
    pages = environment.run(environment.numbers("A", 2500), environment.numbers("B", 5))

    # Then all that is left fails, by name
    assert sizes(pages) == [1000, 1000, 2]
    assert [failure["Query"] for failure in pages[-1]["Failures"]] == ["A", "B"]
    assert pages[-1]["Failures"][0]["Error"] == (
        "only the first 2000 values are published: the run has reached the maximum of 2 pages; return fewer rows"
    )


def test_the_log_has_the_page_and_whether_it_queried_the_database(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    # When
    environment.run(environment.numbers("A", 1500), environment.numbers("B", 5))

    # Then
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["page"], first["rows"], first["datums"], first["not_asked"]) == (1, 1500, 1000, 1)
    assert (second["page"], second["rows"], second["datums"], second["not_asked"]) == (2, 5, 505, 0)
    assert [query.get("rows") for query in second["queries"]] == [None, 5]
