"""What the frames of one recorded connection say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from ibkr_actors.base.codec import Codec, Incident, Role, codec_for
from ibkr_actors.base.messages.connection import StartApiRequest
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.session import Session
from ibkr_actors.errors import IbkrError
from ibkr_actors.wire.frames import frame
from ibkr_actors.wire.unknown_fields import UnknownFields

READER: Final = {Role.CLIENT: Role.GATEWAY, Role.GATEWAY: Role.CLIENT}
"""Who reads what one side has sent."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """A frame of the handshake, in words."""

    text: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """A message, and what its frame says beyond the declaration."""

    message: Message
    unknown_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecoded:
    """A frame that can't be read, and why."""

    reason: str


Meaning: TypeAlias = Handshake | Decoded | Undecoded


class Conversation:
    """Decodes the frames of one connection, both directions, in their order.

    Responsible for: the server version, which the handshake tells, and who the client is.
    Not responsible for: bytes that are no frames, times. Raises nothing: what can't be read is `Undecoded`.
    """

    def __init__(self) -> None:
        self.server_version: int | None = None
        """None until the bridge has said it."""
        self.client_id: int | None = None
        """None until the client has said it."""
        self._handshake = Session(Role.CLIENT)
        self._codecs: dict[Role, Codec] = {}

    def meaning(self, sender: Role, payload: bytes) -> Meaning:
        """What a frame says."""
        if self.server_version is None:
            return self._offer(payload) if sender is Role.CLIENT else self._answer(payload)
        found = self._read(self._codecs[sender], payload)
        if isinstance(found, Decoded) and isinstance(found.message, StartApiRequest):
            self.client_id = found.message.client_id
        return found

    def _offer(self, payload: bytes) -> Meaning:
        text = payload.decode("utf-8", "replace")
        if text.startswith("v"):
            return Handshake(f"the client offers versions {text[1:]}")
        return Undecoded("it was sent before the server's version was settled")

    def _answer(self, payload: bytes) -> Meaning:
        try:
            self._handshake.receive(frame(payload))
        except IbkrError as error:
            return Undecoded(str(error))
        version = self._handshake.server_version
        assert version is not None, "a session that takes the answer has settled the version"
        self.server_version = version
        self._codecs = {sender: codec_for(reader, version) for sender, reader in READER.items()}
        return Handshake(f"server version {version}, connected at {self._handshake.connection_time}")

    def _read(self, codec: Codec, payload: bytes) -> Meaning:
        messages: list[Message] = []
        incidents: list[Incident] = []
        codec.read([payload], messages, lambda _, incident: incidents.append(incident))
        match incidents:
            case [UnknownFields() as found]:
                return Decoded(found.message, tuple(sorted(found.fields)))
            case [incident]:
                return Undecoded(str(incident))
            case _:
                return Decoded(messages[0])
