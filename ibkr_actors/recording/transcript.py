"""A recording in terms of messages: who said what to whom, and which of it somebody wants to see."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.recording.conversation import Conversation, Decoded, Handshake, Meaning, Undecoded
from ibkr_actors.recording.records import Event, Frame
from ibkr_actors.recording.redactor import Redactor


@dataclass(frozen=True, slots=True)
class Entry:
    """One record, read."""

    event: Event
    meaning: Meaning | None
    """What a frame says; None for a record that is no frame."""
    client_id: int | None
    """Who the client is; None until it has said so."""

    @property
    def name(self) -> str:
        """The name of the message; `Handshake` or `Undecodable` for what is none, empty for what is no frame."""
        match self.meaning:
            case Decoded(message):
                return type(message).__name__
            case Handshake():
                return "Handshake"
            case Undecoded():
                return "Undecodable"
            case _:
                return ""

    @property
    def ids(self) -> tuple[int, ...]:
        """The request's or the order's id that the message carries."""
        return ids_in(self.meaning.message) if isinstance(self.meaning, Decoded) else ()


class Transcript:
    """Reads the frames of all connections of a recording.

    Responsible for: one conversation for each connection; names taken out first, when there is a redactor.
    """

    def __init__(self, redactor: Redactor | None = None) -> None:
        self._redactor = redactor
        self._conversations: defaultdict[int, Conversation] = defaultdict(Conversation)

    def entry(self, event: Event) -> Entry:
        """The next record, read."""
        if self._redactor is not None:
            event = self._redactor.redacted(event)
        conversation = self._conversations[event.connection]
        meaning = conversation.meaning(event.sender, event.payload) if isinstance(event, Frame) else None
        return Entry(event, meaning, conversation.client_id)

    def server_version(self, connection: int) -> int | None:
        """The version of a connection, as far as it is known by now."""
        return self._conversations[connection].server_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries somebody wants to see; what is None or empty admits all."""

    sender: Role | None = None
    connection: int | None = None
    client_id: int | None = None
    """Entries of a client from the message on in which it says who it is."""
    names: tuple[str, ...] = ()
    """Names of messages, with wildcards, in any case: `Tick*`."""
    request_id: int | None = None
    """The id of a request or an order."""
    since: float | None = None
    until: float | None = None
    """Epoch seconds, both included."""

    def admits(self, entry: Entry) -> bool:
        """Whether the entry is wanted."""
        event = entry.event
        return (
            (self.sender is None or getattr(event, "sender", None) is self.sender)
            and (self.connection is None or event.connection == self.connection)
            and (self.client_id is None or entry.client_id == self.client_id)
            and (not self.names or self._names(entry.name.lower()))
            and (self.request_id is None or self.request_id in entry.ids)
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at <= self.until)
        )

    def _names(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern.lower()) for pattern in self.names)


def ids_in(message: Message) -> tuple[int, ...]:
    """The id of the request and that of the order that a message is about."""
    ids = [getattr(message, name, None) for name in ("request_id", "order_id")]
    if isinstance(message, ExecutionDetails):
        ids.append(message.execution.order_id)
    return tuple(number for number in ids if number is not None and number != -1)
