"""Servers that start the protocols correctly over TLS, and then send nearly valid messages."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from tests.soak.kinds import MYSQL
from tests.soak.listener import STEP, listening, server_context, wait_for_end
from tests.soak.servers import Target

SECRET: Final = "Qzcell5e1f"
"""Values in the servers' rows."""

_ANSWERS: Final = 40
"""The number of messages that a server answers before it falls silent."""

_CAPABILITIES: Final = 0xFFFFFFFF & ~(1 << 5) & ~(1 << 29)
"""All of MySQL's but compression."""

_WORDS: Final = (
    b"", b"\0", b"\xff\xfe\xfd", b"mysql_native_password", b"mysql_clear_password", b"caching_sha2_password",
    b"sha256_password", b"client_ed25519", b"dialog", b"\xe9\xe8", b"10.11.6-MariaDB", b"8.0.36", b"5.5.5-\xff",
    b"x" * 300,
)  # fmt: skip


@contextmanager
def fake_server(target: Target, random: Random) -> Iterator[int]:
    """Serve noise during a `with` block; yields the port."""
    context = server_context(target.authority)

    def serve(client: socket.socket, number: int, over: threading.Event) -> None:
        noise = Random(f"{random.random()}/{number}")  # noqa: S311 - noise, no secret
        client.settimeout(2)
        before = _greet(client, noise) if target.engine == MYSQL else _grant(client)
        if not before:
            return
        with context.wrap_socket(client, server_side=True) as tls:
            for _ in range(_ANSWERS):
                tls.settimeout(STEP)
                try:
                    data = tls.recv(65536)
                except TimeoutError:
                    if over.is_set():
                        return
                    continue
                if not data:
                    return
                tls.settimeout(2)
                tls.sendall(_mysql_answer(noise, data) if target.engine == MYSQL else _postgres_answer(noise))
                if noise.random() < 0.05:
                    return
            wait_for_end(tls, over)

    with listening(serve) as port:
        yield port


def _greet(client: socket.socket, random: Random) -> bool:
    """Send MySQL's handshake; return whether the client requests TLS."""
    version = random.choice(_WORDS).replace(b"\0", b"")
    plugin = random.choice(_WORDS).replace(b"\0", b"")
    greeting = (
        bytes([10])
        + (version if random.random() < 0.5 else b"10.11.6-MariaDB")
        + b"\0"
        + struct.pack("<I", random.getrandbits(31))
        + random.randbytes(8)
        + b"\0"
        + struct.pack("<H", _CAPABILITIES & 0xFFFF)
        + bytes([random.choice((33, 45, 8, 0, 255, 46, random.randrange(256)))])
        + struct.pack("<HH", 2, _CAPABILITIES >> 16)
        + bytes([random.choice((21, 21, 0, 255))])
        + bytes(10)
        + random.randbytes(12)
        + b"\0"
        + (plugin if random.random() < 0.5 else b"mysql_clear_password")
        + b"\0"
    )
    if random.random() < 0.1:
        greeting = greeting[: random.randrange(len(greeting))]
    client.sendall(_packet(greeting, 0 if random.random() < 0.95 else 7))
    return len(client.recv(4 + 32)) > 0


def _grant(client: socket.socket) -> bool:
    """Answer PostgreSQL's SSLRequest."""
    if not client.recv(8):
        return False
    client.sendall(b"S")
    return True


def _packet(payload: bytes, number: int) -> bytes:
    return struct.pack("<I", len(payload))[:3] + bytes([number & 255]) + payload


def _mysql_answer(random: Random, data: bytes) -> bytes:
    """Return packets, numbered after the client's; they often complete a step, to reach the next one."""
    number = (data[3] + 1) if len(data) > 3 and random.random() < 0.97 else random.randrange(256)
    payloads = random.choices(_MYSQL, weights=[6, 2, 2, 1, 1, 1, 2, 3, 1])[0](random)
    return b"".join(_packet(payload, number + index) for index, payload in enumerate(payloads))


def _ok(_random: Random) -> list[bytes]:
    return [b"\0\0\0\x02\0\0\0"]


def _error(random: Random) -> list[bytes]:
    state = random.choice((b"#42000", b"#HY000", b"", b"#"))
    number = random.choice((1045, 1064, 1105, 1054, 1969, 2013, 3024, 0, 65535))
    return [b"\xff" + struct.pack("<H", number) + state + random.choice(_WORDS)]


def _switch(random: Random) -> list[bytes]:
    return [b"\xfe" + random.choice(_WORDS) + b"\0" + random.randbytes(20) + b"\0"]


def _more(random: Random) -> list[bytes]:
    return [b"\x01" + random.choice((b"\x03", b"\x04", random.randbytes(5)))]


def _end(random: Random) -> list[bytes]:
    return [random.choice((b"\xfe\0\0\x02\0", b"\xfe", b"\xfe\0"))]


