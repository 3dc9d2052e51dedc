"""A recording as requests and what each of them was answered with, so that it can be served again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
from loguru import logger

from ibkr_actors.base.codec import Role
from ibkr_actors.base.message_codes import CodeFacts
from ibkr_actors.base.messages.connection import Notice, StartApiRequest
from ibkr_actors.base.messages.declaration import Cancellation, Message, Reply, Request
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.orders import GlobalCancelRequest
from ibkr_actors.base.replies import OpenRequests, cancels, has_answer
from ibkr_actors.errors import IbkrError, RecordingError
from ibkr_actors.recording.conversation import Decoded, Handshake
from ibkr_actors.recording.reader import Damage, Reader
from ibkr_actors.recording.records import Event, Frame
from ibkr_actors.recording.transcript import Transcript, ids_in

NO_ID: Final = -1


@dataclass(frozen=True, slots=True)
class Said:
    """Something that the bridge said, `after` so many seconds behind the request that it belongs to."""

    number: int
    """Its place among all that was recorded."""
    after: float
    payload: bytes
    message: Message | None
    """None for a frame that can't be read, which is served as it is."""


@dataclass(eq=False, slots=True)
class Exchange:
    """A request, and what belongs to it."""

    request: Request
    at: float
    connection: RecordedClient
    said: list[Said] = field(default_factory=list)
    changes_order: bool = False
    """It is about an order that was placed before."""
    is_over: bool = False
    """The last that the request gets is among what was said."""


@dataclass(eq=False, slots=True)
class RecordedClient:
    """One connection of a recording."""

    number: int
    server_version: int
    client_id: int
    exchanges: list[Exchange] = field(default_factory=list)
    _by_request: dict[bytes, list[Exchange]] = field(default_factory=dict)

    def add(self, exchange: Exchange) -> None:
        """The next request that the client made."""
        self.exchanges.append(exchange)
        self._by_request.setdefault(_identity(exchange.request), []).append(exchange)

    def equal_to(self, request: Request) -> list[Exchange]:
        """The exchanges whose requests are the same but for their own ids, in their order."""
        return self._by_request.get(_identity(request), [])


def _identity(request: Request) -> bytes:
    return type(request).__name__.encode() + msgspec.msgpack.encode(plain(request))


def plain(request: Request) -> Any:
    """All values of a request but its own id, in builtins: contracts of equal identity may differ in others."""
    values = msgspec.to_builtins(request)
    values.pop("request_id", None)
    values.pop("order_id", None)
    return values


def order_id_of(request: Request) -> int | None:
    """The id of the order that a request places, changes, cancels or makes by an exercise; None for other requests."""
    return getattr(request, "order_id", None)


class _Asker:
    """Hears what belongs to one exchange, as its request's declaration says."""

    def __init__(self, exchange: Exchange, heard: list[Exchange]) -> None:
        self.request = exchange.request
        self._exchange = exchange
        self._heard = heard

    def hear(self, reply: Reply) -> bool:
        """A reply; True when it was the last one."""
        return self._heard_of_it(is_last=self.request.facts.replies.closes(self.request, reply))

    def hear_notice(self, notice: Notice, facts: CodeFacts) -> bool:  # noqa: ARG002  # an `Asker`'s signature
        """What is said about the request by a code; True when it ends the request."""
        return self._heard_of_it(is_last=self.request.facts.replies.ended_by(facts))

    def _heard_of_it(self, *, is_last: bool) -> bool:
        self._heard.append(self._exchange)
        self._exchange.is_over |= is_last
        return is_last

    def fail(self, error: IbkrError) -> None:
        """Nothing more comes."""


