"""The servers of `sidestep local --database`, and files that the local cloud does not support."""

import sys
import textwrap
from pathlib import Path

import pytest

from sidestep.config.errors import ConfigError, OptionError
from sidestep.config.loader import load_settings
from sidestep.config.settings import Settings
from sidestep.local.foreground import commands_for
from sidestep.local.servers import check_supported, connections_to

SAMPLE = ["sample = true", "prepare = true"]
NETWORK = ['vpc_id = "vpc-0a1b2c3d"', 'schema = "orders"']
ORDERS = ['instance = "orders-db"', *NETWORK]
HANDY = [
    'endpoint = "orders.example.com"',
    'resource_id = "db-ABC"',
    'subnets = ["subnet-0a1b2c3d"]',
    'security_group = "sg-0a1b2c3d"',
    *NETWORK,
]
COMPANY = ['cluster = "company-db"', 'vpc_id = "vpc-0a1b2c3d"', 'database = "company"']


def file_of(folder: Path, **databases: list[str]) -> tuple[Settings, Path]:
    lines = ['namespace = "Shop"', 'schedule = "rate(1 hour)"']
    for name, keys in databases.items():
        lines += [f"[database.{name}]", *keys]
    for name in databases:
        lines += [
            "[[query]]",
            f'name = "of_{name}"',
            f'database = "{name}"',
            f'sql = "SELECT 1 AS One{name.title()}"',
        ]
        lines += [f"metrics = {{ One{name.title()} = {{}} }}"]
    file = folder / "metrics.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return load_settings(file), file


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIDESTEP_DATABASE_PASSWORD", "a secret")


def test_the_only_database_needs_no_name(tmp_path: Path) -> None:
    # Given the sample, which is embedded, and one other database
    settings, file = file_of(tmp_path, shop=SAMPLE, orders=ORDERS)

    # When
    ways = connections_to(["mysql://me@localhost:3307/dev_orders"], settings, file=file, ca=None)

    # Then the connection uses the schema of the URL
    endpoint = ways["orders"].endpoint
    assert (list(ways), endpoint.host, endpoint.port, endpoint.database) == (
        ["orders"],
        "localhost",
        3307,
        "dev_orders",
    )


def test_each_database_has_its_own_server(tmp_path: Path) -> None:
    # Given
    settings, file = file_of(tmp_path, orders=ORDERS, company=COMPANY)
    given = ["company=postgres://me@localhost/dev", "orders=mysql://me@localhost/dev"]

    # When
    ways = connections_to(given, settings, file=file, ca=None)

    # Then
    assert {name: way.engine.name for name, way in ways.items()} == {"company": "postgres", "orders": "mysql"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["mysql://me@localhost/dev"], "orders, company"),
        (["order=mysql://me@localhost/dev"], "orders"),
        (["shop=mysql://me@localhost/dev"], "shop"),
        (["orders=postgres://me@localhost/dev"], "database.orders"),
        (["orders=mysql://me@localhost/a", "orders=mysql://me@localhost/b"], "orders"),
        (["orders=mysql://me:secret@localhost/dev"], "SIDESTEP_DATABASE_PASSWORD"),
        (["orders=sqlite://dev"], "mysql://"),
        (["="], "orders"),
    ],
)
def test_an_ambiguous_or_wrong_server_is_refused(tmp_path: Path, given: list[str], named: str) -> None:
    # Given
    settings, file = file_of(tmp_path, shop=SAMPLE, orders=ORDERS, company=COMPANY)

    # When
    with pytest.raises(OptionError) as caught:
        connections_to(given, settings, file=file, ca=None)

    # Then
    assert named in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_sample_has_no_server(tmp_path: Path) -> None:
    settings, file = file_of(tmp_path, shop=SAMPLE)
    for given, ca in ((["mysql://me@localhost/dev"], None), ([], tmp_path / "roots.pem")):
        with pytest.raises(OptionError, match=r"--(database|ca)"):
            connections_to(given, settings, file=file, ca=ca)


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ([*HANDY, 'account = "111122223333"'], "account"),
        ([*ORDERS, 'region = "eu-central-1"'], "region"),
    ],
)
def test_another_account_or_region_is_named(tmp_path: Path, table: list[str], key: str) -> None:
    settings, file = file_of(tmp_path, orders=table)
    with pytest.raises(ConfigError, match=f"^metrics.toml: database.orders.{key}: "):
        check_supported(settings, file=file)


def test_two_schemas_of_one_instance_are_named(tmp_path: Path) -> None:
    # Given two spellings of a name: RDS stores names in lower case
    billing = ['instance = "Orders-DB"', 'vpc_id = "vpc-0a1b2c3d"', 'schema = "billing"']
    settings, file = file_of(tmp_path, orders=ORDERS, billing=billing)

    # Then
    with pytest.raises(ConfigError, match=r"^metrics.toml: database.billing: .* database.orders,"):
        check_supported(settings, file=file)


def test_supported_databases_are_accepted(tmp_path: Path) -> None:
    here = ['account = "123456789012"', 'region = "eu-central-2"']
    settings, file = file_of(tmp_path, shop=SAMPLE, orders=[*ORDERS, *here], company=COMPANY, handy=HANDY)
    check_supported(settings, file=file)


def test_there_is_a_command_for_each_embedded_database_with_prepare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    prepared = "prepare = true"
    settings, file = file_of(
        tmp_path,
        shop=SAMPLE,
        orders=[*ORDERS, prepared],
        ready=['instance = "ready-db"', *NETWORK],
        handy=[*HANDY, prepared],
        real=['proxy = "real-db"', *NETWORK, prepared],
        company=[*COMPANY, prepared],
    )
    servers = connections_to(["real=mysql://me@localhost/dev"], settings, file=file, ca=None)

    # When
    elsewhere = commands_for(settings.databases, servers, file)
    monkeypatch.chdir(tmp_path)
    here = commands_for(settings.databases, servers, Path("metrics.toml"))

    # Then
    expected = """\
        cdk bootstrap
        cdk deploy --all
        sidestep prepare shop
        sidestep prepare orders
        sidestep prepare handy --secret sidestep-local/handy"""
    assert here == [f"source {sys.prefix}/bin/activate", *textwrap.dedent(expected).splitlines()]
    _, bootstrap, deploy, *prepare = elsewhere
    assert [line.removesuffix(f" --context metrics={file}") for line in (bootstrap, deploy)] == here[1:3]
    assert [line.removesuffix(f" --file {file}") for line in prepare] == here[3:]
