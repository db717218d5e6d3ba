"""What does not fit onto a run's page waits on the function's disk, so that the database is asked once.

The next page usually finds it: Lambda keeps an execution environment, and its /tmp, for the next invocation. It need
not, so whoever finds nothing here asks the database again.
"""

import marshal
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is a class
from typing import Final

from .blocks import Block, Position
from .errors import QueryFailed

MAX_BYTES: Final = 200 * 2**20
"""Of one query's blocks; two runs may have as much. A function's disk has 512 MB (Lambda quotas, default)."""

_UNFINISHED: Final = ".unfinished"
"""Ends the name of a file while it is written; what a killed function leaves is never taken for whole."""

_TRAIL_BYTES: Final = 32

_DAMAGED: Final = (EOFError, TypeError, ValueError, StructError)
"""What reading something else than was written may raise."""

_HEADER: Final = Struct(f">Q{_TRAIL_BYTES}sQ")
"""Before each block: the position where it begins, and its bytes."""


def default_folder() -> Path:
    """Return where an environment keeps its spools: below /tmp, the one place where Lambda lets a function write."""
    return Path(os.environ.get("TMPDIR", "/tmp"), "sidestep")  # noqa: S108 - Lambda's own, nobody else is there


class Spool:
    """The blocks of one run that wait for their pages: a file, for it is always one query that has been cut."""

    def __init__(self, folder: Path, *, run: str, scheduled_time: str) -> None:
        """Name the spool of a run, among those of other runs in `folder`; nothing is written yet.

        Args:
            folder: of all spools of this environment.
            run: the run's identifier.
            scheduled_time: of the run, ISO 8601 in UTC: as text these sort by time.
        """
        self._folder = folder
        self._scheduled_time = scheduled_time
        self._run = f"{scheduled_time} {run}"

    def read(self, query: str, position: Position) -> Block | None:
        """Return the block of a query that begins at `position`; None if it is not here."""
        wanted = (position.published, position.trail.encode().ljust(_TRAIL_BYTES, b"\0"))
        try:
            with self._file(query).open("rb") as file:
                while header := file.read(_HEADER.size):
                    *beginning, length = _HEADER.unpack(header)
                    if tuple(beginning) == wanted:
                        return _block(file.read(length))
                    file.seek(length, os.SEEK_CUR)
        except (OSError, *_DAMAGED):
            pass  # whatever is wrong with it: the database can be asked again
        return None

    def write(self, query: str, start: Position, blocks: Iterable[Block]) -> None:
        """Keep the blocks of a query, the first of which begins at `start`.

        The run's earlier queries, which are on their pages by now, give up their place, as older runs do.

        Raises:
            QueryFailed: these are more than `MAX_BYTES`, or the disk does not take them.
        """
        self._make_room()
        unfinished = self._file(f"{query}{_UNFINISHED}")
        try:
            with _disk():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                file = unfinished.open("wb")
            with file:
                for record in _records(start, blocks):
                    with _disk():
                        file.write(record)
            with _disk():
                unfinished.rename(self._file(query))
        except BaseException:
            self.remove()
            raise

    def begin(self) -> None:
        """Remove what runs that were scheduled earlier left behind, because they never came to their last page."""
        for spool in self._others():
            if spool.name.partition(" ")[0] < self._scheduled_time:
                spool.unlink()

    def remove(self) -> None:
        """Remove the run's own blocks."""
        for spool in _files(self._folder):
            if spool.name.startswith(self._run):
                spool.unlink()

    def _make_room(self) -> None:
        """Leave one other run at the most: one of another schedule may be under way at the same time."""
        self.remove()
        for spool in self._others()[:-1]:
            spool.unlink()

    def _others(self) -> list[Path]:
        """Return the spools of other runs, the oldest first."""
        return [spool for spool in _files(self._folder) if not spool.name.startswith(self._run)]

    def _file(self, query: str) -> Path:
        return self._folder / f"{self._run} {query}"


def _records(start: Position, blocks: Iterable[Block]) -> Iterator[bytes]:
    """Yield what is written of each block: where it begins, how long it is, and itself."""
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
        yield _HEADER.pack(start.published, start.trail.encode(), len(content)) + content
        start = block.end or start


def _block(content: bytes) -> Block:
    # Several times as fast as JSON. Only this function has written it: nobody else has a way to its disk.
    datums, size, end = marshal.loads(content)  # noqa: S302
    return Block(datums, size, None if end is None else Position(*end))


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise QueryFailed(
            f"what does not fit onto one page could not be kept on the function's disk: {error.strerror}"
        ) from error


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
