"""The URLs of databases: their parts, and messages that do not repeat them."""

import pytest

from sidestep.config.engines import MYSQL, POSTGRES
from sidestep.config.errors import OptionError
from sidestep.connection.url import PASSWORD_VARIABLE, Address, form_of, parsed


def refusal_of(url: str) -> str:
    """Return the message about a URL."""
    with pytest.raises(OptionError) as caught:
        parsed(url)
    return str(caught.value)


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
def test_the_parts_of_a_url(url: str, address: Address) -> None:
    assert parsed(url) == address


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "postgres", "postgresql"])
@pytest.mark.parametrize("password", ["secret", "", "s:e", "s@e", "s%2Fe"])
def test_a_password_is_refused_and_not_repeated(scheme: str, password: str) -> None:
    # When
    refusal = refusal_of(f"{scheme}://jane:{password}@localhost/depot")

    # Then
    assert PASSWORD_VARIABLE in refusal
    assert [part for part in ("jane", "localhost", "depot", "secret", "s:e", "s@e", "s%2Fe") if part in refusal] == []


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("mysql:jane@db.test/depot", "user"),
        ("mysql://db.test/depot", "user"),
        ("mysql://jane@/depot", "host"),
        ("mysql://jane@db test/depot", "host"),
        (f"mysql://jane@{'a' * 64}/depot", "host"),
        (f"mysql://jane@{'a.' * 127}b/depot", "host"),
        ("mysql://jane@db.test:0/depot", "port"),
        ("mysql://jane@db.test:65536/depot", "port"),
        ("mysql://jane@db.test:first/depot", "port"),
        ("mysql://jane@db.test", "schema"),
        ("mysql://jane@db.test/", "schema"),
        ("mysql://jane@db.test/depot/parcels", "schema"),
        ("mysql://jane@db.test/%FF", "schema"),
        ("mysql://jane%00b@db.test/depot", "user"),
        ("mysql://jane@db.test/depot?ssl=false", "schema"),
        ("mysql://jane:sec/ret@db.test/depot", "user"),
        ("mysql://jane:sec#ret@db.test/depot", "user"),
        ("postgres://db.test/depot", "user"),
        ("postgres://jane@db.test:0/depot", "port"),
        ("postgres://jane@db.test", "database"),
        ("postgresql://jane@db.test/%FF", "database"),
        ("postgres://jane@db.test/depot/parcels", "key schema"),
        ("postgres://jane@db.test/depot?options=-csearch_path%3Dparcels", "key schema"),
        ("postgres://jane@db.test/depot?password=secret", "key schema"),
        ("postgres://jane:sec#ret@db.test/depot", "user"),
    ],
)
def test_a_wrong_part_is_named_and_nothing_is_repeated(url: str, part: str) -> None:
    # Given
    engine = MYSQL if url.startswith("mysql") else POSTGRES

    # When
    problem, _, form = refusal_of(url).rpartition("use ")

    # Then
    assert part in problem
    assert form == form_of(engine)
    assert [word for word in ("jane", "db.test", "depot", "parcels", "sec", "ret", "aaa") if word in problem] == []


@pytest.mark.parametrize(
    ("url", "named"),
    [
        *(
            (url, ["mysql://", "mariadb://", "postgres://", "postgresql://"])
            for url in ("", "jane@db.test/x", "jane:secret@db.test/x", "jdbc:postgresql://db.test/x", "my_sql://x")
        ),
        ("mysql://jane@[::1/x", []),
        ("postgres://jane:secret@\u2100/x", []),
    ],
)
def test_a_url_of_no_engine_gets_the_forms_of_all(url: str, named: list[str]) -> None:
    # When
    refusal = refusal_of(url)

    # Then
    assert [part for part in (*named, form_of(MYSQL), form_of(POSTGRES)) if part not in refusal] == []
    assert [word for word in ("jane", "db.test", "secret", "jdbc", "my_sql") if word in refusal] == []
