"""The socket to the bridge. An edge: beside the mailboxes, the only place of the client with a socket and a thread.

A `BridgeConnection` connects, shakes hands, starts the API, and then reads on a thread of its own. Each wakeup of
that thread is one call of `on_messages` with everything that arrived. Writing is the caller's: one thread at a time.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from loguru import logger

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.connection import StartApiRequest
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.reading_turns import ReadingTurns
from ibkr_actors.base.session import SUPPORTED, Session, State
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.errors import ConnectFailed, ConnectionLost, HandshakeRefused, IbkrError, InvalidRequest

READ_SIZE: Final = 1 << 16
"""Bytes a read. Larger ones cost every read: beyond 128 KiB the memory for it is mapped and unmapped each time, which
made one tick 20 microseconds later."""
BURST: Final = 16
"""Messages in one read from which on more are looked for."""
LARGEST_BATCH: Final = 1000
"""Messages that are handed over at the latest: about a millisecond's work."""
AT_ONCE: Final[int | None] = getattr(socket, "MSG_DONTWAIT", None)
"""The flag for reading only what is there; None where the system has none."""
HIGHEST_PORT: Final = 65535
GREETING_TIMEOUT: Final = 5.0
"""Seconds in which a connection is made, and the greeting answered."""
PARTING: Final = 1.0
"""Seconds that the bridge may take to end a connection on which nothing more is sent."""
_CLOSING: Final = 1.0
"""Seconds that the reader may take to end when the connection is closed."""
SEND_TIMEOUT: Final = 10.0
"""Seconds after which a bridge that takes no bytes counts as lost."""


@dataclass(frozen=True, slots=True)
class BridgeAddress:
    """Where the bridge is and who we are to it."""

    host: str = "127.0.0.1"
    port: int = 7497
    client_id: int = 0
    connect_options: str = ""
    """Behind the offer of versions, such as +PACEAPI."""
    optional_capabilities: str = ""
    highest_version: int = SUPPORTED[-1]
    """Offer no newer server version than this one."""

    def __post_init__(self) -> None:
        """Raises InvalidRequest for a host, a port, a client id or a version that can't be one."""
        if not isinstance(self.host, str) or not self.host:
            raise InvalidRequest(f"host is the name or the address of a machine, got {self.host!r}")
        if not _is_whole(self.port) or not 0 < self.port <= HIGHEST_PORT:
            raise InvalidRequest(f"port is a whole number from 1 to {HIGHEST_PORT}, got {self.port!r}")
        if not _is_whole(self.client_id) or self.client_id < 0:
            raise InvalidRequest(f"client_id is a whole number, 0 or above, got {self.client_id!r}")
        if self.highest_version not in SUPPORTED:
            raise InvalidRequest(
                f"highest_version is a server version from {SUPPORTED[0]} to {SUPPORTED[-1]}, got "
                f"{self.highest_version!r}"
            )


def _is_whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


