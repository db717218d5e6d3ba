"""Queries whose errors quote data, that need too much memory or change the session, and unusual server settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from sidestep.lambdas.query_database.queries import Metric
from tests.database.server import DatabaseServer
from tests.soak.expected import Expectation
from tests.soak.kinds import MYSQL, POSTGRES
from tests.soak.queries import Case, query_of
from tests.soak.tables import SCHEMA, Table

_FUNCTIONS: Final = {
    MYSQL: (
        # Reports its argument as an error of any number.
        "CREATE FUNCTION {schema}.complain(what TEXT, errno INT) RETURNS INT BEGIN "
        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = what, MYSQL_ERRNO = errno; RETURN 1; END",
        "CREATE FUNCTION {schema}.speak_latin() RETURNS INT BEGIN SET NAMES latin1; RETURN 1; END",
        "CREATE FUNCTION {schema}.speak_ucs() RETURNS INT BEGIN SET character_set_results = 'ucs2'; RETURN 1; END",
        "CREATE FUNCTION {schema}.select_one() RETURNS INT BEGIN SET SESSION sql_select_limit = 1; RETURN 1; END",
        "CREATE FUNCTION {schema}.write_all() RETURNS INT BEGIN SET SESSION tx_read_only = 0; RETURN 1; END",
        "CREATE FUNCTION {schema}.move_east() RETURNS INT BEGIN SET SESSION time_zone = '+05:00'; RETURN 1; END",
        "CREATE FUNCTION {schema}.no_escapes() RETURNS INT BEGIN "
        "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH'; RETURN 1; END",
    ),
    POSTGRES: (
        # Reports its argument as an error of any class; a stable one may run while the query is planned.
        "CREATE FUNCTION {schema}.complain(what text, state text) RETURNS int STABLE LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%', what USING ERRCODE = state; END $$",
        "CREATE FUNCTION {schema}.cast_one(what text) RETURNS int STABLE LANGUAGE sql AS 'SELECT what::int'",
        "CREATE FUNCTION {schema}.run_it(what text) RETURNS int STABLE LANGUAGE plpgsql AS "
        "$$ BEGIN EXECUTE what; RETURN 1; END $$",
    ),
}

_SESSION: Final = {
    MYSQL: tuple(
        f"{SCHEMA}.{name}()"
        for name in ("speak_latin", "speak_ucs", "select_one", "write_all", "move_east", "no_escapes")
    ),
    POSTGRES: tuple(
        f"length(set_config('{name}', '{value}', false))"
        for name, value in (
            ("client_encoding", "LATIN1"),
            ("client_encoding", "SQL_ASCII"),
            ("client_encoding", "EUC_JP"),
            ("client_encoding", "GB18030"),
            ("search_path", "pg_catalog"),
            ("TimeZone", "Asia/Tokyo"),
            ("DateStyle", "German"),
            ("extra_float_digits", "-15"),
            ("statement_timeout", "1"),
            ("idle_in_transaction_session_timeout", "1"),
            ("standard_conforming_strings", "off"),
            ("default_transaction_read_only", "off"),
            ("default_transaction_isolation", "serializable"),
            ("bytea_output", "escape"),
            ("cursor_tuple_fraction", "0.1"),
        )
    ),
}
"""Expressions with a small number as value, which change the session."""

_QUOTING: Final = {
    MYSQL: (
        "{schema}.complain({text}, 1644)",
        "{schema}.complain({text}, 1054)",
        "{schema}.complain({text}, 2013)",
        "{schema}.complain({text}, 1969)",
        "{schema}.complain({text}, 1146)",
        "extractvalue('<a/>', concat('~', {text}))",
        "updatexml('<a/>', concat('~', {text}), 'b')",
        "json_extract({text}, '$')",
        "json_value('{{}}', {text})",
        "st_geomfromtext({text})",
        "exp(length({text}) + 10000)",
        "cast({text} AS uuid) IS NULL",
        "{text} REGEXP concat('[', {text})",
        "load_file({text})",
        "get_lock({text}, 0)",
        "convert_tz({text}, {text}, {text})",
        "date_format({text}, {text})",
    ),
    POSTGRES: (
        "{text}::int",
        "{text}::date IS NULL",
        "{text}::regclass::oid",
        "{text}::uuid IS NULL",
        "length({text}::json::text)",
        "length({text}::xml::text)",
        "length(xpath({text}, '<a/>')::text)",
        "length(to_tsquery(concat('& ', {text}))::text)",
        "({text} ~ concat('[', {text}))::int",
        "nextval({text})",
        "length(current_setting({text}))",
        "length(set_config('TimeZone', {text}, false))",
        "length(set_config({text}, 'x', false))",
        "length(pg_read_file({text}))",
        "length(convert_from(convert_to({text}, 'UTF8'), {text}))",
        "{schema}.complain({text}, '42703')",
        "{schema}.complain({text}, '57014')",
        "{schema}.complain({text}, '08006')",
        "{schema}.complain({text}, '22012')",
        "{schema}.cast_one({text})",
        "{schema}.run_it({text})",
        "{schema}.run_it(concat('SELECT * FROM ', {text}))",
        "length(lo_from_bytea(0, {text}::bytea)::text)",
        "length(pg_notify('soak', {text})::text)",
        "length(to_char(now(), {text}))",
        "to_number({text}, {text})",
        "length(to_date({text}, 'YYYY-MM-DD')::text)",
    ),
}
"""Expressions that often fail with an error that quotes the data."""


_HEAVY: Final = {
    MYSQL: ("REPEAT('x', 5000000)", "REPEAT('x', 15000000)"),
    POSTGRES: ("REPEAT('x', 5000000)", "REPEAT('x', 30000000)", "ARRAY(SELECT generate_series(1, 300000))"),
}
"""Cells that take much memory."""

_SETTINGS: Final = {
    MYSQL: (
        ("sql_select_limit", "1"),
        ("time_zone", "'+05:00'"),
        ("tx_isolation", "'SERIALIZABLE'"),
        ("sql_mode", "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'"),
        ("autocommit", "0"),
        ("character_set_server", "latin1"),
        ("init_connect", "'SET NAMES latin1'"),
    ),
    POSTGRES: (
        ("client_encoding", "LATIN1"),
        ("extra_float_digits", "-15"),
        ("TimeZone", "'Asia/Tokyo'"),
        ("DateStyle", "German"),
        ("default_transaction_isolation", "serializable"),
        ("default_transaction_deferrable", "on"),
        ("search_path", "pg_catalog"),
        ("standard_conforming_strings", "off"),
        ("bytea_output", "escape"),
    ),
}
"""Settings that an administrator may have made for all sessions, or for those of the user."""


@contextmanager
def odd_settings(random: Random, server: DatabaseServer) -> Iterator[None]:
    """Change one of the server's settings, or none, during a `with` block."""
    engine = server.engine.name
    name, value = random.choice((*_SETTINGS[engine], ("", "")))
    if not name:
        yield
        return
    server.execute(f"SET GLOBAL {name} = {value}" if engine == MYSQL else f"ALTER ROLE sidestep SET {name} = {value}")
    try:
        yield
    finally:
        server.execute(f"SET GLOBAL {name} = DEFAULT" if engine == MYSQL else "ALTER ROLE sidestep RESET ALL")


