"""Faults in the bytes between the server and the function."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

FAULTS: Final = (
    *("cut", "cut", "reset", "reset", "hang", "dribble"),
    *("flip", "flip", "flip", "garbage", "garbage", "lose", "lose", "repeat", "repeat"),
)
"""The faults at a point of the stream; slow ones are rare."""

DRIBBLE: Final = 0.3
"""Seconds between two bytes."""


class Cut(Exception):  # noqa: N818 - says what happens, like those of the functions
    """The connection ends here, with a reset or without."""

    def __init__(self, *, is_reset: bool) -> None:
        super().__init__()
        self.is_reset = is_reset


class Hang(Exception):  # noqa: N818
    """No further byte comes."""


@dataclass
class Noise:
    """One fault.

    Attributes:
        fault: one of FAULTS.
        at: its offset in bytes.
        length: its length in bytes, for faults that have one.
        is_towards_server: whether it is in the bytes that the function sends.
    """

    fault: str
    at: int
    length: int
    is_towards_server: bool
    random: Random
    passed: int = 0

    @classmethod
    def of(cls, random: Random, fault: str) -> "Noise":
        """Choose a point, mostly near the beginning: log-ins take hundreds of bytes, results any number."""
        is_towards_server = random.random() < 0.2
        at = int(10 ** random.uniform(0, 3.5 if is_towards_server else 4.5))
        return cls(fault, at, random.randint(1, 8), is_towards_server, random)

    def __call__(self, data: bytes) -> Iterator[bytes]:
        """Yield the bytes to forward of the next bytes.

        Raises:
            Cut, Hang: the connection ends, or stalls, at this point.
        """
        before, self.passed = self.passed, self.passed + len(data)
        if not before <= self.at < self.passed and not (self.fault == "dribble" and before > self.at):
            yield data
            return
        point = max(0, self.at - before)
        yield data[:point]
        yield from self._faulty(data[point:])

    def _faulty(self, rest: bytes) -> Iterator[bytes]:
        match self.fault:
            case "cut" | "reset":
                raise Cut(is_reset=self.fault == "reset")
            case "hang":
                raise Hang
            case "flip":
                flipped = [byte ^ (1 << self.random.randrange(8)) for byte in rest[: self.length]]
                yield bytes(flipped) + rest[self.length :]
            case "garbage":
                yield self.random.randbytes(self.length) + rest
            case "lose":
                yield rest[self.length :]
            case "repeat":
                yield rest[: self.length] + rest
            case "dribble":
                for byte in rest:
                    yield bytes([byte])
                    time.sleep(DRIBBLE)
