"""The protocol with the bridge: bytes in, messages out. No socket, no thread, no clock.

A `Session` plays either role, so that a client and the simulated gateway share all of it. Whoever owns the socket
feeds what arrives to `receive` and sends what `output` returns; a test wires two sessions back to back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Final

from ibkr_actors.base.codec import Codec, Incident, Role, UnknownMessage, codec_for
from ibkr_actors.base.messages.declaration import Message, Reply
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataEnd
from ibkr_actors.base.server_versions import HISTORICAL_END_MESSAGE, NEWEST, OLDEST
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.errors import HandshakeRefused, LocalProtocolError, RemoteProtocolError
from ibkr_actors.wire.frames import Frames, frame
from ibkr_actors.wire.unknown_fields import UnknownFields

SUPPORTED: Final = range(OLDEST, NEWEST + 1)
"""The server versions that both roles speak."""

_GREETING: Final = b"API\0"
_VERSION: Final = re.compile(r"-?[0-9]{1,9}")
_OFFER: Final = re.compile(r"v(\d{1,4})(?:\.\.(\d{1,4}))?(?: (.*))?", re.DOTALL)


class State(Enum):
    """How far the handshake is."""

    GREETING = "greeting"
    """A gateway waits for `API`."""
    VERSION = "version"
    """A client waits for the server's version, a gateway for the client's offer."""
    READY = "ready"
    """Messages travel."""


class Undecodable(Reply, frozen=True):
    """Stands in a batch where a message could not be read. Nothing is lost: here is the payload, and why."""

    error: RemoteProtocolError
    payload: bytes


def with_historical_ends(messages: list[Message]) -> list[Message]:
    """The messages, each answer with bars followed by the end that newer servers send as a message of its own."""
    found: list[Message] = []
    for message in messages:
        found.append(message)
        if isinstance(message, HistoricalData):
            found.append(HistoricalDataEnd(message.request_id, message.start, message.end))
    return found


class Session:
    """One end of a connection.

    Responsible for:
    1. the handshake, and the server version that it settles;
    2. cutting the byte stream into frames, however the network sliced it;
    3. turning frames into messages and messages into frames for that version;
    4. giving every answer with bars an end, though servers before 196 send none;
    5. going on after a message that can't be read: an `Undecodable` takes its place.

    Not responsible for: the first message of a client (START_API), request ids, retries, who wants which message.
    """

    def __init__(
        self,
        role: Role,
        versions: range = SUPPORTED,
        *,
        connect_options: str = "",
        connection_time: str = "",
        statistics: Statistics | None = None,
    ) -> None:
        self.role = role
        self.server_version: int | None = None
        self.connection_time = connection_time
        """The server's clock when the connection was made, as the server spells it."""
        self.connect_options = connect_options
        """What a client put behind its offer of versions, such as +PACEAPI."""
        self.statistics = statistics or Statistics()
        """What was read; one that is given counts on from a connection before."""
        self._versions = versions
        self._frames = Frames()
        self._output = bytearray()
        self._codec: Codec | None = None
        self._greeting = bytearray()
        self._receive: Callable[[bytes], list[Message]]
        if role is Role.CLIENT:
            self.state = State.VERSION
            self._receive = self._receive_version
            self._output += _GREETING + frame(self._offer().encode())
        else:
            self.state = State.GREETING
            self._receive = self._receive_greeting

    def _offer(self) -> str:
        offer = f"v{self._versions[0]}..{self._versions[-1]}"
        return f"{offer} {self.connect_options}" if self.connect_options else offer

    # ---------------------------------------------------------------------------------------------------- both ways

    def output(self) -> bytes:
        """What the session itself has to send now (its part of the handshake); empty when nothing."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def receive(self, data: bytes) -> list[Message]:
        """Every message that `data` completes, in order; what is incomplete waits for more.

        Raises HandshakeRefused or FrameTooLarge: the connection has to be closed then.
        """
        return self._receive(data)

    def encode(self, message: Message) -> bytes:
        """The frame of a message, at the settled version. Raises as `Codec.encode`, and before the handshake."""
        if self._codec is None:
            raise LocalProtocolError(f"{type(message).__name__} can't be sent before the handshake is done")
        return self._codec.encode(message)

    def _receive_messages(self, data: bytes) -> list[Message]:
        messages: list[Message] = []
        self._read(self._frames.feed(data), messages, partial(self._note_trouble, messages))
        self.statistics.messages += len(messages)
        return with_historical_ends(messages) if self._adds_historical_ends else messages

    def _note_trouble(self, messages: list[Message], payload: bytes, incident: Incident) -> None:
        """A stand-in for a message that can't be read; one that is not known is counted only."""
        match incident:
            case UnknownMessage():
                self.statistics.note_unknown(incident.message_id)
            case UnknownFields():
                self.statistics.note_fields(type(incident.message).__name__, incident.fields)
                messages.append(incident.message)
            case _:
                self.statistics.undecodable += 1
                messages.append(Undecodable(incident, payload))

    def _settle(self, version: int) -> None:
        self.server_version = version
        self._codec = codec_for(self.role, version)
        self._codec.watch_again()
        self._read = self._codec.read
        self._adds_historical_ends = self.role is Role.CLIENT and version < HISTORICAL_END_MESSAGE
        self._receive = self._receive_messages
        self.state = State.READY

    # ------------------------------------------------------------------------------------------------------- client

    def _receive_version(self, data: bytes) -> list[Message]:
        payloads = self._frames.feed(data)
        if not payloads:
            return []
        version, _, rest = payloads[0].decode("utf-8", "replace").partition("\0")
        if not _VERSION.fullmatch(version):
            raise HandshakeRefused(f"the answer to the greeting is no server version: {version[:40]!r}")
        if int(version) not in self._versions:
            raise HandshakeRefused(self._refusal(int(version), rest))
        self.connection_time = rest.partition("\0")[0]
        self._settle(int(version))
        return self._receive_messages(b"".join(map(frame, payloads[1:])) + self._take_rest())

    def _take_rest(self) -> bytes:
        rest, self._frames = self._frames.rest, Frames()
        return rest

    def _refusal(self, version: int, rest: str) -> str:
        if version == -1:
            return f"the server redirects to {rest.partition(chr(0))[0]!r}; connect there instead"
        advice = "update TWS or IB Gateway" if version < self._versions[0] else "use a newer ibkr_actors"
        return (
            f"the bridge speaks server version {version}, this client {self._versions[0]} to {self._versions[-1]}: "
            f"{advice}"
        )

    # ------------------------------------------------------------------------------------------------------ gateway

    def _receive_greeting(self, data: bytes) -> list[Message]:
        self._greeting += data
        if len(self._greeting) < len(_GREETING):
            if not _GREETING.startswith(bytes(self._greeting)):
                self._refuse_greeting()
            return []
        if not self._greeting.startswith(_GREETING):
            self._refuse_greeting()
        self.state = State.VERSION
        self._receive = self._receive_offer
        return self._receive_offer(bytes(self._greeting[len(_GREETING) :]))

    def _refuse_greeting(self) -> None:
        raise HandshakeRefused(f"a client has to begin with API and NUL, not {bytes(self._greeting[:12])!r}")

    def _receive_offer(self, data: bytes) -> list[Message]:
        payloads = self._frames.feed(data)
        if not payloads:
            return []
        match = _OFFER.fullmatch(payloads[0].decode("utf-8", "replace").rstrip("\0"))
        if match is None:
            raise HandshakeRefused(f"the client's offer of versions can't be read: {payloads[0][:40]!r}")
        lowest = int(match[1])
        highest = int(match[2] or match[1])
        version = min(highest, self._versions[-1])
        if version < max(lowest, self._versions[0]):
            raise HandshakeRefused(
                f"the client speaks {lowest} to {highest}, this server {self._versions[0]} to {self._versions[-1]}"
            )
        self.connect_options = match[3] or ""
        self._output += frame(f"{version}\0{self.connection_time}\0".encode())
        self._settle(version)
        return self._receive_messages(b"".join(map(frame, payloads[1:])) + self._take_rest())
