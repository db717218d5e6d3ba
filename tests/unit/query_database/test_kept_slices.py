"""Slices that wait for their page: on the disk, within a limit, and removed when no page needs them."""

from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from sidestep.lambdas.query_database import kept_slices as module
from sidestep.lambdas.query_database.errors import QueryFailed
from sidestep.lambdas.query_database.kept_slices import KeptSlices
from sidestep.lambdas.query_database.page import BEGINNING, Capacity, PageSlice, Position, page_slices
from tests.unit.query_database.series import LAYOUT, points

PAGE = Capacity(10, 100_000)
TIMES = ("2026-01-31T08:05:00Z", "2026-01-31T08:10:00Z", "2026-01-31T08:15:00Z")


def kept(folder: Path, run: str = "a", scheduled_time: str = TIMES[0]) -> KeptSlices:
    return KeptSlices(folder, run=run, scheduled_time=scheduled_time)


def cut(count: int = 25) -> list[PageSlice]:
    return list(page_slices([LAYOUT.metric_data(points(count))], BEGINNING, PAGE, PAGE))


def keep(slices: KeptSlices, query: str = "sessions") -> list[PageSlice]:
    """Keep all slices of a result but the first, and return them."""
    first, *rest = cut()
    assert first.end
    slices.write(query, first.end, rest)
    return rest


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def has(slices: KeptSlices, query: str = "sessions") -> bool:
    end = cut()[0].end
    assert end
    return slices.read(query, end) is not None


def test_slices_are_found_by_their_start(tmp_path: Path) -> None:
    # Given
    second, third = keep(kept(tmp_path))

    # When another invocation in the same environment looks for them
    later = kept(tmp_path)

    # Then, any number of times: an invocation may be repeated
    for _ in range(2):
        end = cut()[0].end
        assert end
        assert later.read("sessions", end) == second
        assert second.end
        assert later.read("sessions", second.end) == third


@pytest.mark.parametrize(
    ("run", "query", "position"),
    [
        ("b", "sessions", cut()[0].end),
        ("a", "other", cut()[0].end),
        ("a", "sessions", BEGINNING),
        ("a", "sessions", Position(10, "0" * 32)),
    ],
    ids=["another run", "another query", "another place", "another order"],
)
def test_slices_of_other_runs_are_not_found(tmp_path: Path, run: str, query: str, position: Position) -> None:
    keep(kept(tmp_path))
    assert kept(tmp_path, run).read(query, position) is None


def test_a_slice_without_datums_before_it_is_found(tmp_path: Path) -> None:
    # Given a query that found no room on its first page
    first, *rest = page_slices([LAYOUT.metric_data(points(5))], BEGINNING, Capacity(0, 0), PAGE)
    assert first.end
    kept(tmp_path).write("sessions", first.end, rest)

    # Then
    assert kept(tmp_path).read("sessions", BEGINNING) == rest[0]


def test_only_the_function_may_read_it(tmp_path: Path) -> None:
    keep(kept(tmp_path / "sidestep"))
    assert (tmp_path / "sidestep").stat().st_mode & 0o077 == 0


def test_slices_are_deleted_after_the_last_page(tmp_path: Path) -> None:
    # Given
    keep(kept(tmp_path))

    # When
    kept(tmp_path).remove()

    # Then
    assert list(tmp_path.iterdir()) == []


def test_slices_of_the_next_query_replace_those_before(tmp_path: Path) -> None:
    # Given
    one = kept(tmp_path)
    keep(one, "first")

    # When
    keep(one, "second")

    # Then
    assert [path.name.rpartition(" ")[2] for path in files(tmp_path)] == ["second"]


def test_a_newer_run_removes_what_an_older_one_left(tmp_path: Path) -> None:
    # Given a run that never came to its last page, and one of another schedule at the same time as the new one
    old, other = kept(tmp_path, "old", TIMES[0]), kept(tmp_path, "other", TIMES[1])
    keep(old)
    keep(other)

    # When
    kept(tmp_path, "new", TIMES[1]).begin()

    # Then
    assert not has(old)
    assert has(other)


def test_there_are_never_more_than_two_files(tmp_path: Path) -> None:
    # Given
    runs = [kept(tmp_path, f"run {number}", time) for number, time in enumerate(TIMES)]

    # When all of them are under way at once, and the oldest one is continued here
    for one in (*runs, runs[0]):
        keep(one)

    # Then
    assert [has(one) for one in runs] == [True, False, True]


def test_a_result_that_is_too_large_fails_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(module, "MAX_BYTES", 2**20)
    endless = (PageSlice(points(1000), 0, Position(number, "")) for number in range(1, 10**9))

    # When
    with pytest.raises(QueryFailed, match="1 MB"):
        kept(tmp_path).write("sessions", BEGINNING, endless)

    # Then
    assert files(tmp_path) == []


@pytest.mark.parametrize("error", [QueryFailed("row 11"), pymysql.OperationalError(2013, "row 11")])
def test_a_failed_result_leaves_no_file(tmp_path: Path, error: Exception) -> None:
    # Given
    def broken() -> Iterator[PageSlice]:
        yield cut()[0]
        raise error

    # When
    with pytest.raises(type(error), match="row 11"):
        kept(tmp_path).write("sessions", BEGINNING, broken())

    # Then
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    # Given a file where the folder should be
    folder = tmp_path / "sidestep"
    folder.write_text("")

    # When / Then
    with pytest.raises(QueryFailed, match="File exists"):
        keep(kept(folder))


def test_an_incomplete_file_of_a_killed_function_is_not_used(tmp_path: Path) -> None:
    # Given a function that was stopped in the middle
    keep(kept(tmp_path))
    (whole,) = files(tmp_path)
    whole.rename(f"{whole}.unfinished")

    # When / Then
    assert not has(kept(tmp_path))
    keep(kept(tmp_path))
    assert has(kept(tmp_path))
    assert files(tmp_path) == [whole]


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\0" * 100])
def test_an_unreadable_file_is_ignored(tmp_path: Path, damage: bytes) -> None:
    # Given
    keep(kept(tmp_path))
    (file,) = files(tmp_path)

    # When
    file.write_bytes(damage)
    assert not has(kept(tmp_path))
    file.unlink()
    file.mkdir()

    # Then
    assert not has(kept(tmp_path))
