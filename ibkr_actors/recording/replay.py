"""Serves a recording again: whoever asks what was asked then hears what was said then."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ibkr_actors.base.messages.connection import Notice, StartApiRequest
from ibkr_actors.base.messages.declaration import Cancellation, Message, Reply, Request
from ibkr_actors.base.messages.orders import CancelOrderRequest
from ibkr_actors.base.replies import cancels
from ibkr_actors.base.session import Undecodable
from ibkr_actors.recording.exchanges import Exchange, RecordedClient, Said, order_id_of, plain
from ibkr_actors.recording.renumbering import Renumbering, renumbered
from ibkr_actors.recording.transcript import ids_in
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.connection import Verbatim
from ibkr_actors.simulated_gateway.gateway import Deliveries
from ibkr_actors.simulated_gateway.refusals import id_of
from ibkr_actors.wire.frames import frame

PROCESSING_FAILED: Final = 322
ORDER_REJECTED: Final = 201
ORDER_NOT_FOUND: Final = 10147
UNREADABLE: Final = 320
_OTHER_ORDERS: Final = ("parent_id", "stop_loss_order_id", "profit_taker_order_id")
"""Fields of a request that hold the ids of other orders."""
MOST_DIFFERENCES: Final = 5
"""Fields that an error names."""


@dataclass(eq=False, slots=True)
class _Performance:
    """An exchange that is served to a client, under the client's ids."""

    exchange: Exchange
    request: Request
    """As the client made it."""
    left: int
    """How much of it is still to be said."""

    @property
    def subscription(self) -> tuple[type[Request], int | None]:
        """What tells it from the other subscriptions of its client."""
        return type(self.request), getattr(self.request, "request_id", None)

    @property
    def can_be_cancelled(self) -> bool:
        """Whether a request may still end it."""
        replies = self.request.facts.replies
        is_over = not self.left and self.exchange.is_over and not replies.is_reserved
        return not is_over and (replies.cancel is not None or replies.cancelled_by_itself)


@dataclass(order=True, slots=True)
class _Due:
    """Something that is to be said."""

    at: float
    number: int
    said: Said = field(compare=False)
    performance: _Performance = field(compare=False)


