"""Checks of a query's SQL before a deployment: columns, locks, and probable mistakes."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestep import paths
from sidestep.config.engines import MYSQL, POSTGRES, Engine
from sidestep.config.selected_columns import SyntaxProblem, columns_of, parsed
from tests.documents.markdown import WITH_EXAMPLES, examples
from tests.unit.metrics_files import mistakes_of, warnings_of

DATABASES = {
    "mysql": "sample = true",
    "postgres": 'instance = "shop-db"\nvpc_id = "vpc-0a1b2c3d"\ndatabase = "company"',
}
SET = "metrics = { V = { statistic = 'set' } }"


def file_with(sql: str, *keys: str, engine: str = "mysql") -> str:
    """Return a metrics.toml with one query, which has a fixed dimension A."""
    return "\n".join(
        [
            'namespace = "Shop"\nschedule = "rate(5 minutes)"\n[database.shop]',
            DATABASES[engine],
            f'[[query]]\nname = "q"\nfixed_dimensions = {{ A = "b" }}\nsql = """\n{sql}"""',
            *(keys or ["metrics = { Orders = {} }"]),
        ]
    )


BY_PLAN = ("dimensions = ['Plan']", "metrics = { Orders = {} }")


@pytest.mark.parametrize(
    ("engine", "sql", "keys"),
    [
        ("mysql", "SELECT COUNT(*) AS Orders FROM t", ()),
        ("mysql", "SELECT COUNT(*) Orders FROM t", ()),
        ("mysql", "SELECT COUNT(*) AS 'Orders' FROM t", ()),
        ("mysql", "SELECT COUNT(*) AS orders FROM t", ()),
        (
            "mysql",
            "SELECT PLAN, COUNT(*) AS Orders FROM t GROUP BY plan",
            BY_PLAN,
        ),  # a view may have another spelling
        ("mysql", "SELECT t.plan AS `Plan`, COUNT(*) AS Orders FROM t GROUP BY plan", BY_PLAN),
        (
            "mysql",
            "SELECT Plan, plan, 1 AS Orders FROM t",
            ("dimensions = ['Plan', 'plan']", "metrics = { Orders = {} }"),
        ),
        ("mysql", "SELECT SQL_NO_CACHE COUNT(*) AS Orders FROM t", ()),
        ("mysql", "SELECT count( * ) FROM t", ("metrics = { 'COUNT(*)' = {} }",)),
        ("mysql", "SELECT 'Orders' FROM t", ()),
        ("mysql", "SELECT * FROM t", BY_PLAN),
        ("mysql", "SELECT t.*, 1 AS n FROM t", BY_PLAN),
        ("mysql", "SELECT a + 1, b + 1 FROM t", BY_PLAN),
        ("mysql", "SELECT COUNT(*) AS Orders UNION SELECT 1 AS other", ()),
        ("mysql", "(SELECT COUNT(*) AS Orders) UNION ALL (SELECT 1 LIMIT 1)", ()),
        ("mysql", "WITH a AS (SELECT 1 AS one) SELECT COUNT(*) AS Orders FROM a", ()),
        ("mysql", "SELECT MIN(a) AS minimum, MAX(a) AS maximum, SUM(a) AS sum, COUNT(a) AS count FROM t", (SET,)),
        ("postgres", "SELECT count(*) AS Orders FROM t", ()),
        ("postgres", "SELECT count(*) AS ORDERS FROM t", ()),
        ("postgres", "SELECT count(*) Orders, plan FROM t GROUP BY plan", BY_PLAN),
        ("postgres", "SELECT count(*) FROM t", ("metrics = { Count = {} }",)),
        ("postgres", 'SELECT 1 AS "Orders", 2 AS orders', ("metrics = { Orders = {}, orders = {} }",)),
        ("postgres", "SELECT count(*) FILTER (WHERE a) FROM t", ()),
        ("postgres", "SELECT (t).* FROM t", ()),
        ("postgres", "SELECT DISTINCT ON (plan) plan, 1 AS Orders FROM t", BY_PLAN),
        ("postgres", "SELECT min(a) AS minimum, max(a) AS maximum, sum(a), count(a) FROM t", (SET,)),
        ("postgres", "SELECT a AS Orders FROM t WHERE substring(a for share) = b", ()),
        ("mysql", "SELECT a AS Orders FROM t WHERE t.at >= :previous_scheduled_time AND t.at<:scheduled_time", ()),
        ("postgres", "SELECT a AS Orders FROM t WHERE b < :scheduled_time::date AND c = '$.x:scheduled_time'", ()),
    ],
)
def test_declared_columns_are_accepted(tmp_path: Path, engine: str, sql: str, keys: tuple[str, ...]) -> None:
    assert warnings_of(tmp_path, file_with(sql, *keys, engine=engine)) == []


@pytest.mark.parametrize(
    ("engine", "sql", "keys", "names"),
    [
        ("mysql", "SELECT COUNT(*) FROM orders", (), ["COUNT(*)", "Orders"]),
        ("mysql", "SELECT SUM(orders.amount) FROM orders", (), ["SUM(orders.amount)", "Orders"]),
        ("mysql", "SELECT COUNT(*) AS Order_s FROM t", (), ["Order_s", "Orders"]),
        ("mysql", "SELECT COUNT(*) AS ORDERS FROM t", (), ["ORDERS", "Orders"]),
        ("mysql", "SELECT plan, COUNT(*) AS Orders FROM t", (), ["plan"]),
        ("mysql", "SELECT COUNT(*) AS Orders FROM t", BY_PLAN, ["Plan"]),
        ("mysql", "SELECT a + 1, b FROM t", (), ["b"]),
        ("mysql", "SELECT 1 AS Orders, 2 AS Orders", (), ["Orders"]),
        ("mysql", "SELECT Order_s FROM (SELECT COUNT(*) AS Orders FROM t) x", (), ["Order_s", "Orders"]),
        ("mysql", "WITH a AS (SELECT 1 AS Orders) SELECT Orders AS one FROM a", (), ["one", "Orders"]),
        ("mysql", "(SELECT 1 AS one) UNION SELECT 2 AS Orders", (), ["one", "Orders"]),
        ("mysql", "SELECT 1 AS minimum, 2 AS maximum, 3 AS sum, 1 AS V", (SET,), ["V", "count"]),
        ("mysql", "SELECT 1 AS Orders, 'x' AS A", (), ["A"]),
        ("postgres", "SELECT count(*) FROM orders", (), ["count", "Orders"]),
        ("postgres", 'SELECT count(*) AS "ORDERS" FROM t', (), ["ORDERS", "Orders"]),
        ("postgres", "SELECT Plan, count(*) AS Orders FROM t", (), ["plan"]),
    ],
)
def test_undeclared_and_missing_columns_are_refused(
    tmp_path: Path, engine: str, sql: str, keys: tuple[str, ...], names: list[str]
) -> None:
    # When
    (mistake,) = mistakes_of(tmp_path, file_with(sql, *keys, engine=engine))

    # Then
    assert mistake.startswith('metrics.toml: query "q": sql: ')
    assert re.findall('"([^"]+)"', mistake)[1:] == names


@pytest.mark.parametrize(
    ("engine", "lock"),
    [
        ("mysql", "FOR UPDATE"),
        ("mysql", "for update skip locked"),
        ("mysql", "FOR UPDATE WAIT 5"),
        ("mysql", "FOR SHARE OF t NOWAIT"),
        ("mysql", "LOCK IN SHARE MODE"),
        ("postgres", "FOR UPDATE LIMIT 1"),
        ("postgres", "FOR NO KEY UPDATE OF t SKIP LOCKED"),
        ("postgres", "FOR KEY SHARE FOR SHARE"),
    ],
)
@pytest.mark.parametrize("sql", ["SELECT 1 AS Orders FROM t {}", "SELECT 1 AS Orders FROM (SELECT a FROM t {}) AS x"])
def test_a_lock_is_refused(tmp_path: Path, engine: str, sql: str, lock: str) -> None:
    # When
    (mistake,) = mistakes_of(tmp_path, file_with(sql.format(lock), engine=engine))

    # Then
    assert mistake.startswith('metrics.toml: query "q": sql: ')
    assert "FOR UPDATE" in mistake


@pytest.mark.parametrize(
    ("engine", "sql", "line", "column", "near"),
    [
        ("mysql", "SELECT COUNT(*) AS Orders FORM t", 1, 27, "FORM"),
        ("mysql", "\n  SELECT a AS Orders,\n  FROM t\n  WHERE", 4, 3, "WHERE"),
        ("mysql", "SELECT COUNT(* AS Orders FROM t", 1, 16, "AS"),
        ("mysql", "SELECT a AS Orders FROM t\n\tORDER a", 2, 8, "a"),
        ("mysql", "SELECT 'ü😀' AS Orders FROM t AND b", 1, 30, "AND"),
        ("postgres", "SELECT a::date AS Orders FROM t\nWHERE a = = 1;", 2, 11, "="),
        ("postgres", "SELECT a AS Orders FROM (SELECT 1", 1, 33, "1"),
    ],
)
def test_a_statement_that_cannot_be_parsed_is_a_warning(
    tmp_path: Path, engine: str, sql: str, line: int, column: int, near: str
) -> None:
    # When
    (warning,) = warnings_of(tmp_path, file_with(sql, engine=engine))

    # Then
    assert warning.startswith(f'metrics.toml: query "q": sql: line {line}, column {column}: ')
    assert f'"{near}"' in warning


@pytest.mark.parametrize(
    ("engine", "condition", "column"),
    [
        ("mysql", "a < ':scheduled_time'", 39),
        ("mysql", 'a < \\":scheduled_time\\"', 39),
        ("mysql", "a < TIMESTAMP '2026 :scheduled_time'", 49),
        ("postgres", "a < E':scheduled_time'", 39),
        ("postgres", "a < $$:scheduled_time$$", 39),
        ("postgres", 'a < \\":scheduled_time\\"', 39),
    ],
)
def test_a_parameter_in_quotes_is_a_warning(tmp_path: Path, engine: str, condition: str, column: int) -> None:
    # When
    sql = f"SELECT 1 AS Orders -- what\nFROM t WHERE b >= :scheduled_time AND {condition}"
    (warning,) = warnings_of(tmp_path, file_with(sql, engine=engine))

    # Then
    assert warning.startswith(f'metrics.toml: query "q": sql: line 2, column {column + 4}: ')
    assert ":scheduled_time" in warning


@pytest.mark.slow
def test_documents_and_the_shipped_file_have_no_warning(tmp_path: Path) -> None:
    # Given
    texts = [
        paths.METRICS_FILE.read_text(encoding="utf-8"),
        *(text for file in WITH_EXAMPLES for text in examples(file)),
    ]

    # Then
    assert len(texts) > 10
    assert [warning for text in texts for warning in warnings_of(tmp_path, text)] == []


WORDS = [
    *("SELECT", "a", "AS", "b", ",", "(", ")", "FROM", "t", "WHERE", "=", "1", "'x'", "CASE", "WHEN", "DATE_SUB"),
    *("INTERVAL", "CAST", "DAY", "*", ".", "JOIN", "ON", "IN", "[", "]", "::", "OVER", "UNION", "WITH"),
]


@pytest.mark.slow
@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.sampled_from([MYSQL, POSTGRES]), st.lists(st.sampled_from(WORDS), max_size=15).map(" ".join))
def test_any_text_is_parsed_or_reported_without_another_error(engine: Engine, words: str) -> None:
    with suppress(SyntaxProblem):
        columns_of(parsed(f"SELECT {words}", engine), engine)


@pytest.mark.parametrize("engine", [MYSQL, POSTGRES])
@pytest.mark.parametrize("sql", ["SELECT DATE_SUB(NOW() INTERVAL 1 DAY) AS a", f"SELECT {'(' * 5000}1{')' * 5000}"])
def test_an_error_inside_sqlglot_is_reported_as_not_parsed(engine: Engine, sql: str) -> None:
    with pytest.raises(SyntaxProblem):
        parsed(sql, engine)