def _file(random: Random) -> list[bytes]:
    """Request a file from the client (MySQL manual, "LOCAL INFILE Request")."""
    return [b"\xfb" + random.choice((b"/etc/hostname", b"/nowhere", b"\xff", b""))]


def _result(random: Random) -> list[bytes]:
    """Return a result whose columns and rows are mostly inconsistent."""
    columns = random.randint(1, 3)
    kinds = (0, 1, 3, 4, 5, 7, 8, 10, 11, 12, 16, 245, 246, 252, 253, 255, random.randrange(256))
    definitions = [
        b"".join(map(_text, (b"def", b"", b"", b"", random.choice((b"q0 value", b"\xff", b"x")), b"")))
        + b"\x0c"
        + struct.pack("<HIBHB", random.choice((33, 63, 45, 8, 999)), 255, random.choice(kinds), 0, 0)
        + b"\0\0"
        for _ in range(columns)
    ]
    cells = (b"1", b"", b"1e999", b"nan", SECRET.encode(), b"\xff\xfe", b"2026-13-45", b"-", b"12:61:00", b"0" * 5000)
    rows = [b"".join(_text(random.choice(cells)) for _ in range(columns)) for _ in range(random.randint(0, 5))]
    counts = (bytes([columns]), bytes([columns]), b"\x00", b"\xfc\xff\xff", b"\xfe" + bytes(8))
    end = b"\xfe\0\0\x02\0"
    return [random.choice(counts), *definitions, end, *rows, random.choice((end, b"", b"\xff\x01"))]


def _noise(random: Random) -> list[bytes]:
    return [random.randbytes(random.randint(0, 40))]


_MYSQL: Final = (_ok, _error, _switch, _more, _end, _file, _result, _result, _noise)


def _text(text: bytes) -> bytes:
    """Return a text with its length before it, as MySQL's packets have it."""
    return (bytes([len(text)]) if len(text) < 251 else b"\xfc" + struct.pack("<H", len(text))) + text


def _postgres_answer(random: Random) -> bytes:
    """Return some messages, mostly ones that complete a step."""
    pieces = []
    for _ in range(random.randint(1, 5)):
        kind, content = random.choice(_postgres_messages(random))
        length = len(content) + 4
        if random.random() < 0.03:
            length = random.choice((0, 3, 5, length + 1, 2**31 - 1, 2**32 - 1))
        pieces.append(kind + struct.pack("!I", length) + content)
    pieces.append(b"Z" + struct.pack("!I", 5) + b"I")
    return b"".join(pieces)


def _postgres_messages(random: Random) -> list[tuple[bytes, bytes]]:
    word = random.choice(_WORDS).replace(b"\0", b"")
    cells = (b"1", b"", b"1e999", b"nan", SECRET.encode(), b"\xff\xfe", b"t", b"2026-13-45")
    types = (16, 20, 23, 25, 700, 701, 1700, 1082, 0, random.getrandbits(32))
    column = (
        random.choice((b"q0 value", word))
        + b"\0"
        + struct.pack("!IHIhih", 0, 0, random.choice(types), -1, -1, random.choice((0, 0, 1)))
    )
    cell = random.choice(cells)
    state = random.choice((b"42601", b"57014", b"22P02", b"", b"\xff\xff", b"08006", b"42703"))
    return [
        (b"R", struct.pack("!I", random.choice((0, 3, 5, 10, 11, 12, 7, 99))) + random.choice((b"", b"abcd", word))),
        (b"R", struct.pack("!I", 0)),
        (b"K", struct.pack("!II", 1, 2)),
        (b"S", random.choice((b"client_encoding", b"server_version", word)) + b"\0" + word + b"\0"),
        (b"S", b"client_encoding\0" + random.choice((b"UTF8", b"LATIN1", b"nonsense", b"MULE_INTERNAL")) + b"\0"),
        (b"E", b"SERROR\0C" + state + b"\0M" + word + b"\0" + random.choice((b"", b"\0"))),
        (b"E", random.choice((b"", b"\0", b"M" + word, b"C42601\0\0"))),
        (b"N", b"SNOTICE\0C00000\0M" + word + b"\0\0"),
        (b"A", struct.pack("!I", 1) + word + b"\0" + word + b"\0"),
        (b"T", struct.pack("!H", random.choice((1, 1, 0, 2, 65535))) + column),
        (b"D", struct.pack("!H", random.choice((1, 1, 0, 2, 65535))) + struct.pack("!i", len(cell)) + cell),
        (b"D", struct.pack("!Hi", 1, random.choice((-1, -2, 2**31 - 1, 0)))),
        (b"C", random.choice((b"SELECT 1\0", b"\0", b"", b"FETCH x\0", word))),
        (b"G", b"\0\0\1\0\0"),
        (b"H", b"\0\0\1\0\0"),
        (b"d", word),
        (b"c", b""),
        (b"1", b""),
        (b"2", b""),
        (b"n", b""),
        (b"t", random.randbytes(3)),
        (bytes([random.randrange(256)]), random.randbytes(random.randint(0, 20))),
    ]  # fmt: skip
