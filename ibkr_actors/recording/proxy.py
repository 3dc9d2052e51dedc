"""Stands between clients and a bridge, passes on what they say, and tells a wiretap. An edge.

One event loop moves the bytes of all connections; whoever records does so on a thread of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from loguru import logger

from ibkr_actors.base.codec import Role
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway.wiretap import Tap, Wiretap

READ_SIZE: Final = 1 << 16
CONNECT_TIMEOUT: Final = 10.0
"""Seconds within which the bridge has to accept a connection."""
FLUSH_TIMEOUT: Final = 2.0
"""Seconds that one side has, once the other is gone, to take what was still meant for it."""


class Proxy:
    """Passes bytes between clients and one bridge, unchanged, as they come.

    Responsible for: a connection to the bridge for each client; ends and half-closes, passed on as they come; a side
    that reads slowly slows the other down as it would without a proxy; telling the wiretap what has been passed on.
    Not responsible for: what the bytes mean, recording them.
    """

    def __init__(
        self, bridge_host: str, bridge_port: int, wiretap: Wiretap, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.bridge_host, self.bridge_port = bridge_host, bridge_port
        self.host, self.port = host, port
        """Where it listens; port 0 means any, and becomes the real one when it does."""
        self._wiretap = wiretap
        self._connections: set[asyncio.Task[None]] = set()

    async def run(self, stopped: asyncio.Event, listening: Callable[[], object] = lambda: None) -> None:
        """Serve until `stopped` is set; `listening` is called once clients can connect.

        Raises OSError, and ConfigurationError for a bridge's address that is the proxy's own or none at all.
        """
        server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            await self._refuse_itself([each.getsockname()[:2] for each in server.sockets])
            listening()
            await stopped.wait()
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _refuse_itself(self, own: list[tuple[str, int]]) -> None:
        """A proxy in front of itself would connect to itself without end, from the first client on."""
        address = f"{self.bridge_host}:{self.bridge_port}"
        try:
            found = await asyncio.get_running_loop().getaddrinfo(self.bridge_host, self.bridge_port)
        except UnicodeError as error:
            raise ConfigurationError(
                f"the bridge's address {address} has no name of a machine: {error}"
            ) from None
        except OSError:
            return  # who can't be found now may be found later, and each client that comes meanwhile is told
        if any(_leads_to((str(host), int(port)), each) for *_, (host, port, *_) in found for each in own):
            raise ConfigurationError(
                f"the bridge's address {address} is the recorder's own: give the port of TWS or IB Gateway to "
                "--bridge, and another one to --listen"
            )

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its connection to its end."""
        peer, port, *_ = writer.get_extra_info("peername")
        tap = self._wiretap.opened(f"{peer}:{port}")
        reason = "the proxy was stopped"
        try:
            reason = await self._connect(reader, writer, tap)
        finally:
            await _close(writer)
            tap.closed(reason)
            logger.info("the connection from {}:{} has ended: {}", peer, port, reason)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tap: Tap) -> str:
        """Connect to the bridge and pass on what comes; returns why it ended."""
        address = f"{self.bridge_host}:{self.bridge_port}"
        try:
            opening = asyncio.open_connection(self.bridge_host, self.bridge_port)
            bridge_reader, bridge_writer = await asyncio.wait_for(opening, CONNECT_TIMEOUT)
        except (OSError, TimeoutError) as error:
            logger.error("no bridge accepts connections at {}: {}", address, error or "it does not answer")
            return f"no bridge accepts connections at {address}"
        reason = "both sides have ended"
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(Role.CLIENT, reader, bridge_writer, tap))
                both.create_task(_pass_on(Role.GATEWAY, bridge_reader, writer, tap))
        except* OSError as errors:
            reason = f"the connection broke: {errors.exceptions[0]}"
        finally:
            await _close(bridge_writer)
        return reason


def _leads_to(address: tuple[str, int], listening: tuple[str, int]) -> bool:
    """Whether who connects to an address comes to who listens at the other, which may mean every address."""
    there, here = ip_address(address[0]), ip_address(listening[0])
    is_everywhere = there.is_unspecified or here.is_unspecified
    is_local = all(each.is_loopback or each.is_unspecified for each in (there, here))
    return address[1] == listening[1] and (there == here or (is_everywhere and is_local))


async def _pass_on(
    sender: Role, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tap: Tap
) -> None:
    """Everything that one side sends, up to its end, which is passed on too. Raises OSError when either side breaks."""
    while data := await reader.read(READ_SIZE):
        writer.write(data)
        tap.passed(sender, data)
        await writer.drain()
    writer.write_eof()
    tap.passed(sender, b"")


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close one side, once it has taken what was meant for it, or did not in time."""
    writer.close()
    with suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), FLUSH_TIMEOUT)
    writer.transport.abort()
