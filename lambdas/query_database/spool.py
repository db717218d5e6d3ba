"""What does not fit onto a run's page waits on the function's disk, so that the database is asked once.

The next page usually finds it: Lambda keeps an execution environment, and its /tmp, for the next invocation. It need
not, so whoever finds nothing here asks the database again.
"""

import marshal
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from query_database.blocks import Block, Position
from query_database.errors import QueryFailed

MAX_BYTES: Final = 200 * 2**20
"""Of one query's blocks; two runs may have as much. A function's disk has 512 MB (Lambda quotas, default)."""

_UNFINISHED: Final = ".unfinished"
"""Ends the name of a folder while its blocks are written; what a killed function leaves is never taken for whole."""


def default_folder() -> Path:
    """Return where an environment keeps its spools: below /tmp, the one place where Lambda lets a function write."""
    return Path(os.environ.get("TMPDIR", "/tmp"), "sidestep")  # noqa: S108 - Lambda's own, nobody else is there


class Spool:
    """The blocks of one run that wait for their pages: a folder per query, a file per block."""

    def __init__(self, folder: Path, *, run: str, scheduled_time: str) -> None:
        """Name the spool of a run, among those of other runs in `folder`; nothing is written yet.

        Args:
            folder: of all spools of this environment.
            run: the run's identifier.
            scheduled_time: of the run, ISO 8601 in UTC: as text these sort by time.
        """
        self._all = folder
        self._scheduled_time = scheduled_time
        self._own = folder / f"{scheduled_time} {run}"

    def read(self, query: str, position: Position) -> Block | None:
        """Return the block of a query that begins at `position`; None if it is not here."""
        try:
            content = self._file(self._own / query, position).read_bytes()
        except FileNotFoundError:
            return None
        # Several times as fast as JSON; only this function has written it, and only this function may read it.
        datums, size, end = marshal.loads(content)  # noqa: S302
        return Block(datums, size, Position(*end) if end else None)

    def write(self, query: str, start: Position, blocks: Iterable[Block]) -> None:
        """Keep the blocks of a query, the first of which begins at `start`.

        The run's earlier queries, which are on their pages by now, give up their place, as older runs do.

        Raises:
            QueryFailed: these are more than `MAX_BYTES`, or the disk does not take them.
        """
        self._make_room()
        unfinished = self._own / f"{query}{_UNFINISHED}"
        try:
            with _disk():
                unfinished.mkdir(mode=0o700, parents=True)
            self._write(unfinished, start, blocks)
            with _disk():
                unfinished.rename(self._own / query)
        except BaseException:
            self.remove()
            raise

    def begin(self) -> None:
        """Remove what runs that were scheduled earlier left behind, because they never came to their last page."""
        for spool in self._others():
            if spool.name.partition(" ")[0] < self._scheduled_time:
                _remove(spool)

    def remove(self) -> None:
        """Remove the run's own blocks."""
        _remove(self._own)

    def _make_room(self) -> None:
        """Leave one other run at the most: one of another schedule may be under way at the same time."""
        self.remove()
        for spool in self._others()[:-1]:
            _remove(spool)

    def _others(self) -> list[Path]:
        """Return the spools of other runs, the oldest first."""
        return sorted(path for path in _entries(self._all) if path != self._own)

    def _write(self, folder: Path, start: Position, blocks: Iterable[Block]) -> None:
        written = 0
        for block in blocks:
            end = None if block.end is None else (block.end.published, block.end.trail)
            content = marshal.dumps((block.datums, block.size, end))
            written += len(content)
            if written > MAX_BYTES:
                raise QueryFailed(
                    f"the result is larger than a run can keep, {MAX_BYTES // 2**20} MB beyond its first page; "
                    "return fewer rows, or spread them over several queries"
                )
            with _disk():
                self._file(folder, start).write_bytes(content)
            if block.end:
                start = block.end

    @staticmethod
    def _file(folder: Path, position: Position) -> Path:
        return folder / f"{position.published} {position.trail}"


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise QueryFailed(
            f"what does not fit onto one page could not be kept on the function's disk: {error.strerror}"
        ) from error


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _remove(path: Path) -> None:
    """Remove a file, or a folder with what is in it; shutil would cost each cold start some milliseconds."""
    if path.is_dir():
        for entry in path.iterdir():
            _remove(entry)
        path.rmdir()
    elif path.exists():
        path.unlink()