def create_functions(server: DatabaseServer) -> None:
    """Create the functions that the queries use."""
    for statement in _FUNCTIONS[server.engine.name]:
        server.execute(statement.format(schema=SCHEMA))


def random_hostile_case(random: Random, table: Table, name: str) -> Case:
    """Generate one of these queries. The server decides what it publishes."""
    metric = f"{name} value"
    alias = f"`{metric}`" if table.engine == MYSQL else f'"{metric}"'
    texts = [column for column, kind in table.kinds.items() if kind == "text"]
    source = random.choice((f" FROM {SCHEMA}.{table.name}", f" FROM {SCHEMA}.{table.name} LIMIT 1", ""))
    if texts and source and random.random() < 0.6:
        text = random.choice((texts[0], texts[0], f"(SELECT max({texts[0]}) FROM {SCHEMA}.{table.name})"))
        expression = random.choice(_QUOTING[table.engine]).format(text=text, schema=SCHEMA)
    elif random.random() < 0.1:
        expression = random.choice(_HEAVY[table.engine])
    else:
        expression = random.choice(_SESSION[table.engine])
    sql = f"SELECT {expression} AS {alias}{source}"
    query = query_of(random, table.engine, name, sql, metrics={metric: Metric("Count", 60)})
    return Case(query, Expectation(is_free=True))