class _Part:
    """One client, and what of the recording it is served.

    Responsible for: finding what a request was answered with, when which reply is due, the ids that the client knows.
    """

    def __init__(self, client: Client, recording: list[RecordedClient], at_once: bool) -> None:
        self.client = client
        self.role: RecordedClient | None = None
        """The recorded client that it follows; None until it has started."""
        self._recording = recording
        self._at_once = at_once
        self._used: set[Exchange] = set()
        self._subscriptions: dict[tuple[type[Request], int | None], _Performance] = {}
        """What can be cancelled."""
        self._order_ids: dict[tuple[RecordedClient, int], int] = {}
        """The client's id of an order, by the recorded one."""
        self._due: list[_Due] = []

    # -------------------------------------------------------------------------------------------------------- asking

    def start(self, role: RecordedClient, request: StartApiRequest, now: float) -> None:
        """The client has said who it is: from now on it follows a recorded one."""
        self.role = role
        self.client.client_id = request.client_id
        self._perform(role.exchanges[0], request, now)

    def ask(self, request: Request, now: float) -> None:
        """Serve a request, or say why not."""
        exchange = self._find(request)
        has_ended = self._end(request)
        if exchange is not None:
            self._hasten(request, now)
            self._perform(exchange, request, now)
        elif not has_ended:
            self._refuse(request, now)

    def _find(self, request: Request) -> Exchange | None:
        """What was recorded for such a request: the next that was not served yet; but for orders, else the last."""
        fitting = list(self._fitting(request))
        unused = next((exchange for exchange in fitting if exchange not in self._used), None)
        if unused is not None or order_id_of(request) is not None:
            return unused
        return fitting[-1] if fitting else None

    def _fitting(self, request: Request) -> Iterator[Exchange]:
        """Equal recorded requests, of the client's role first. Those about an order have to be about the same one."""
        assert self.role is not None
        order_id = order_id_of(request)
        for recorded in (self.role, *(other for other in self._recording if other is not self.role)):
            for exchange in recorded.equal_to(self._as_recorded(request, recorded)):
                if order_id is None or self._is_about(exchange, order_id):
                    yield exchange

    def _is_about(self, exchange: Exchange, order_id: int) -> bool:
        recorded_id = order_id_of(exchange.request)
        assert recorded_id is not None
        known = self._order_ids.get((exchange.connection, recorded_id))
        if known is None:
            return not exchange.changes_order and order_id not in self._order_ids.values()
        return known == order_id

    def _as_recorded(self, request: Request, recorded: RecordedClient) -> Request:
        """The request with the recorded ids of the other orders that it names."""
        ids = {ours: old for (client, old), ours in self._order_ids.items() if client is recorded}

        def as_recorded(number: int) -> int:
            return ids.get(number, number)

        return renumbered(request, dict.fromkeys(_OTHER_ORDERS, as_recorded)) if ids else request

    def _end(self, request: Request) -> bool:
        """End the subscriptions that a request ends; whether there was one."""
        ended = [each for each in self._subscriptions.values() if _ends(request, each.request)]
        for performance in ended:
            del self._subscriptions[performance.subscription]
        if ended:
            self._due = [due for due in self._due if not _ends(request, due.performance.request)]
            heapq.heapify(self._due)
        return bool(ended)

    # ------------------------------------------------------------------------------------------------------ answering

    def _perform(self, exchange: Exchange, request: Request, now: float) -> None:
        self._used.add(exchange)
        order_id, recorded_id = order_id_of(request), order_id_of(exchange.request)
        if order_id is not None and recorded_id is not None:
            self._order_ids[exchange.connection, recorded_id] = order_id
        performance = _Performance(exchange, request, len(exchange.said))
        if performance.can_be_cancelled:
            self._subscriptions[performance.subscription] = performance
        for said in exchange.said:
            after = 0.0 if self._at_once else said.after
            heapq.heappush(self._due, _Due(now + after, said.number, said, performance))

    def _hasten(self, request: Request, now: float) -> None:
        """What was said about an order before it was changed or cancelled is said now, if it was not said yet."""
        order_id = order_id_of(request)
        for due in self._due:
            if order_id is not None and order_id_of(due.performance.request) == order_id:
                due.at = min(due.at, now)
        heapq.heapify(self._due)

    def take(self, now: float) -> list[Reply]:
        """What is due by now, under the client's ids."""
        replies = self.client.take_outbox()
        while self._due and self._due[0].at <= now:
            due = heapq.heappop(self._due)
            replies.append(self._translated(due.said, due.performance))
            self._forget_if_over(due.performance)
        return replies

    def _forget_if_over(self, performance: _Performance) -> None:
        performance.left -= 1
        is_kept = self._subscriptions.get(performance.subscription) is performance
        if is_kept and not performance.can_be_cancelled:
            del self._subscriptions[performance.subscription]

    def _translated(self, said: Said, performance: _Performance) -> Reply:
        """A reply under the client's ids; the recorded frame when the ids are the same anyway."""
        recorded = said.message
        if recorded is None:
            return Verbatim(frame(said.payload))
        message = renumbered(recorded, self._numbers(recorded, performance))
        if message is recorded or not isinstance(message, Reply):
            return Verbatim(frame(said.payload))
        return message

    def _numbers(self, message: Message, performance: _Performance) -> Renumbering:
        exchange, asked = performance.exchange, performance.request
        recorded_id = getattr(exchange.request, "request_id", None)

        def order(number: int) -> int:
            return self._order_ids.get((exchange.connection, number), number)

        def request(number: int) -> int:
            if number == recorded_id:
                return int(asked.request_id)  # type: ignore[attr-defined]  # of the same type as the recorded one
            return order(number) if isinstance(message, Notice) else number

        def client(number: int) -> int:
            return self.client.number if number == exchange.connection.client_id else number

        return {"request_id": request, "order_id": order, "parent_id": order, "client_id": client}

    # -------------------------------------------------------------------------------------------------------- refusing

    def _refuse(self, request: Request, now: float) -> None:
        """Whoever waits for an answer that the recording does not hold is told so, and what it holds instead."""
        reason = f"The recording does not hold {self._wanted(request)}"
        number = id_of(request)
        code, text = PROCESSING_FAILED, f"Error processing request.-'replay' : cause - {reason}"
        if isinstance(request, CancelOrderRequest):
            code, text = (
                ORDER_NOT_FOUND,
                f"OrderId {number} that needs to be cancelled is not found. {reason}",
            )
        elif order_id_of(request) is not None:
            code, text = ORDER_REJECTED, f"Order rejected - reason:{reason}"
        self.client.now = now
        self.client.notice(number, code, text)

    def _wanted(self, request: Request) -> str:
        name = type(request).__name__
        alike = [
            differences(plain(self._as_recorded(request, recorded)), plain(exchange.request))
            for recorded in self._recording
            for exchange in recorded.exchanges
            if type(exchange.request) is type(request)
        ]
        if not alike:
            return f"a {name}"
        nearest = min(alike, key=len)
        if not nearest:
            return f"this {name} once more, or not for this order"
        more = f" and {len(nearest) - MOST_DIFFERENCES} more" if len(nearest) > MOST_DIFFERENCES else ""
        return (
            f"this {name}; the nearest that it holds differs in {', '.join(nearest[:MOST_DIFFERENCES])}{more}"
        )


