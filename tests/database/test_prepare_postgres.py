"""What preparing a PostgreSQL has that no other engine has: one transaction, owners, default privileges, roles."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from sidestep.lambdas.engines.postgres.connection import connect
from sidestep.lambdas.engines.server import Login
from sidestep.lambdas.prepare_database.errors import DatabaseUnavailable, InvalidEvent, PreparationRefused
from sidestep.lambdas.prepare_database.postgres import statements
from sidestep.lambdas.prepare_database.preparation import Preparation
from tests.database.grounds import BOSS, PostgresGround
from tests.database.postgres import running_postgres


@pytest.fixture
def others(postgres_ground: PostgresGround) -> Iterator[PostgresGround]:
    """Two who own things: `app`, whom the administrator can act for, and `stranger`, whom it cannot."""
    postgres_ground.execute("CREATE ROLE app; CREATE ROLE stranger; GRANT app TO boss")
    postgres_ground.execute("GRANT ALL ON SCHEMA my_app TO app, stranger")
    yield postgres_ground
    postgres_ground.execute("DROP OWNED BY app, stranger CASCADE; DROP ROLE app, stranger")


def names(ground: PostgresGround) -> set[str]:
    """Return the names of the objects on which the user has privileges."""
    return {str(name) for name, *_ in ground.held()}


def test_the_administrator_is_not_a_superuser(postgres_ground: PostgresGround) -> None:
    assert postgres_ground.execute("SELECT rolsuper FROM pg_roles WHERE rolname = 'boss'") == ((False,),)


def test_every_kind_of_relation_can_be_read(postgres_ground: PostgresGround) -> None:
    # Given one of each kind
    postgres_ground.execute(
        "SET ROLE boss; SET search_path = my_app; CREATE VIEW a_view AS SELECT * FROM orders;"
        " CREATE MATERIALIZED VIEW a_copy AS SELECT * FROM orders;"
        " CREATE TABLE parts (id INT) PARTITION BY LIST (id);"
        " CREATE TABLE a_part PARTITION OF parts DEFAULT; CREATE SEQUENCE counter"
    )
    postgres_ground.execute("CREATE FOREIGN DATA WRAPPER wrapper; CREATE SERVER far FOREIGN DATA WRAPPER wrapper")
    postgres_ground.execute("CREATE FOREIGN TABLE my_app.far_away (id INT) SERVER far")
    postgres_ground.execute("ALTER TABLE my_app.far_away OWNER TO boss")

    # When
    try:
        postgres_ground.prepare("my_app")

        # Then
        for name in ("a_view", "a_copy", "parts", "a_part"):
            assert not postgres_ground.refused(f"SELECT * FROM my_app.{name}")
        assert "my_app.far_away" in names(postgres_ground)
        assert postgres_ground.refused("SELECT nextval('my_app.counter')")
    finally:
        postgres_ground.execute(
            "DROP VIEW my_app.a_view; DROP MATERIALIZED VIEW my_app.a_copy; DROP TABLE my_app.parts;"
            " DROP SEQUENCE my_app.counter; DROP FOREIGN DATA WRAPPER wrapper CASCADE"
        )


def test_tables_created_later_can_be_read(others: PostgresGround) -> None:
    # Given tables of two owners
    others.execute("CREATE TABLE my_app.of_app (id INT); ALTER TABLE my_app.of_app OWNER TO app")

    # When
    outcome = others.prepare("my_app")
    others.execute("SET ROLE app; CREATE TABLE my_app.later (id INT)")
    others.execute('SET ROLE boss; CREATE TABLE my_app.latest (id INT); CREATE TABLE "myXapp".elsewhere (id INT)')

    # Then
    try:
        assert [line for line in outcome["Grants"] if line.startswith("ALTER DEFAULT")] == [
            f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA "my_app" GRANT SELECT ON TABLES TO "reader"'
            for owner in ("app", "boss")
        ]
        for name in ("of_app", "later", "latest"):
            assert not others.refused(f"SELECT * FROM my_app.{name}")
        assert others.refused('SELECT * FROM "myXapp".elsewhere')
    finally:
        others.execute('DROP TABLE my_app.latest, "myXapp".elsewhere')


def test_with_named_tables_later_ones_cannot_be_read(postgres_ground: PostgresGround) -> None:
    # Given a whole schema at first
    postgres_ground.prepare("my_app")

    # When
    outcome = postgres_ground.prepare("my_app", "orders")
    postgres_ground.execute("SET ROLE boss; CREATE TABLE my_app.later (id INT)")

    # Then
    try:
        assert outcome["Beyond"] == []
        assert postgres_ground.refused("SELECT * FROM my_app.later")
        assert names(postgres_ground) == {"membership", "premises", "my_app", "my_app.orders"}
    finally:
        postgres_ground.execute("DROP TABLE my_app.later")


def test_a_table_of_another_owner_is_refused_and_nothing_is_changed(others: PostgresGround) -> None:
    # Given
    others.execute("CREATE TABLE my_app.theirs (id INT); ALTER TABLE my_app.theirs OWNER TO stranger")
    before = others.touched()

    # When
    with pytest.raises(PreparationRefused) as caught:
        others.prepare("my_app")

    # Then the message has table, owner and remedy
    assert str(caught.value) == (
        "boss may not grant SELECT on TABLE my_app.theirs; it belongs to stranger, who can: "
        'GRANT SELECT ON TABLE my_app.theirs TO "reader"; or GRANT "stranger" TO "boss"; then prepare again'
    )
    assert others.touched() == before
    assert others.execute("SELECT FROM pg_roles WHERE rolname = 'reader'") == ()


def test_the_remedy_of_the_message_helps(others: PostgresGround) -> None:
    # Given
    others.execute("CREATE TABLE my_app.theirs (id INT); ALTER TABLE my_app.theirs OWNER TO stranger")
    with pytest.raises(PreparationRefused, match='GRANT "stranger" TO "boss"'):
        others.prepare("my_app", "theirs")

    # When
    others.execute('GRANT "stranger" TO "boss"')
    others.prepare("my_app", "theirs")

    # Then
    assert not others.refused("SELECT * FROM my_app.theirs")


def test_a_grant_by_another_owner_is_enough(others: PostgresGround) -> None:
    # Given a user who may read the stranger's table already
    others.prepare("my_app")
    others.execute("CREATE TABLE my_app.theirs (id INT); ALTER TABLE my_app.theirs OWNER TO stranger")
    others.execute("SET ROLE stranger; GRANT SELECT ON my_app.theirs TO reader")

    # When / Then
    assert others.prepare("my_app")["Beyond"] == []
    assert not others.refused("SELECT * FROM my_app.theirs")


def test_the_remedy_never_joins_a_role_that_uses_tokens(others: PostgresGround) -> None:
    # Given an owner whose members cannot log in with a password
    others.execute("CREATE TABLE my_app.theirs (id INT); ALTER TABLE my_app.theirs OWNER TO stranger")
    others.execute("GRANT rds_iam TO stranger")

    # When / Then
    with pytest.raises(PreparationRefused, match=r'theirs TO "reader"; then prepare again$'):
        others.prepare("my_app", "theirs")


def test_a_schema_of_another_owner_is_refused(others: PostgresGround) -> None:
    # Given
    others.execute("CREATE SCHEMA theirs AUTHORIZATION stranger; CREATE TABLE theirs.orders (id INT)")
    others.execute("ALTER TABLE theirs.orders OWNER TO stranger")

    # When / Then
    with pytest.raises(
        PreparationRefused, match="boss may not grant USAGE on SCHEMA theirs, nor on 1 more; it belongs"
    ):
        others.prepare("theirs")


def test_every_kind_of_additional_privilege_is_revoked(others: PostgresGround) -> None:
    # Given
    others.prepare("my_app", "orders")
    others.execute(
        "SET ROLE boss; CREATE SEQUENCE my_app.counter; GRANT ALL ON my_app.counter TO reader;"
        " CREATE FUNCTION my_app.one(INT, TEXT) RETURNS INT LANGUAGE sql AS 'SELECT 1';"
        " GRANT EXECUTE ON FUNCTION my_app.one TO reader; CREATE TYPE my_app.mood AS ENUM ('low');"
        ' GRANT USAGE ON TYPE my_app.mood TO reader; GRANT SELECT (id), UPDATE (id) ON my_app."cust`omers" TO reader;'
        " GRANT ALL ON SCHEMA my_app TO reader; GRANT CREATE, TEMPORARY ON DATABASE premises TO reader;"
        " GRANT SELECT ON my_app.orders TO reader WITH GRANT OPTION;"
        " ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO reader;"
        " ALTER DEFAULT PRIVILEGES IN SCHEMA my_app GRANT EXECUTE ON FUNCTIONS TO reader;"
        " ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA my_app GRANT USAGE ON SEQUENCES TO reader;"
    )

    # When
    outcome = others.prepare("my_app", "orders")

    # Then
    try:
        assert outcome["Beyond"] == []
        assert others.held() == (
            ("membership", "rds_iam", False),
            ("my_app", "USAGE", False),
            ("my_app.orders", "SELECT", False),
            ("premises", "CONNECT", False),
        )
    finally:
        others.execute("DROP SEQUENCE my_app.counter; DROP FUNCTION my_app.one; DROP TYPE my_app.mood")


def test_privileges_that_only_others_can_revoke_are_reported(others: PostgresGround) -> None:
    # Given
    others.prepare("my_app", "orders")
    others.execute("CREATE TABLE my_app.theirs (id INT); ALTER TABLE my_app.theirs OWNER TO stranger")
    others.execute("SET ROLE stranger; GRANT INSERT ON my_app.theirs TO reader WITH GRANT OPTION")
    others.execute("GRANT SELECT ON my_app.orders TO stranger WITH GRANT OPTION")
    others.execute("SET ROLE stranger; GRANT SELECT ON my_app.orders TO reader WITH GRANT OPTION")
    others.execute(
        "ALTER ROLE reader CREATEDB; GRANT rds_iam TO reader WITH ADMIN OPTION; GRANT pg_monitor TO reader"
    )
    others.execute("CREATE TABLE my_app.own (id INT); ALTER TABLE my_app.own OWNER TO reader")
    others.execute("GRANT SELECT ON my_app.own TO boss")  # from now on its owner's privileges are written down
    others.execute("GRANT EXECUTE ON FUNCTION pg_read_file(text) TO reader")
    others.execute("GRANT SET ON PARAMETER lc_messages TO reader")
    others.server.execute("GRANT CONNECT ON DATABASE company TO reader; GRANT SELECT ON shop.orders TO reader")

    # When
    try:
        outcome = others.prepare("my_app", "orders")
    finally:
        others.server.execute("DROP OWNED BY reader")

    # Then
    assert outcome["Beyond"] == [
        "CONNECT on the database company",
        "GRANT EXECUTE ON ROUTINE pg_read_file(text), granted by postgres",
        "GRANT INSERT ON TABLE my_app.theirs WITH GRANT OPTION, granted by stranger",
        "GRANT SELECT ON TABLE my_app.orders WITH GRANT OPTION, granted by stranger",
        "membership in pg_monitor",
        "membership in rds_iam with admin option",
        "ownership of table my_app.own",
        "privileges in the database company",
        "privileges on parameter ACL lc_messages",
        "the attribute CREATEDB",
    ]


def test_tables_of_an_extension_are_not_granted(postgres_ground: PostgresGround) -> None:
    # Given a table that the administrator may not grant, as RDS owns those of extensions
    postgres_ground.execute("CREATE TABLE my_app.of_extension (id INT)")
    postgres_ground.execute("ALTER EXTENSION plpgsql ADD TABLE my_app.of_extension")

    # When
    try:
        postgres_ground.prepare("my_app")

        # Then
        assert postgres_ground.refused("SELECT * FROM my_app.of_extension")
        assert not postgres_ground.refused("SELECT * FROM my_app.orders")
    finally:
        postgres_ground.execute(
            "ALTER EXTENSION plpgsql DROP TABLE my_app.of_extension; DROP TABLE my_app.of_extension"
        )


def test_a_group_with_other_members_is_not_changed(postgres_ground: PostgresGround) -> None:
    # Given a role that brings its members the tokens
    postgres_ground.execute("CREATE ROLE team; GRANT rds_iam TO team")

    # When / Then
    with pytest.raises(
        PreparationRefused, match="the user 'team' exists and may not log in; another application may use it"
    ):
        postgres_ground.prepare("my_app", user="team")


def test_a_user_created_by_hand_is_used(postgres_ground: PostgresGround) -> None:
    # Given what the RDS user guide says
    postgres_ground.execute("CREATE USER reader; GRANT rds_iam TO reader")

    # When
    outcome = postgres_ground.prepare("my_app")

    # Then
    assert outcome["Beyond"] == []
    assert not postgres_ground.refused("SELECT * FROM my_app.orders")


def test_a_server_without_rds_iam_is_reported(postgres_ground: PostgresGround) -> None:
    # Given
    postgres_ground.execute("ALTER ROLE rds_iam RENAME TO hidden")

    # When / Then
    try:
        with pytest.raises(
            PreparationRefused, match=r"the role rds_iam, .* does not exist; .* IAM database authentication"
        ):
            postgres_ground.prepare("my_app")
        assert postgres_ground.execute("SELECT FROM pg_roles WHERE rolname = 'reader'") == ()
    finally:
        postgres_ground.execute("ALTER ROLE hidden RENAME TO rds_iam")


def test_an_administrator_without_createrole_is_reported(postgres_ground: PostgresGround) -> None:
    # Given
    postgres_ground.execute("ALTER ROLE boss NOCREATEROLE")

    # When / Then
    try:
        with pytest.raises(PreparationRefused, match="the database answered: 42501 permission denied to create role"):
            postgres_ground.prepare("my_app")
    finally:
        postgres_ground.execute("ALTER ROLE boss CREATEROLE")


def test_an_administrator_with_read_only_default_can_prepare(postgres_ground: PostgresGround) -> None:
    # Given
    postgres_ground.execute("ALTER ROLE boss SET default_transaction_read_only = on")

    # When
    try:
        outcome = postgres_ground.prepare("my_app")
    finally:
        postgres_ground.execute("ALTER ROLE boss RESET default_transaction_read_only")

    # Then
    assert outcome["Beyond"] == []


def test_functions_on_the_search_path_do_not_replace_those_of_the_catalog(postgres_ground: PostgresGround) -> None:
    # Given an attacker who waits for an administrator
    postgres_ground.execute("CREATE FUNCTION public.quote_ident(name) RETURNS text LANGUAGE sql AS 'SELECT 1 / 0'")
    postgres_ground.execute("CREATE TABLE public.pg_roles (rolname name)")
    postgres_ground.execute("ALTER ROLE boss SET search_path = public, pg_catalog")

    # When
    try:
        outcome = postgres_ground.prepare("my_app")
    finally:
        postgres_ground.execute("ALTER ROLE boss RESET search_path; DROP TABLE public.pg_roles")
        postgres_ground.execute("DROP FUNCTION public.quote_ident")

    # Then
    assert outcome["Beyond"] == []


WITH_PASSWORDS = "hostssl all all 127.0.0.1/32 scram-sha-256"

WITHOUT_MEMBERS = f"hostssl all +rds_iam 127.0.0.1/32 reject\n{WITH_PASSWORDS}"
"""What PostgreSQL can do so that those who have tokens cannot log in with passwords."""


@contextmanager
def server_of_a_boss(certificate: trustme.LeafCert, certificates: Path, log_in: str) -> Iterator[PostgresGround]:
    """Run a server whose administrator may grant rds_iam but is not a member of it, as on RDS."""
    with running_postgres(certificate, f"local all all trust\n{log_in}\n") as server:
        ground = PostgresGround(server, certificates)
        password = BOSS.replace("'", "''")
        server.execute_in("postgres", f"CREATE ROLE boss LOGIN CREATEROLE PASSWORD '{password}'; CREATE ROLE rds_iam")
        server.execute_in("postgres", f"CREATE DATABASE {ground.NAME} OWNER boss")
        ground.execute(MEMBERSHIPS)
        ground.execute_as_boss("CREATE SCHEMA my_app; CREATE TABLE my_app.orders (id INT)")
        yield ground


MEMBERSHIPS = """
CREATE FUNCTION public.memberships(newcomer name) RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN EXECUTE format('GRANT rds_iam TO %1$I; GRANT %1$I TO boss', newcomer); END $$"""
"""What an administrator cannot do from PostgreSQL 16 on without being a member of rds_iam, but on RDS can."""


@pytest.fixture
def makers_are_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """As from PostgreSQL 16 on, where this needs no statement."""
    creation = statements.creation
    monkeypatch.setattr(
        statements, "creation", lambda user: (creation(user)[0], f"SELECT public.memberships('{user}')")
    )


@pytest.mark.usefixtures("makers_are_members")
def test_an_administrator_who_would_be_locked_out_is_refused(authority: trustme.CA, certificates: Path) -> None:
    # Given
    certificate = authority.issue_cert("localhost")
    with server_of_a_boss(certificate, certificates, WITHOUT_MEMBERS) as ground:
        # When / Then
        with pytest.raises(PreparationRefused, match=r"boss would become a member .*: 28000 .* prepare again$"):
            ground.prepare("my_app")
        assert ground.execute("SELECT FROM pg_roles WHERE rolname = 'reader'") == ()
        connect(Login(ground.address, "boss", BOSS.encode(), ground.NAME, "my_app", 10)).close()

        # Given another administrator who creates the user
        ground.execute("CREATE ROLE reader LOGIN; GRANT rds_iam TO reader")

        # When / Then
        assert ground.prepare("my_app")["Beyond"] == []
        assert not ground.refused("SELECT * FROM my_app.orders")


@pytest.mark.usefixtures("makers_are_members")
def test_a_member_of_rds_iam_with_a_password_can_prepare(authority: trustme.CA, certificates: Path) -> None:
    # Given a server that does not check indirect membership
    certificate = authority.issue_cert("localhost")
    with server_of_a_boss(certificate, certificates, WITH_PASSWORDS) as ground:
        # When
        outcome = ground.prepare("my_app")

        # Then
        assert outcome["Beyond"] == []
        assert not ground.refused("SELECT * FROM my_app.orders")
        assert ground.execute("SELECT pg_has_role('boss', 'rds_iam', 'MEMBER')") == ((True,),)


def test_names_are_compared_in_the_case_of_the_catalog(postgres_ground: PostgresGround) -> None:
    with pytest.raises(
        PreparationRefused, match=r"the table 'Orders' is not in .* PostgreSQL keeps names in lower case"
    ):
        postgres_ground.prepare("my_app", "Orders")


@pytest.mark.parametrize("table", ["ä" * 32, "line\nfeed"])
def test_a_name_that_would_be_cut_off_is_refused(postgres_ground: PostgresGround, table: str) -> None:
    with pytest.raises(InvalidEvent, match=r"has 64 bytes; a name has 1 to 63|has a control character"):
        postgres_ground.prepare("my_app", table)


def test_a_missing_database_is_reported(postgres_ground: PostgresGround, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(PostgresGround, "database", lambda *_: "absent")

    # When / Then
    with pytest.raises(DatabaseUnavailable, match='as boss: 3D000 database "absent" does not exist'):
        postgres_ground.prepare("my_app")


def test_the_sample_exists_for_mysql_only(postgres_ground: PostgresGround) -> None:
    with pytest.raises(InvalidEvent, match="the sample is a MySQL"):
        postgres_ground.prepare("my_app", sample=True)


def test_the_script_is_one_transaction() -> None:
    assert statements.script(Preparation("reader", "premises", 'dou"ble')) == (
        '-- Run this in the database "premises".\n'
        "BEGIN;\n"
        'CREATE ROLE "reader" LOGIN;\n'
        'GRANT rds_iam TO "reader";\n'
        'GRANT CONNECT ON DATABASE "premises" TO "reader";\n'
        'GRANT USAGE ON SCHEMA "dou""ble" TO "reader";\n'
        'GRANT SELECT ON ALL TABLES IN SCHEMA "dou""ble" TO "reader";\n'
        "-- Tables that you will create; for those of another owner, once more with FOR ROLE before IN SCHEMA:\n"
        'ALTER DEFAULT PRIVILEGES IN SCHEMA "dou""ble" GRANT SELECT ON TABLES TO "reader";\n'
        "COMMIT;\n"
    )
