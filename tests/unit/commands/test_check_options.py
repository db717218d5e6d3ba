"""The options of `sidestep check`: which fit together, and which queries they select."""

from pathlib import Path

import pytest
import trustme

from sidestep.commands.check.options import Options, chosen_queries
from sidestep.config.engines import MYSQL, POSTGRES
from sidestep.config.errors import OptionError
from sidestep.config.loader import load_settings
from sidestep.config.settings import Settings
from sidestep.connection.certificate_authority import hint, trusted_for
from sidestep.connection.login import check_engine
from sidestep.connection.url import Address, parsed
from tests.unit.metrics_files import write

TWO_DATABASES = """
namespace = "Shop"
schedule = "rate(5 minutes)"
[database.shop]
sample = true
[database.depot]
sample = true
[[query]]
name = "orders"
database = "shop"
sql = "SELECT 1 AS Orders"
metrics.Orders = {}
[[query]]
name = "customers"
database = "shop"
sql = "SELECT 1 AS Customers"
metrics.Customers = {}
[[query]]
name = "parcels"
database = "depot"
sql = "SELECT 1 AS Parcels"
metrics.Parcels = {}
"""

SAMPLE_REPLACED = TWO_DATABASES.replace(
    "[database.depot]\nsample = true",
    '[database.depot]\ninstance = "depot"\nvpc_id = "vpc-0a1b2c3d4e5f60718"\nschema = "public"',
)

NO_SCHEMES = ("", "app@localhost/shop", "app:secret@localhost/shop", "jdbc:postgresql://localhost/shop", "my_sql://x")

BEHIND = "has something behind the database, whose schema is the key schema of its table in the file"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(write(tmp_path, TWO_DATABASES))


def options(*queries: str, of: str | None = None, local: bool = True) -> Options:
    return Options(file=Path("metrics.toml"), local=local, of=of, queries=queries)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mysql://app@db.example.com/shop", Address(MYSQL, "app", "db.example.com", 3306, "shop")),
        ("mariadb://app@localhost:3307/shop", Address(MYSQL, "app", "localhost", 3307, "shop")),
        ("mysql://a%40b@10.0.0.1/my%20shop", Address(MYSQL, "a@b", "10.0.0.1", 3306, "my shop")),
        ("mysql://app@[::1]:3307/shop", Address(MYSQL, "app", "::1", 3307, "shop")),
        ("postgres://app@db.example.com/company", Address(POSTGRES, "app", "db.example.com", 5432, "company")),
        ("postgresql://app@localhost:5433/a%2Fb", Address(POSTGRES, "app", "localhost", 5433, "a/b")),
    ],
)
def test_a_url_says_who_asks_where(url: str, address: Address) -> None:
    assert parsed(url) == address


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "postgres", "postgresql"])
@pytest.mark.parametrize("password", ["secret", "", "s:e", "s@e", "s%2Fe"])
def test_a_password_in_the_url_is_refused_and_not_repeated(scheme: str, password: str) -> None:
    with pytest.raises(OptionError) as caught:
        parsed(f"{scheme}://app:{password}@localhost/shop")
    assert str(caught.value) == (
        "--database: has a password, which would stay in the shell's history and show in the list of processes; "
        "leave it out and type it when asked, or put it into SIDESTEP_DATABASE_PASSWORD"
    )


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql:app@localhost/shop", "has no user"),
        ("mysql://localhost/shop", "has no user"),
        ("mysql://app@/shop", "has no host"),
        ("mysql://app@local host/shop", "has a host that is neither a name nor an address"),
        (f"mysql://app@{'a' * 64}/shop", "has a host that is neither a name nor an address"),
        (f"mysql://app@{'a.' * 127}b/shop", "has a host that is neither a name nor an address"),
        ("mysql://app@localhost:0/shop", "has a port that is not a number from 1 to 65535"),
        ("mysql://app@localhost:65536/shop", "has a port that is not a number from 1 to 65535"),
        ("mysql://app@localhost:first/shop", "has a port that is not a number from 1 to 65535"),
        ("mysql://app@localhost", "has no schema"),
        ("mysql://app@localhost/", "has no schema"),
        ("mysql://app@localhost/shop/orders", "has something behind the schema"),
        ("mysql://app@localhost/%FF", "has a schema that cannot be read"),
        ("mysql://a%00b@localhost/shop", "has a user that cannot be read"),
        ("mysql://app@localhost/shop?ssl=false", "has something behind the schema"),
        ("mysql://app:sec/ret@localhost/shop", "has no user"),
        ("mysql://app:sec#ret@localhost/shop", "has no user"),
    ],
)
def test_another_url_is_refused_without_repeating_it(url: str, problem: str) -> None:
    with pytest.raises(OptionError) as caught:
        parsed(url)
    assert str(caught.value) == f"--database: {problem}; write mysql://user@host[:port]/schema"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgres://localhost/company", "has no user"),
        ("postgres://app@localhost:0/company", "has a port that is not a number from 1 to 65535"),
        ("postgres://app@localhost", "has no database"),
        ("postgresql://app@localhost/%FF", "has a database that cannot be read"),
        ("postgres://app@localhost/company/shop", BEHIND),
        ("postgres://app@localhost/company?options=-csearch_path%3Dshop", BEHIND),
        ("postgres://app@localhost/company?password=secret", BEHIND),
        ("postgres://app:sec#ret@localhost/company", "has no user"),
    ],
)
def test_the_url_of_a_postgresql_has_no_schema(url: str, problem: str) -> None:
    with pytest.raises(OptionError) as caught:
        parsed(url)
    assert str(caught.value) == f"--database: {problem}; write postgres://user@host[:port]/database"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        *((url, "does not begin with mysql://, mariadb://, postgres:// or postgresql://") for url in NO_SCHEMES),
        ("mysql://app@[::1/shop", "cannot be read"),
        ("postgres://app:secret@\u2100/shop", "cannot be read"),
    ],
)
def test_a_url_of_no_engine_is_told_of_all(url: str, problem: str) -> None:
    with pytest.raises(OptionError) as caught:
        parsed(url)
    assert str(caught.value) == (
        f"--database: {problem}; write mysql://user@host[:port]/schema or postgres://user@host[:port]/database"
    )