def _ends(request: Request, subscription: Request) -> bool:
    """Whether a request ends a subscription."""
    return cancels(type(request), type(subscription)) and (
        not isinstance(request, Cancellation) or request.request_id in ids_in(subscription)
    )


class Replay:
    """A recording in the place of a gateway.

    Responsible for: which recorded client each client follows (the one with its client id, if nobody does yet), and all
    that `_Part` does for each. Delays are the recorded ones in the time that `handle` and `advance` are told, or none.
    Not responsible for: bytes, sockets, threads, the clock. Not for use by several threads at once.
    """

    def __init__(
        self, recording: Iterable[RecordedClient], *, server_version: int, at_once: bool = False
    ) -> None:
        self._recording = [client for client in recording if client.server_version == server_version]
        self._at_once = at_once
        self._parts: dict[Client, _Part] = {}

    def connect(self, server_version: int) -> Client:
        """A client has settled the version; it has not said yet who it is."""
        client = Client(server_version)
        self._parts[client] = _Part(client, self._recording, self._at_once)
        return client

    def disconnect(self, client: Client) -> None:
        """A client is gone; another one may follow the recorded one from its beginning."""
        self._parts.pop(client, None)

    def handle(self, client: Client, request: Message, now: float) -> Deliveries:
        """Serve one request; returns what there is to say by now."""
        part = self._parts[client]
        if isinstance(request, Undecodable):
            client.now = now
            client.notice(-1, UNREADABLE, f"Error reading request. {request.error}")
        elif isinstance(request, StartApiRequest) and part.role is None:
            part.start(self._role_for(request.client_id), request, now)
        elif isinstance(request, Request) and part.role is not None:  # real gateways ignore what comes before
            part.ask(request, now)
        return self.advance(now)

    def _role_for(self, client_id: int) -> RecordedClient:
        """A recorded client that nobody follows, with the same id if possible; else one that somebody follows too."""
        taken = {part.role for part in self._parts.values()}
        return min(
            self._recording, key=lambda each: (each in taken, each.client_id != client_id, each.number)
        )

    def advance(self, now: float) -> Deliveries:
        """Let it be `now`; returns what is to be said by now."""
        return [(part.client, replies) for part in self._parts.values() if (replies := part.take(now))]


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two requests differ: each field with its value, and the recorded one."""
    if isinstance(one, dict) and isinstance(other, dict) and path.count(".") < 10:
        names = sorted(one.keys() | other.keys())
        prefix = f"{path}." if path else ""
        return [each for name in names for each in differences(one.get(name), other.get(name), prefix + name)]
    return [] if one == other else [f"{path} ({one!r}, recorded {other!r})"]
