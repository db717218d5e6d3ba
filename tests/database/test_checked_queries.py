"""`sidestep check` on real servers over TLS: it runs the function's queries and reports the function's errors."""

import io
import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from rich.console import Console

from sidestep.bundle.query_files import LISTING, query_files
from sidestep.commands.check.console_reporter import ConsoleReporter
from sidestep.commands.check.json_reporter import JsonReporter
from sidestep.commands.check.observed_database import ObservedDatabase
from sidestep.commands.check.options import Options
from sidestep.commands.check.plans import LARGE_TABLE
from sidestep.commands.check.run_check import run_check
from sidestep.config.errors import OptionError
from sidestep.config.loader import load_settings
from sidestep.connection.login import connection_to
from sidestep.connection.url import parsed
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.errors import DatabaseUnavailable, QueryFailed
from sidestep.lambdas.query_database.event import run_from
from sidestep.lambdas.query_database.queries import load_queries
from sidestep.lambdas.query_database.run import next_page
from tests.database.asking import RUN
from tests.database.conftest import PASSWORD
from tests.database.postgres import Postgres
from tests.database.server import DatabaseServer
from tests.end_to_end.programs import DEADLINE, PROGRAM

HEAD = """
namespace = "Shop"
schedule = "rate(5 minutes)"
[database.shop]
instance = "shop"
vpc_id = "vpc-0a1b2c3d"
schema = "shop"
"""

GOOD = """
[[query]]
name = "by_region"
sql = "SELECT region AS Region, COUNT(*) AS Orders FROM orders GROUP BY region ORDER BY region"
dimensions = ["Region"]
metrics.Orders = {}
"""

FAILING = """
[[query]]
name = "failing"
sql = "SELECT absent AS Absent FROM orders"
metrics.Absent = {}
"""

EMPTY = """
[[query]]
name = "empty"
sql = "SELECT 1 AS Empty FROM orders WHERE id = 0"
metrics.Empty = {}
"""

LONG = """
[[query]]
name = "long"
sql = "SELECT seq AS Number, seq * 2 AS Twice FROM {2500} ORDER BY seq"
dimensions = ["Number"]
max_series = 2500
metrics.Twice = {}
"""

PERCENTILES = """
[[query]]
name = "percentiles"
sql = "SELECT seq % 2 AS Half, seq AS Size FROM {1000} ORDER BY seq"
dimensions = ["Half"]
metrics.Size = { statistic = "distribution" }
"""

NUMBERS = re.compile(r"{(\d+)}")
"""A placeholder in a query for the expression of the server that returns a number of rows."""


@dataclass
class Checking:
    """`sidestep check` with a file and a server."""

    folder: Path
    server: DatabaseServer
    url: str
    ca: Path | None

    def options(self, text: str, **others: object) -> Options:
        file = self.folder / "metrics.toml"
        database = self.server.says({"mysql": "", "postgres": f'database = "{self.server.database}"'})
        file.write_text(f"{HEAD}{database}\n" + NUMBERS.sub(lambda match: self.server.numbers(int(match[1])), text))
        return replace(Options(file=file, database=self.url, ca=self.ca), **others)  # type: ignore[arg-type]

    def document(self, text: str, **others: object) -> tuple[bool, dict[str, Any], str]:
        """Return whether all is well, the JSON document, and its text."""
        output = io.StringIO()
        good = run_check(self.options(text, **others), JsonReporter(Console(file=io.StringIO()), output))
        return good, json.loads(output.getvalue()), output.getvalue()

    def query(self, text: str) -> dict[str, Any]:
        """Return the document's report about the file's only query."""
        _, document, _ = self.document(text)
        ((report,),) = [run["queries"] for run in document["runs"]]
        assert isinstance(report, dict)
        return report