class BridgeConnection:
    """One connection, from connect to close; a lost one is not mended but replaced.

    Responsible for:
    1. connecting and the handshake (`open`), on the caller's thread;
    2. reading on one thread, which calls `on_messages` with each batch and `on_end` once, with the reason; others may
       take turns at it (`turns`), and then it is they who call `on_messages`;
    3. writing frames (`send`).

    Not responsible for: pacing, request ids, reconnecting.
    """

    def __init__(
        self,
        address: BridgeAddress,
        on_messages: Callable[[list[Message]], None],
        on_end: Callable[[IbkrError | None], None],
        statistics: Statistics | None = None,
    ) -> None:
        self.address = address
        self.session = Session(
            Role.CLIENT,
            range(SUPPORTED[0], address.highest_version + 1),
            connect_options=address.connect_options,
            statistics=statistics,
        )
        self._on_messages = on_messages
        self._on_end = on_end
        self._socket: socket.socket | None = None
        self._closing = threading.Event()
        self._reader: threading.Thread | None = None
        self.turns: ReadingTurns | None = None
        """Of those who read it, once it is open."""

    @property
    def server_version(self) -> int:
        """The settled version; 0 before `open`."""
        return self.session.server_version or 0

    def open(self, timeout: float = GREETING_TIMEOUT) -> None:
        """Connect, shake hands, start the API, start reading.

        Raises ConnectFailed, HandshakeRefused, or ConnectionLost when the bridge hangs up in between.
        """
        deadline = time.monotonic() + timeout
        try:
            self._socket = socket.create_connection((self.address.host, self.address.port), timeout)
        except (OSError, OverflowError, UnicodeError) as error:  # the latter two: no port, no host name
            raise ConnectFailed(self.address.host, self.address.port, str(error)) from error
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            first = self._shake_hands(self._socket, deadline)
            self._socket.settimeout(None)
            _limit_sending(self._socket)
        except OSError as error:
            self._socket.close()
            raise ConnectionLost(f"the connection broke during the handshake: {error}") from error
        except BaseException:
            self._socket.close()
            raise
        self.turns = ReadingTurns(self._socket.fileno(), partial(self._read_what_is_there, self._socket))
        self._reader = threading.Thread(
            target=self._read,
            args=(self._socket, self.turns, first),
            name=f"bridge-reader-{self.address.client_id}",
            daemon=True,
        )
        self._reader.start()

    def _shake_hands(self, connected: socket.socket, deadline: float) -> list[Message]:
        first: list[Message] = []
        connected.sendall(self.session.output())
        while self.session.state is not State.READY:
            connected.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = connected.recv(READ_SIZE)
            except TimeoutError as error:
                raise HandshakeRefused(
                    f"{self.address.host}:{self.address.port} accepts connections but does not answer the greeting; "
                    "is its API enabled, and no login dialog open?"
                ) from error
            if not data:
                raise HandshakeRefused(
                    f"{self.address.host}:{self.address.port} closed the connection during the handshake; is this "
                    "machine a trusted address in its API settings?"
                )
            first += self.session.receive(data)
        self._write(connected, self.session.encode(self._start_request()))
        return first

    def _start_request(self) -> StartApiRequest:
        return StartApiRequest(self.address.client_id, self.address.optional_capabilities)

    # ------------------------------------------------------------------------------------------------------- writing

    def send(self, message: Message) -> None:
        """Write one message. One thread at a time.

        Raises what `Session.encode` raises, before anything is sent; ConnectionLost when the bridge is gone or takes
        no bytes for too long: the connection has ended then.
        """
        if self._socket is None:
            raise ConnectionLost(f"{type(message).__name__} can't be sent: the connection is not open")
        self._write(self._socket, self.session.encode(message))

    def _write(self, connected: socket.socket, frame: bytes) -> None:
        try:
            connected.sendall(frame)
        except OSError as error:
            # The message may be cut: whatever followed, from any thread, would be read as its end.
            _shut_down(connected)
            raise ConnectionLost(f"the bridge takes no more bytes: {error}") from error

    # ------------------------------------------------------------------------------------------------------- reading

    def _read(self, connected: socket.socket, turns: ReadingTurns, first: list[Message]) -> None:
        reason: IbkrError | None = None
        try:
            if first:
                self._on_messages(first)
            self._read_until_end(connected, turns)
        except IbkrError as error:
            reason = error
        except Exception as error:  # noqa: BLE001  # a reader that dies silently is the worst of all ends
            logger.opt(exception=error).error("the reader of the bridge's connection failed")
            reason = ConnectionLost(f"the reader failed: {error!r}")
        connected.close()
        self._on_end(None if self._closing.is_set() else reason)

    def _read_until_end(self, connected: socket.socket, turns: ReadingTurns) -> None:
        while True:
            self._hand_over(connected, self._receive(connected, 0))
            turns.pass_on()
            turns.wait()

    def _read_what_is_there(self, connected: socket.socket) -> None:
        """For those who take turns: what they were told of may have been read already."""
        if AT_ONCE is None:
            return
        try:
            data = self._receive(connected, AT_ONCE)
        except BlockingIOError:
            return
        self._hand_over(connected, data)

    def _hand_over(self, connected: socket.socket, data: bytes) -> None:
        """What was read, with what is there behind it."""
        messages = self.session.receive(data)
        try:
            self._add_what_waits(connected, messages)
        finally:
            if messages:
                self._on_messages(messages)

    def _add_what_waits(self, connected: socket.socket, messages: list[Message]) -> None:
        """In a burst, take along what has come in the meantime: each batch costs its actors a wakeup.

        A single message never waits for another one, and no message for more than `LARGEST_BATCH` others.
        """
        while AT_ONCE is not None and BURST <= len(messages) < LARGEST_BATCH:
            try:
                data = self._receive(connected, AT_ONCE)
            except BlockingIOError:
                return
            messages += self.session.receive(data)

    def _receive(self, connected: socket.socket, flags: int) -> bytes:
        try:
            data = connected.recv(READ_SIZE, flags)
        except BlockingIOError:
            raise
        except OSError as error:
            raise ConnectionLost(f"the connection broke: {error}") from error
        if not data:
            raise ConnectionLost("the bridge closed the connection")
        return data

    def close(self) -> None:
        """End the connection on purpose: `on_end` is called with None. Safe from any thread, also twice."""
        self._closing.set()
        if self._socket is not None:
            _shut_down(self._socket)

    def finish(self) -> None:
        """Send nothing more: the bridge takes all that was sent, and then ends the connection on its side.

        `on_end` is called with None then. `close` may lose what the bridge has not taken yet, for what it says in the
        meantime is refused. Safe from any thread, also twice.
        """
        self._closing.set()
        if self._socket is not None:
            _shut_down(self._socket, socket.SHUT_WR)

    def part(self, within: float = PARTING) -> None:
        """`finish`, then `close` when the bridge has ended its side, or after so many seconds.

        Returns when the reader has ended. One that does not end is logged, and left alone.
        """
        self.finish()
        self.join(within)
        self.close()
        if not self.join(_CLOSING):
            logger.error("the reader of the bridge's connection did not end")

    def join(self, timeout: float) -> bool:
        """Wait for the reader to end; False when it did not within `timeout` seconds."""
        if self._reader is None or self._reader is threading.current_thread():
            return True
        self._reader.join(timeout)
        return not self._reader.is_alive()


def _shut_down(connected: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    """From now on nothing can be written, and the reader hears the end, at once or when the bridge has heard ours."""
    try:
        connected.shutdown(how)
    except OSError:  # already gone, which is what was wanted
        connected.close()


def _limit_sending(connected: socket.socket) -> None:
    """Let sending fail after `SEND_TIMEOUT`, and reading wait for ever.

    Python's own timeout would be for both, and costs a system call and a pass of the interpreter's lock at each read.
    """
    milliseconds = int(SEND_TIMEOUT * 1000)
    if sys.platform == "win32":
        value = struct.pack("@i", milliseconds)
    else:
        value = struct.pack("@ll", milliseconds // 1000, milliseconds % 1000 * 1000)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, value)
