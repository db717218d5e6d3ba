"""A directory that accepts tokens as passwords: PostgreSQL queries it in place of RDS's own check of tokens.

PostgreSQL requests the password in clear text and sends it to the directory, whatever its length; RDS does the same
with a check of its own behind it. So the protocol that the function's driver sees is that of RDS.
"""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Final

from asn1crypto import parser

CONSTRUCTED: Final = 1
UNIVERSAL, APPLICATION = 0, 1
INTEGER, OCTET_STRING, ENUMERATED, SEQUENCE = 2, 4, 10, 16
BIND_REQUEST, BIND_RESPONSE = 0, 1
SUCCESS, INVALID_CREDENTIALS = 0, 49
"""RFC 4511, section 4.2."""

LetsIn = Callable[[str, str], bool]
"""Whether a user is let in for a password."""


class _Directory(socketserver.ThreadingTCPServer):
    daemon_threads = True
    lets_in: LetsIn


class _Conversation(socketserver.StreamRequestHandler):
    server: _Directory
    disable_nagle_algorithm: ClassVar[bool] = True

    def handle(self) -> None:
        """Answer one bind, the only request of PostgreSQL."""
        _, _, _, _, message, _ = parser.parse(self._message())
        number, request = _elements(message)
        _, _, tag, _, content, _ = request
        assert tag == BIND_REQUEST
        _, name, password = (element[4].decode() for element in _elements(content))
        result = SUCCESS if self.server.lets_in(name, password) else INVALID_CREDENTIALS
        answer = _emit(UNIVERSAL, 0, ENUMERATED, bytes([result])) + 2 * _emit(UNIVERSAL, 0, OCTET_STRING, b"")
        whole = _emit(UNIVERSAL, 0, INTEGER, number[4]) + _emit(APPLICATION, CONSTRUCTED, BIND_RESPONSE, answer)
        self.wfile.write(_emit(UNIVERSAL, CONSTRUCTED, SEQUENCE, whole))

    def _message(self) -> bytes:
        """Read one message: a header of at least two bytes says how long it is."""
        data = self.rfile.read(2)
        if data[1] & 0x80:
            data += self.rfile.read(data[1] & 0x7F)
        length = int.from_bytes(data[2:], "big") if data[1] & 0x80 else data[1]
        return data + self.rfile.read(length)


@contextmanager
def running_directory(lets_in: LetsIn) -> Iterator[int]:
    """Run a directory on a free port of 127.0.0.1 for the length of a `with` block, and yield the port."""
    with _Directory(("127.0.0.1", 0), _Conversation) as directory:
        directory.lets_in = lets_in
        thread = threading.Thread(target=directory.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield directory.server_address[1]
        finally:
            directory.shutdown()
            thread.join()


def _elements(content: bytes) -> list[tuple[int, int, int, bytes, bytes, bytes]]:
    found = []
    while content:
        element = parser.parse(content)
        found.append(element)
        content = content[len(element[3]) + len(element[4]) + len(element[5]) :]
    return found


def _emit(kind: int, method: int, tag: int, content: bytes) -> bytes:
    emitted: bytes = parser.emit(kind, method, tag, content)
    return emitted