@pytest.mark.parametrize(
    ("host", "file", "name"),
    [
        ("orders.c0ffee.eu-central-1.rds.amazonaws.com", "rds-roots.pem", "the roots of RDS"),
        ("orders.cluster-c0ffee.eu-central-1.rds.amazonaws.com", "rds-roots.pem", "the roots of RDS"),
        ("x.proxy-c0ffee.eu-central-1.rds.amazonaws.com", "amazon-roots.pem", "the roots of Amazon Trust Services"),
    ],
)
def test_rds_is_trusted_as_the_function_trusts_it(host: str, file: str, name: str) -> None:
    # When
    trust = trusted_for(host, None)

    # Then
    assert trust.file is not None
    assert (trust.file.name, trust.file.exists(), trust.name) == (file, True, name)


@pytest.mark.parametrize("host", ["localhost", "rds.amazonaws.com.example.com", "db.example.com"])
def test_any_other_host_is_trusted_as_the_machine_trusts_it(host: str) -> None:
    assert trusted_for(host, None).file is None


def test_a_file_of_ones_own_comes_first(tmp_path: Path) -> None:
    # Given
    roots = tmp_path / "roots.pem"
    trustme.CA().cert_pem.write_to_path(str(roots))

    # When / Then
    assert trusted_for("orders.c0ffee.eu-central-1.rds.amazonaws.com", roots).file == roots


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    # Given
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")

    # When / Then
    with pytest.raises(OptionError, match=r"empty\.pem: has no certificate; name a PEM file"):
        trusted_for("localhost", empty)
    with pytest.raises(OptionError, match=r"missing\.pem: cannot be read: No such file"):
        trusted_for("localhost", tmp_path / "missing.pem")


def test_only_an_unknown_authority_brings_the_hint() -> None:
    # Given
    trust = trusted_for("localhost", None)

    # When / Then
    assert "--ca FILE" in hint("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate in chain", trust)
    assert hint("[SSL: CERTIFICATE_VERIFY_FAILED] certificate is not valid for 'localhost'", trust) == ""
    assert hint("1045 Access denied", trust) == ""


@pytest.mark.parametrize(
    ("wrong", "option"),
    [
        (Options(file=Path(), local=True, database="mysql://app@localhost/shop"), "--local"),
        (Options(file=Path(), local=True, ca=Path("roots.pem")), "--ca"),
        (Options(file=Path(), iam=True), "--iam"),
    ],
)
def test_options_that_do_not_fit_together_are_rejected(wrong: Options, option: str) -> None:
    with pytest.raises(OptionError, match=f"^{option} .*--database"):
        wrong.check()


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (options(local=False), ["orders", "customers", "parcels"]),
        (options(of="shop"), ["orders", "customers"]),
        (options("parcels"), ["parcels"]),
        (options("customers", "orders"), ["orders", "customers"]),
        (options("customers", of="shop"), ["customers"]),
    ],
)
def test_queries_are_chosen_in_the_order_of_the_file(settings: Settings, given: Options, names: list[str]) -> None:
    assert [query.name for query in chosen_queries(settings, given)] == names


@pytest.mark.parametrize(
    ("given", "facts"),
    [
        (options(), ["metrics.toml: ", "--of: shop, depot"]),
        (options(of="shopp"), ["--of shopp: metrics.toml ", '"shop"', "shop, depot"]),
        (options("order", of="shop"), ["--query order: database.shop ", '"orders"']),
        (options("parcels", of="shop"), ["--query parcels: database.shop ", "orders, customers"]),
        (options("x"), ["--query x: metrics.toml ", "orders, customers, parcels"]),
    ],
)
def test_the_error_for_a_wrong_name_has_the_right_names(settings: Settings, given: Options, facts: list[str]) -> None:
    with pytest.raises(OptionError) as caught:
        chosen_queries(settings, given)
    assert str(caught.value).startswith(facts[0])
    assert [fact for fact in facts if fact not in str(caught.value)] == []


def test_another_engine_than_the_files_is_refused(settings: Settings) -> None:
    # When
    with pytest.raises(OptionError) as caught:
        check_engine(POSTGRES, "--database", settings, "depot")

    # Then
    assert str(caught.value) == (
        "--database is for PostgreSQL, but database.depot is MySQL in the file, and its queries are in the SQL of "
        "that; name a MySQL database with --database"
    )
    check_engine(MYSQL, "--database", settings, "depot")


def test_a_table_that_lacks_the_key_of_postgresql_is_told_of_it(tmp_path: Path) -> None:
    # Given what would be a PostgreSQL with the key
    settings = load_settings(write(tmp_path, SAMPLE_REPLACED))

    # When
    with pytest.raises(OptionError) as caught:
        check_engine(POSTGRES, "--database", settings, "depot")

    # Then
    assert str(caught.value).endswith(
        "; name a MySQL database with --database, or give database.depot the key database if it is a PostgreSQL"
    )
