"""An event loop that upgrades a connection to TLS without losing what the client has already sent."""

import asyncio
from typing import Any


class TlsUpgradeLoop(asyncio.SelectorEventLoop):
    """Feeds bytes that the stream reader took before the upgrade to the TLS protocol.

    A MySQL client sends its ClientHello right after its request for TLS. If both arrive together, asyncio's
    `start_tls` leaves the ClientHello in the reader, and both sides wait for ever.
    """

    async def start_tls(self, transport: Any, protocol: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """Upgrade as asyncio does, then hand over what was read too early."""
        # ruff: noqa: SLF001 - there is no public way to take bytes back, or to tell streams of the upgrade
        reader = protocol._stream_reader
        early = bytes(reader._buffer)
        reader._buffer.clear()
        protocol._over_ssl = True

        def feed() -> None:
            upgraded = transport.get_protocol()
            upgraded.get_buffer(len(early))[: len(early)] = early
            upgraded.buffer_updated(len(early))

        if early:
            # asyncio schedules the handshake's start first thing; one turn of the loop later it is under way.
            self.call_soon(self.call_soon, feed)
        return await super().start_tls(transport, protocol, *args, **options)
