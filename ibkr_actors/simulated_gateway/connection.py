"""One accepted socket: bytes to messages and back, with a bound on what waits to be sent."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Final

from loguru import logger

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.declaration import Message, Reply
from ibkr_actors.base.session import Session, State
from ibkr_actors.errors import IbkrError
from ibkr_actors.simulated_gateway.clients.shared_ticks import SharedTicks
from ibkr_actors.simulated_gateway.wiretap import Tap

READ_SIZE: Final = 1 << 16


class ConnectionClosed(Exception):  # it is an event, not a failure
    """The connection has ended; the text says why."""


class Verbatim(Reply, frozen=True):
    """Bytes that are sent as they are, amid the messages."""

    data: bytes


class Connection:
    """A client's socket, which never blocks.

    Responsible for: the session, what is still to be sent and how much of it is tolerated.
    Not responsible for: what the messages mean.
    """

    def __init__(
        self, sock: socket.socket, versions: range, connection_time: str, limit: int, tap: Tap | None = None
    ) -> None:
        self.socket = sock
        self._tap = tap
        self._session = Session(Role.GATEWAY, versions, connection_time=connection_time)
        self._limit = limit
        self._unsent = bytearray()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def server_version(self) -> int | None:
        """The version that was settled; None before the handshake."""
        return self._session.server_version if self._session.state is State.READY else None

    @property
    def connect_options(self) -> str:
        """What the client put behind its offer of versions."""
        return self._session.connect_options

    @property
    def has_unsent(self) -> bool:
        """Something waits for the socket to take it."""
        return bool(self._unsent)

    def receive(self) -> list[Message]:
        """The messages that have arrived. Raises ConnectionClosed when the client left, or speaks another protocol."""
        try:
            data = self.socket.recv(READ_SIZE)
        except BlockingIOError:
            return []
        except OSError as error:
            raise ConnectionClosed(str(error)) from error
        if self._tap is not None:
            self._tap.passed(Role.CLIENT, data)
        if not data:
            raise ConnectionClosed("the client left")
        try:
            messages = self._session.receive(data)
        except IbkrError as error:
            raise ConnectionClosed(str(error)) from error
        self._send(self._session.output())
        return messages

    def send(self, messages: Iterable[Reply], wire: Callable[[bytes], bytes] | None = None) -> None:
        """Send messages, or keep them until the socket takes them. Raises ConnectionClosed for a client too slow.

        `wire` is what happens to the bytes on their way; it returns those that go now.
        """
        data = b"".join(map(self._encoded, messages))
        self._send(data if wire is None else wire(data))

    def _encoded(self, message: Reply) -> bytes:
        if isinstance(message, Verbatim):
            return message.data
        try:
            if isinstance(message, SharedTicks):
                return message.encoded(self._session)
            return self._session.encode(message)
        except IbkrError as error:
            logger.error("a reply is left out: {}", error)
            return b""

    def _send(self, data: bytes) -> None:
        if self._tap is not None and data:
            self._tap.passed(Role.GATEWAY, data)
        self._unsent += data
        self.flush()
        if len(self._unsent) > self._limit:
            raise ConnectionClosed(f"the client does not read: {len(self._unsent)} bytes wait for it")

    def flush(self) -> None:
        """Send as much as the socket takes now. Raises ConnectionClosed when it is broken."""
        try:
            while self._unsent:
                del self._unsent[: self.socket.send(self._unsent)]
        except BlockingIOError:
            return
        except OSError as error:
            raise ConnectionClosed(str(error)) from error

    def close(self, reason: str) -> None:
        """Close the socket; what is unsent is lost."""
        self.socket.close()
        self.end(reason)

    def end(self, reason: str) -> None:
        """The session is over; whoever has the socket closes it."""
        if self._tap is not None:
            self._tap.closed(reason)
