"""Keeps what does not fit on a run's page on the function's disk, so that the query runs once.

The next page usually finds it: Lambda keeps an execution environment, and its /tmp, for the next invocation. If
Lambda recycles the environment, the query runs again.
"""

import marshal
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is a class
from typing import Final

from .errors import QueryFailed
from .page import PageSlice, Position

MAX_BYTES: Final = 200 * 2**20
"""Bytes of one query's slices. Two runs may have as many; a function's disk has 512 MB (Lambda quotas, default)."""

_UNFINISHED: Final = ".unfinished"
"""Ends the name of a file while it is written, so that the file of a stopped function is not read."""

_FINGERPRINT_BYTES: Final = 32

_DAMAGED: Final = (EOFError, TypeError, ValueError, StructError)
"""The errors that reading a damaged file may raise."""

_HEADER: Final = Struct(f">Q{_FINGERPRINT_BYTES}sQ")
"""Before each slice: the position where it begins, and its bytes."""


def default_folder() -> Path:
    """Return the folder of an environment's slices: below /tmp, the only place where a Lambda function can write."""
    return Path(os.environ.get("TMPDIR", "/tmp"), "sidestep")  # noqa: S108 - no other user in Lambda


class KeptSlices:
    """The slices of one run that wait for their pages: one file, as only one query at a time is published in part."""

    def __init__(self, folder: Path, *, run: str, scheduled_time: str) -> None:
        """Name the file of a run; write nothing yet.

        Args:
            folder: of the files of all runs in this environment.
            run: the run's identifier.
            scheduled_time: of the run, ISO 8601 in UTC: as text, these sort by time.
        """
        self._folder = folder
        self._scheduled_time = scheduled_time
        self._run = f"{scheduled_time} {run}"

    def read(self, query: str, position: Position) -> PageSlice | None:
        """Return the slice of a query that begins at `position`; None if it is not here."""
        wanted = (position.published, position.fingerprint.encode().ljust(_FINGERPRINT_BYTES, b"\0"))
        try:
            with self._file(query).open("rb") as file:
                while header := file.read(_HEADER.size):
                    *beginning, length = _HEADER.unpack(header)
                    if tuple(beginning) == wanted:
                        return _page_slice(file.read(length))
                    file.seek(length, os.SEEK_CUR)
        except (OSError, *_DAMAGED):
            pass  # the query can run again
        return None

    def write(self, query: str, start: Position, slices: Iterable[PageSlice]) -> None:
        """Keep the slices of a query, the first of which begins at `start`.

        Remove those of the run's earlier queries, which are published, and of older runs.

        Raises:
            QueryFailed: there are more than `MAX_BYTES`, or the disk refuses them.
        """
        self._remove_others()
        unfinished = self._file(f"{query}{_UNFINISHED}")
        try:
            with _disk_errors():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                file = unfinished.open("wb")
            with file:
                for record in _records(start, slices):
                    with _disk_errors():
                        file.write(record)
            with _disk_errors():
                unfinished.rename(self._file(query))
        except BaseException:
            self.remove()
            raise

    def begin(self) -> None:
        """Remove the files of runs that were scheduled earlier and never reached their last page."""
        for file in self._files():
            if file.name.partition(" ")[0] < self._scheduled_time:
                file.unlink()

    def remove(self) -> None:
        """Remove the run's own file."""
        for file in self._files():
            if file.name.startswith(self._run):
                file.unlink()

    def _remove_others(self) -> None:
        """Remove all files but the newest of another run: a run of another schedule may be under way."""
        self.remove()
        for file in self._files()[:-1]:
            file.unlink()

    def _files(self) -> list[Path]:
        """Return the files of all runs, the oldest first."""
        return sorted(self._folder.iterdir()) if self._folder.is_dir() else []

    def _file(self, query: str) -> Path:
        return self._folder / f"{self._run} {query}"


def _records(start: Position, slices: Iterable[PageSlice]) -> Iterator[bytes]:
    """Yield the record of each slice: where it begins, its length, and the slice itself."""
    written = 0
    for page_slice in slices:
        end = page_slice.end and (page_slice.end.published, page_slice.end.fingerprint)
        content = marshal.dumps((page_slice.points, page_slice.size, end))
        written += len(content)
        if written > MAX_BYTES:
            raise QueryFailed(
                f"the result is larger than a run can keep, {MAX_BYTES // 2**20} MB beyond its first page; "
                "return fewer rows, or spread them over several queries"
            )
        yield _HEADER.pack(start.published, start.fingerprint.encode(), len(content)) + content
        start = page_slice.end or start


def _page_slice(content: bytes) -> PageSlice:
    # Several times as fast as JSON. Only this function writes to its disk.
    points, size, end = marshal.loads(content)  # noqa: S302
    return PageSlice(points, size, end and Position(*end))


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise QueryFailed(
            f"what does not fit onto one page could not be kept on the function's disk: {error.strerror}"
        ) from error
