"""The files of a new project, and the database that options or answers choose."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.commands.init import Choice, Options, check, choose, files_of, next_steps, write
from sidestep.config.databases import Cluster, Instance, Proxy, Sample
from sidestep.config.engines import MYSQL, POSTGRES
from sidestep.config.errors import ConfigError, OptionError
from sidestep.config.loader import load_settings

VPC = "vpc-0123456789abcdef0"


def answering(*answers: str) -> Callable[[str], str]:
    """Return a prompt that gets these answers, in this order."""
    given: Iterator[str] = iter(answers)
    return lambda _: next(given)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (Options(sample=True), Sample),
        (Options(instance="orders-db", vpc=VPC, schema="shop"), Instance),
        (Options(cluster="orders", engine="aurora-postgresql", vpc=VPC, schema="company"), Cluster),
        (Options(proxy="orders", engine="postgres", vpc=VPC, schema='a "quoted" name'), Proxy),
        (Options(proxy="Orders-1", engine="mariadb", vpc=VPC, schema="shop"), Proxy),
    ],
)
def test_a_new_project_is_valid(tmp_path: Path, options: Options, kind: type) -> None:
    # When
    files = files_of(choose(options, None))
    check(files)
    write(tmp_path / "new" / "project", files)

    # Then
    settings = load_settings(tmp_path / "new" / "project" / "metrics.toml")
    ((name, database),) = settings.databases.items()
    assert type(database) is kind
    assert database.prepare
    assert settings.warnings == ()
    assert any(name in line for line in next_steps(tmp_path, files))
    for file in ("app.py", "cdk.json"):
        assert files[file] == (paths.ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        (Options(proxy="Orders_1", vpc=VPC, schema="shop"), ["metrics.toml: database.orders-1", "proxy", "Orders_1"]),
        (Options(instance="orders", vpc=VPC, schema="caf\udce9"), ["metrics.toml: "]),
        (Options(instance="orders", vpc=VPC, schema="a\x7f"), ["metrics.toml: "]),
        (
            Options(instance="orders", vpc="vpc-1", schema="shop"),
            ["metrics.toml: database.orders", "vpc_id", "vpc-1"],
        ),
    ],
)
def test_a_wrong_value_is_named_as_in_the_file(options: Options, facts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        check(files_of(choose(options, None)))
    assert [fact for fact in facts if fact not in str(caught.value)] == []


def test_missing_options_are_asked_for_in_a_terminal() -> None:
    assert choose(Options(), answering("sample")) == Choice(kind="sample")
    asked = choose(Options(), answering("Cluster", "orders", "postgres", VPC, "company"))
    assert asked == Choice(kind="cluster", identifier="orders", engine=POSTGRES, vpc_id=VPC, schema="company")
    rest = choose(Options(instance="orders-db", engine="mysql"), answering(VPC, "shop"))
    assert rest == Choice(kind="instance", identifier="orders-db", engine=MYSQL, vpc_id=VPC, schema="shop")


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        (Options(), ["--sample", "--instance", "--cluster", "--proxy"]),
        (Options(sample=True, instance="x"), ["--sample", "--instance"]),
        (Options(instance="x", proxy="y"), ["--instance", "--proxy"]),
        (Options(sample=True, vpc=VPC), ["--vpc"]),
        (Options(instance="x", engine="oracle", vpc=VPC, schema="s"), ["--engine", "oracle", "mysql", "postgres"]),
        (Options(instance="x", engine="\x1b[2J", vpc=VPC, schema="s"), ["--engine", r"\x1b[2J"]),
        (Options(instance="x", schema="s"), ["--vpc"]),
        (Options(instance="x", vpc=VPC, schema=" "), ["--schema"]),
    ],
)
def test_a_wrong_option_is_named(options: Options, facts: list[str]) -> None:
    with pytest.raises(OptionError) as caught:
        choose(options, None)
    assert [fact for fact in facts if fact not in str(caught.value)] == []


def test_an_unknown_kind_of_database_is_refused() -> None:
    with pytest.raises(OptionError, match=r"'clutser'.*cluster"):
        choose(Options(), answering("clutser"))


@pytest.mark.parametrize("name", ["metrics.toml", ".gitignore"])
def test_existing_files_are_never_replaced(tmp_path: Path, name: str) -> None:
    # Given
    (tmp_path / name).write_text("mine")

    # When
    with pytest.raises(OptionError, match=name.replace(".", r"\.")):
        write(tmp_path, files_of(Choice(kind="sample")))

    # Then
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match="file"):
        write(tmp_path / "file" / "project", files_of(Choice(kind="sample")))