@pytest.fixture
def checking(server: DatabaseServer, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checking:
    monkeypatch.setenv("SIDESTEP_DATABASE_PASSWORD", PASSWORD)
    return Checking(tmp_path, server, url_of(server), certificates)


def url_of(server: DatabaseServer) -> str:
    return f"{server.engine.schemes[0]}://sidestep@localhost:{server.port}/{server.database}"


@pytest.fixture(scope="module")
def visits(server: DatabaseServer) -> Iterator[None]:
    """Give a table that counts as large."""
    server.execute("CREATE TABLE shop.visits (id INT PRIMARY KEY, plan INT)")
    server.execute("CREATE INDEX visits_plan ON shop.visits (plan)")
    rows = LARGE_TABLE + LARGE_TABLE // 2  # the server's estimate is some percent off
    numbers = server.numbers(rows)
    schema = server.says({"mysql": "shop.", "postgres": ""})
    server.execute(f"INSERT INTO shop.visits SELECT seq, seq % 1000 FROM {schema}{numbers}")
    server.execute(server.says({"mysql": "ANALYZE TABLE shop.visits", "postgres": "ANALYZE shop.visits"}))
    if isinstance(server, Postgres):
        server.execute("GRANT SELECT ON shop.visits TO sidestep")
    yield
    server.execute("DROP TABLE shop.visits")


def count_of_visits(condition: str) -> str:
    sql = f"SELECT COUNT(*) AS Visits FROM visits {condition}"
    return f'[[query]]\nname = "visits"\nsql = "{sql}"\nmetrics.Visits = {{}}'


def test_a_valid_query_is_reported_with_its_series_and_pages(checking: Checking) -> None:
    # When
    good, document, _ = checking.document(GOOD)

    # Then
    assert (good, document["problems"]) == (True, [])
    assert document["database"] == checking.url.partition("@")[2]
    (run,) = document["runs"]
    (report,) = run["queries"]
    assert report.pop("milliseconds") >= 0
    assert report == {
        "name": "by_region",
        "columns": checking.server.says({"mysql": ["Region", "Orders"], "postgres": ["region", "orders"]}),
        "rows": 2,
        "series": 2,
        "values": 2,
        "pages": 1,
        "scans": [],
        "problem": None,
    }
    (request,) = run["requests"]
    assert request["Namespace"] == "Shop"
    assert [datum["Value"] for datum in request["MetricData"]] == [2, 1]
    assert {datum["Timestamp"] for datum in request["MetricData"]} == {run["scheduled_time"]}


def test_a_failing_query_is_reported_with_the_functions_error_and_the_others_run(checking: Checking) -> None:
    # When
    good, document, _ = checking.document(FAILING + GOOD)

    # Then
    assert not good
    (run,) = document["runs"]
    failing, by_region = run["queries"]
    mysql = "1054 Unknown column 'absent' in 'SELECT'"
    errors = {
        "mysql": {mysql, mysql.replace("SELECT", "field list")},
        "postgres": {'42703 column "absent" does not exist'},
    }
    assert failing["problem"].removeprefix("the database answered: ") in checking.server.says(errors)
    assert document["problems"] == [f"failing: {failing['problem']}"]
    assert (by_region["problem"], by_region["values"]) == (None, 2)


@pytest.mark.parametrize("text", [GOOD, GOOD + FAILING + EMPTY, LONG + GOOD + FAILING, PERCENTILES, GOOD + LONG])
def test_requests_are_those_of_the_function_byte_for_byte(
    checking: Checking, endpoint: Endpoint, tmp_path: Path, text: str
) -> None:
    # Given
    _, document, written = checking.document(text)
    (run,) = document["runs"]

    # When the function runs at the same time, on the queries of its bundle
    settings = load_settings(tmp_path / "metrics.toml")
    for name, content in query_files(settings.queries, settings.schedules, checking.server.engine).items():
        (tmp_path / name).write_bytes(content)
    deployed = load_queries(tmp_path / LISTING)
    event: Any = {"ScheduledTime": run["scheduled_time"]}
    requests = []
    while event is not None:
        now = datetime.fromisoformat(run["scheduled_time"])
        page = next_page(run_from(event, deployed, now, RUN), endpoint, tmp_path / "spools")
        requests.append(json.dumps({"Namespace": "Shop", "MetricData": page["MetricData"]}))
        event = json.loads(json.dumps(page)) if "NextPage" in page else None

    # Then
    assert len(requests) == len(run["requests"])
    assert ",\n".join(requests) in written


def test_pages_and_series_are_counted(checking: Checking) -> None:
    # When
    long, percentiles = checking.query(LONG), checking.query(PERCENTILES)

    # Then
    assert (long["rows"], long["series"], long["values"], long["pages"]) == (2500, 2500, 2500, 3)
    assert (percentiles["rows"], percentiles["series"]) == (1000, 2)
    assert percentiles["values"] == 8  # of 150 unique values each


def test_nothing_is_kept_after_the_last_page(checking: Checking, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr("tempfile.tempdir", str(checking.folder))

    # When
    checking.document(LONG)

    # Then
    assert [path.name for path in checking.folder.iterdir()] == ["metrics.toml"]


def test_the_slices_of_a_check_are_in_a_folder_of_their_own(
    checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an observer that reads these at each page
    monkeypatch.setattr("tempfile.tempdir", str(checking.folder))
    seen: list[list[str]] = []

    class Looking(JsonReporter):
        def page(self, *_: object) -> None:
            seen.append(sorted(path.name for path in checking.folder.glob("sidestep-check-*/*") if path.is_file()))

    # When
    run_check(checking.options(LONG), Looking(Console(file=io.StringIO()), io.StringIO()))

    # Then
    assert seen == [[LISTING]] * 3


@pytest.mark.usefixtures("visits")
@pytest.mark.parametrize(
    ("condition", "scans"),
    [
        ("", {"mysql": ["visits"], "postgres": ["visits"]}),
        ("AS v WHERE id % 2 = 0", {"mysql": ["v"], "postgres": ["visits"]}),
        ("WHERE plan = 7", {"mysql": [], "postgres": []}),
        ("WHERE id < 100", {"mysql": [], "postgres": []}),
        (
            "WHERE plan = (SELECT COUNT(*) FROM orders) OR id IN (SELECT id FROM visits WHERE id + 0 > 5)",
            {"mysql": ["visits"], "postgres": ["visits"]},
        ),
    ],
)
def test_a_scan_of_a_large_table_is_a_warning(
    checking: Checking, condition: str, scans: dict[str, list[str]]
) -> None:
    # When
    good, document, _ = checking.document(count_of_visits(condition))

    # Then
    assert good
    ((report,),) = [run["queries"] for run in document["runs"]]
    assert sorted({scan["table"] for scan in report["scans"]}) == checking.server.says(scans)
    assert all(LARGE_TABLE <= scan["rows"] <= 2 * LARGE_TABLE for scan in report["scans"])


SECONDS = {
    "mysql": "UNIX_TIMESTAMP(:scheduled_time)",
    "postgres": "EXTRACT(EPOCH FROM :scheduled_time)",
}


@pytest.mark.usefixtures("visits")
@pytest.mark.parametrize(
    "sql",
    [
        "(SELECT COUNT(*) AS Visits FROM visits)",
        "WITH v AS (SELECT COUNT(*) AS Visits FROM visits) SELECT Visits FROM v",
        "SELECT COUNT(*) AS Visits FROM visits WHERE id % 7 = 0 UNION SELECT 1 FROM orders WHERE id = 0",
        "/* how many */ SELECT COUNT(*) AS Visits FROM visits WHERE id % 2 < {seconds}",
    ],
)
def test_every_form_of_a_query_has_a_plan(checking: Checking, sql: str) -> None:
    # Given
    sql = sql.replace("{seconds}", checking.server.says(SECONDS))

    # When
    report = checking.query(f'[[query]]\nname = "visits"\nsql = "{sql}"\nmetrics.Visits = {{}}')

    # Then
    assert (report["problem"], [scan["table"] for scan in report["scans"]]) == (None, ["visits"])


def test_a_plan_without_permission_fails_no_query(checking: Checking, server: DatabaseServer) -> None:
    # Given a view over a table that the user may not read
    server.execute("CREATE SCHEMA hidden")
    server.execute("CREATE TABLE hidden.returns (id INT)")
    server.execute("CREATE VIEW hidden.shown AS SELECT COUNT(*) AS Returns FROM hidden.returns")
    for grant in server.says(GRANTS):
        server.execute(grant)
    output = io.StringIO()
    text = '[[query]]\nname = "returns"\nsql = "SELECT Returns FROM hidden.shown"\nmetrics.Returns = {}'

    # When
    good = run_check(checking.options(text), ConsoleReporter(Console(file=output, width=200), runs_queries=True))
    server.execute(server.says({"mysql": "DROP SCHEMA hidden", "postgres": "DROP SCHEMA hidden CASCADE"}))

    # Then MySQL keeps it secret, and PostgreSQL does not
    assert good, output.getvalue()
    is_unknown = "1345" in output.getvalue()
    assert is_unknown == server.says({"mysql": True, "postgres": False})


GRANTS = {
    "mysql": ["GRANT SELECT ON hidden.shown TO sidestep"],
    "postgres": ["GRANT USAGE ON SCHEMA hidden TO sidestep", "GRANT SELECT ON hidden.shown TO sidestep"],
}


def test_parameters_have_the_values_of_a_run_now(checking: Checking) -> None:
    # Given schedules of both kinds, one of which needs the file of its time zone
    text = """
[[query]]
name = "rate"
sql = "SELECT {rate} AS Seconds"
metrics.Seconds = {}
[[query]]
name = "cron"
sql = '''SELECT {hour} AS Hour, {now} AS Now'''
schedule = "cron(15 8 * * ? *)"
timezone = "Asia/Kolkata"
metrics = { Hour = {}, Now = {} }
"""
    expressions = {
        "rate": {
            "mysql": "TIMESTAMPDIFF(SECOND, :previous_scheduled_time, :scheduled_time)",
            "postgres": "EXTRACT(EPOCH FROM :scheduled_time - :previous_scheduled_time)",
        },
        "hour": {
            "mysql": "HOUR(CONVERT_TZ(:previous_scheduled_time, '+00:00', '+05:30'))",
            "postgres": "EXTRACT(HOUR FROM :previous_scheduled_time AT TIME ZONE 'Asia/Kolkata')",
        },
        "now": SECONDS,
    }
    for name, expression in expressions.items():
        text = text.replace(f"{{{name}}}", checking.server.says(expression))

    # When
    good, document, _ = checking.document(text)

    # Then
    assert good, document["problems"]
    rate, cron = document["runs"]
    assert (rate["schedule"], cron["schedule"], cron["timezone"]) == (
        "rate(5 minutes)",
        "cron(15 8 * * ? *)",
        "Asia/Kolkata",
    )
    assert [datum["Value"] for datum in rate["requests"][0]["MetricData"]] == [300]
    hour, now = [datum["Value"] for datum in cron["requests"][0]["MetricData"]]
    assert hour == 8
    assert abs(datetime.fromtimestamp(now).astimezone() - datetime.now().astimezone()) < timedelta(minutes=1)


def test_postgresql_and_the_file_read_quotes_alike(
    postgres: Postgres, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a colon or a dollar wherever only PostgreSQL gives it another meaning
    monkeypatch.setenv("SIDESTEP_DATABASE_PASSWORD", PASSWORD)
    text = r"""
[[query]]
name = "quotes"
sql = '''SELECT length(':x\') AS plain, length(E'\':y') AS escaped, length($q$:z $1$q$) AS dollars,
  (('{1,2,3}'::int[])[2:3] = '{2,3}')::int AS slice, /* :a /* :b */ $2 */
  (:previous_scheduled_time < :scheduled_time)::int AS earlier -- :c'''
metrics = { plain = {}, escaped = {}, dollars = {}, slice = {}, earlier = {} }
"""

    # When
    _, document, _ = Checking(tmp_path, postgres, url_of(postgres), certificates).document(text)

    # Then
    (run,) = document["runs"]
    assert document["problems"] == []
    assert [datum["Value"] for datum in run["requests"][0]["MetricData"]] == [3, 3, 5, 1, 1]


def test_a_server_of_another_engine_than_the_files_is_refused(checking: Checking) -> None:
    # Given
    url = f"{checking.server.says({'mysql': 'postgres', 'postgres': 'mysql'})}://sidestep@localhost:1/shop"

    # When / Then
    with pytest.raises(OptionError, match=r"--database .*database\.shop"):
        checking.document(GOOD, database=url)


def test_only_the_named_queries_are_run(checking: Checking) -> None:
    # When
    good, document, _ = checking.document(FAILING + EMPTY + GOOD, queries=["by_region", "empty"])

    # Then
    assert good
    ((empty, by_region),) = [run["queries"] for run in document["runs"]]
    assert (empty["name"], by_region["name"]) == ("empty", "by_region")


def test_a_wrong_password_is_reported_once_and_not_printed(
    checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a password with what the driver would not encode by itself
    monkeypatch.setenv("SIDESTEP_DATABASE_PASSWORD", "gehe\u0131m\udcff")

    # When
    good, document, written = checking.document(GOOD)

    # Then
    assert not good
    (problem,) = document["problems"]
    refusals = {
        "mysql": "1045 Access denied for user 'sidestep'@",
        "postgres": '28P01 password authentication failed for user "sidestep"',
    }
    assert checking.server.says(refusals) in problem
    assert "gehe" not in written
    assert document["runs"] == []


def test_an_unknown_authority_is_refused_with_a_remedy(checking: Checking, tmp_path: Path) -> None:
    # Given
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))

    # When
    problems = [checking.document(GOOD, ca=ca)[1]["problems"] for ca in (other, None)]

    # Then
    for (problem,), name in zip(problems, (str(other), "this machine's authorities"), strict=True):
        assert "CERTIFICATE_VERIFY_FAILED" in problem
        assert (name in problem, "--ca FILE" in problem) == (True, True)


def test_a_certificate_for_another_host_is_refused(checking: Checking) -> None:
    # Given
    checking.url = checking.url.replace("localhost", "127.0.0.1")

    # When
    _, document, _ = checking.document(GOOD)

    # Then
    assert "certificate is not valid for '127.0.0.1'" in document["problems"][0]


@pytest.mark.parametrize("has_ca", [True, False])
def test_a_server_without_tls_is_refused(
    checking: Checking, server_without_tls: DatabaseServer, has_ca: bool
) -> None:
    # Given: also with the machine's own authorities
    checking.url = url_of(server_without_tls)

    # When
    _, document, _ = checking.document(GOOD, ca=checking.ca if has_ca else None)

    # Then
    assert re.search("SSL|TLS", document["problems"][0])


def test_the_session_only_reads(checking: Checking) -> None:
    # Given a user who may write, and a file in which nothing says so
    way = connection_to(parsed(checking.url), "shop", ca=checking.ca)
    checking.options(GOOD)
    query = load_queries(_listing(checking))["by_region"]
    # A cursor of PostgreSQL takes nothing but a SELECT; this one would lock rows, which is a write, too.
    writing, refusal = checking.server.says(
        {"mysql": ("DELETE FROM orders", "1792"), "postgres": ("SELECT id FROM orders FOR UPDATE", "25006")}
    )

    # When / Then
    with ObservedDatabase(way, lambda _: None) as database:  # noqa: SIM117
        with pytest.raises(QueryFailed, match=refusal), database.ask(replace(query, sql=writing)) as rows:
            list(rows)


def test_a_database_that_is_lost_between_queries_is_reported(
    checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a server that refuses every log-in after its first query has failed
    connections = iter([ObservedDatabase._connect])

    def connect(database: ObservedDatabase) -> object:
        if (first := next(connections, None)) is None:
            raise DatabaseUnavailable("gone")
        return first(database)

    monkeypatch.setattr(ObservedDatabase, "_connect", connect)
    monkeypatch.setattr(ObservedDatabase, "scans", lambda *_: [])

    # When
    good, document, _ = checking.document(FAILING + GOOD)

    # Then
    assert not good
    assert [problem.partition(": ")[0] for problem in document["problems"]] == ["failing", "by_region"]
    assert document["problems"][1] == "by_region: gone"


SLEEPING = {
    "mysql": "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'",
    "postgres": "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
}


def test_ctrl_c_ends_the_running_statement(checking: Checking, server: DatabaseServer) -> None:
    # Given: PostgreSQL notices only at a statement's end that its client is gone
    sql = f"SELECT {server.sleep(server.says({'mysql': 9, 'postgres': 3}))} AS Slow"
    options = checking.options(f'[[query]]\nname = "slow"\nsql = "{sql}"\nmetrics.Slow = {{}}')
    words = ["--file", str(options.file), "--database", checking.url, "--ca", str(checking.ca)]
    program = subprocess.Popen([PROGRAM, "check", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: bool(server.execute(server.says(SLEEPING))))

    # When
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=5)

    # Then
    assert (program.returncode, errors) == (130, "")
    wait_until(lambda: not server.execute(server.says(SLEEPING)), seconds=5)


def wait_until(condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_missing_password_without_a_terminal_has_a_message(
    checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.delenv("SIDESTEP_DATABASE_PASSWORD")
    monkeypatch.setattr("sys.stdin", io.StringIO())

    # When / Then
    with pytest.raises(OptionError, match=r"sidestep.* SIDESTEP_DATABASE_PASSWORD"):
        checking.document(GOOD)


def _listing(checking: Checking) -> Path:
    settings = load_settings(checking.folder / "metrics.toml")
    file = checking.folder / LISTING
    file.write_bytes(query_files(settings.queries, settings.schedules, checking.server.engine)[LISTING])
    return file