class Attribution:
    """Says which request of one connection a reply belongs to.

    By the declarations, as a client does (`OpenRequests`). What belongs to no open request goes to the last request
    with that id, or that order; what belongs to none at all, to the start of the connection: it came unasked.
    """

    def __init__(self) -> None:
        self._open = OpenRequests()
        self._heard: list[Exchange] = []
        self._by_id: dict[int, Exchange] = {}
        self._by_order: dict[int, Exchange] = {}
        self._by_execution: dict[str, Exchange] = {}
        self._start: Exchange | None = None

    def request(self, exchange: Exchange) -> None:
        """A request was made."""
        request = exchange.request
        if isinstance(request, StartApiRequest):
            self._start = exchange
        if (order_id := order_id_of(request)) is not None:
            exchange.changes_order = order_id in self._by_order
            self._by_order[order_id] = exchange
        elif isinstance(request, GlobalCancelRequest):
            self._by_order = dict.fromkeys(self._by_order, exchange)
        elif (request_id := getattr(request, "request_id", None)) is not None:
            self._by_id[request_id] = exchange
        self._end_what_it_cancels(request)
        if has_answer(request):
            follows = request.facts.replies.keeps_on(request)
            self._open.add(_Asker(exchange, self._heard), follows=follows)

    def _end_what_it_cancels(self, request: Request) -> None:
        ended = self._open.following(type(request))
        if isinstance(request, Cancellation):
            asker = self._open.find(request.request_id)
            if asker is not None and cancels(type(request), type(asker.request)):
                ended.append(asker)
        for each in ended:
            self._open.give_up(each)

    def owner(self, message: Message | None) -> Exchange | None:
        """The exchange that a reply belongs to; None when the connection has not even started."""
        found = (self._owner_by_declaration(message) or self._owner_by_id(message)) if message else None
        owner = found or self._start
        if isinstance(message, ExecutionDetails) and owner is not None:
            self._by_execution[message.execution.execution_id] = owner
        return owner

    def _owner_by_declaration(self, message: Message) -> Exchange | None:
        self._heard.clear()
        self._open.hear(message)
        return self._heard[0] if self._heard else None

    def _owner_by_id(self, message: Message) -> Exchange | None:
        match message:
            case CommissionAndFeesReport():
                return self._by_execution.get(message.execution_id)
            case Notice():
                named = [table.get(message.request_id) for table in (self._by_id, self._by_order)]
                return max(
                    (each for each in named if each is not None), key=lambda each: each.at, default=None
                )
            case _ if getattr(message, "request_id", NO_ID) != NO_ID:
                return self._by_id.get(message.request_id)  # type: ignore[attr-defined]  # as was just seen
            case _:
                return next(
                    (self._by_order[each] for each in ids_in(message) if each in self._by_order), None
                )


def exchanges_of(events: Iterable[Event]) -> list[RecordedClient]:
    """The connections of a recording on which a client has started, with all that was asked and answered."""
    transcript = Transcript()
    clients: dict[int, RecordedClient] = {}
    attributions: defaultdict[int, Attribution] = defaultdict(Attribution)
    for number, event in enumerate(events):
        entry = transcript.entry(event)
        if not isinstance(event, Frame) or isinstance(entry.meaning, Handshake):
            continue
        message = entry.meaning.message if isinstance(entry.meaning, Decoded) else None
        if entry.client_id is None:
            continue
        if event.connection not in clients:
            version = transcript.server_version(event.connection)
            assert version is not None, "a client that has said who it is has settled the version"
            clients[event.connection] = RecordedClient(event.connection, version, entry.client_id)
        if event.sender is Role.GATEWAY:
            owner = attributions[event.connection].owner(message)
            if owner is not None:
                owner.said.append(Said(number, event.at - owner.at, event.payload, message))
        elif isinstance(message, Request):
            exchange = Exchange(message, event.at, clients[event.connection])
            clients[event.connection].add(exchange)
            attributions[event.connection].request(exchange)
    return list(clients.values())


def read_exchanges(path: Path) -> list[RecordedClient]:
    """The same, of a file; what is damaged is logged and left out.

    Raises RecordingError when the file is no recording, or holds nothing that can be served.
    """
    with Reader(path) as reader:
        found = list(reader.events())
        tail = reader.tail()
    for damage in [each for each in (*found, tail) if isinstance(each, Damage)]:
        logger.warning("{}: {}", path, damage)
    clients = exchanges_of(event for event in found if not isinstance(event, Damage))
    if not clients:
        raise RecordingError(f"{path} holds no connection on which a client has started: nothing to serve")
    return clients


def version_to_serve(clients: Iterable[RecordedClient], wanted: int | None, path: Path) -> int:
    """The server version at which a recording is served. Raises RecordingError when it holds another, or several."""
    versions = sorted({client.server_version for client in clients})
    held = f"{path} was recorded at server version {' and '.join(map(str, versions))}"
    if wanted is not None and wanted not in versions:
        raise RecordingError(f"{held}, not {wanted}: frames are served as they were recorded")
    if wanted is None and len(versions) > 1:
        raise RecordingError(f"{held}: say which to serve with --server-version")
    return wanted if wanted is not None else versions[0]
