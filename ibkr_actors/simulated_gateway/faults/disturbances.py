"""Effects on single messages and on bytes: late, lost, twice, in another order, refused, torn."""

from __future__ import annotations

from collections import deque
from math import inf
from random import Random
from typing import Final

from ibkr_actors.base.messages.connection import NextValidId, StartApiRequest
from ibkr_actors.base.messages.declaration import Message, Reply
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.history import HistoricalDataRequest, RealTimeBarsRequest
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus, PlaceOrderRequest
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.faults.effect import EVERY_CLIENT, Countdown, Effect, Layer, notice
from ibkr_actors.simulated_gateway.refusals import (
    DUPLICATE_CLIENT,
    PACING_VIOLATION,
    REAL_TIME_PACING,
    message_rate,
)

_ABOUT_ORDERS: Final = (OpenOrder, OrderStatus, ExecutionDetails, CommissionAndFeesReport)


class Slow(Effect):
    """Everything that a client is told comes later."""

    nearness = 2

    def __init__(self, delay: float, client_id: int, until: float = inf) -> None:
        super().__init__(until)
        self._delay = delay
        self._client_id = client_id
        self._waiting: deque[tuple[float, Client, list[Reply]]] = deque()

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """Kept until it is time."""
        if self._client_id not in (EVERY_CLIENT, client.client_id):
            return replies
        if replies:
            self._waiting.append((client.now + self._delay, client, replies))
        return []

    def advance(self, layer: Layer, now: float) -> None:
        """What has waited long enough."""
        while self._waiting and self._waiting[0][0] <= now:
            _, client, replies = self._waiting.popleft()
            layer.tell(client, replies)

    def end(self, layer: Layer, now: float) -> None:
        """What still waits, at once."""
        self.advance(layer, inf)

    def forget(self, client: Client) -> None:
        """See `Effect`."""
        self._waiting = deque(held for held in self._waiting if held[1] is not client)


class LostAcknowledgement(Countdown):
    """An order is accepted, and what the gateway says to that never comes. What happens to it later does."""

    nearness = 1

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """Nothing of the order that was just placed."""
        if not isinstance(cause, PlaceOrderRequest) or not any(isinstance(one, OpenOrder) for one in replies):
            return replies
        if not self.count():
            return replies
        return [reply for reply in replies if not isinstance(reply, _ABOUT_ORDERS)]


class Duplicates(Effect):
    """What is said of orders and executions is said several times."""

    nearness = 1

    def __init__(self, times: int, until: float = inf) -> None:
        super().__init__(until)
        self._times = times

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """Each so many times, one behind the other."""
        return [
            reply
            for original in replies
            for reply in [original] * (self._times if isinstance(original, _ABOUT_ORDERS) else 1)
        ]


class AnotherOrder(Effect):
    """What is said of orders at one moment comes in another order; a commission still behind its execution."""

    nearness = 1

    def __init__(self, random: Random, until: float = inf) -> None:
        super().__init__(until)
        self._random = random

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """Those about orders change places, all others stay where they are."""
        places = [place for place, reply in enumerate(replies) if isinstance(reply, _ABOUT_ORDERS)]
        if len(places) < 2:
            return replies
        mixed = [replies[place] for place in places]
        self._random.shuffle(mixed)
        result = list(replies)
        for place, reply in zip(places, _with_commissions_behind(mixed), strict=True):
            result[place] = reply
        return result


def _with_commissions_behind(replies: list[Reply]) -> list[Reply]:
    ordered = list(replies)
    for number, reply in enumerate(ordered):
        if isinstance(reply, CommissionAndFeesReport):
            later = next(
                (
                    place
                    for place in range(number + 1, len(ordered))
                    if isinstance(found := ordered[place], ExecutionDetails)
                    and found.execution.execution_id == reply.execution_id
                ),
                None,
            )
            if later is not None:
                ordered[number], ordered[later] = ordered[later], reply
    return ordered


class RefusedForPacing(Countdown):
    """The next request of a kind is refused for coming too soon; where all messages count, the connection ends too."""

    def __init__(self, code: int, times: int) -> None:
        super().__init__(times)
        self._code = code

    def takes(self, layer: Layer, client: Client, request: Message, now: float) -> bool:
        """See the class."""
        match self._code, request:
            case 100, _ if client.client_id is not None:
                refusal, request_id = message_rate(50, 51, client.number), -1
            case 162, HistoricalDataRequest():
                refusal, request_id = PACING_VIOLATION, request.request_id
            case 420, RealTimeBarsRequest():
                refusal, request_id = REAL_TIME_PACING, request.request_id
            case _:
                return False
        if not self.count():
            return False
        if self._code == 100:
            client.closing = "more messages per second than allowed"
        layer.tell(client, [notice(now, *refusal, request_id)])
        return True


class ClientIdBusy(Countdown):
    """The gateway still believes that somebody has a client id."""

    def __init__(self, client_id: int, times: int) -> None:
        super().__init__(times)
        self._client_id = client_id

    def takes(self, layer: Layer, client: Client, request: Message, now: float) -> bool:
        """326, and the connection ends."""
        if not isinstance(request, StartApiRequest) or self._client_id not in (
            EVERY_CLIENT,
            request.client_id,
        ):
            return False
        if client.client_id is not None or not self.count():
            return False
        client.closing = "its client id is in use"
        layer.tell(client, [notice(now, *DUPLICATE_CLIENT)])
        return True


class OlderOrderId(Countdown):
    """The gateway has forgotten which order ids were used."""

    def __init__(self, order_id: int, times: int) -> None:
        super().__init__(times)
        self._order_id = order_id

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """Tells an id that may have been used."""
        return [
            NextValidId(self._order_id) if isinstance(reply, NextValidId) and self.count() else reply
            for reply in replies
        ]


class Torn(Effect):
    """What is sent arrives in pieces: each time the last bytes stay behind, until the next time."""

    nearness = 2

    def __init__(self, size: int, client_id: int, until: float = inf) -> None:
        super().__init__(until)
        self._size = size
        self._client_id = client_id

    def begin(self, layer: Layer, now: float) -> None:
        """Lies about every client's wire that there is."""
        self.advance(layer, now)

    def advance(self, layer: Layer, now: float) -> None:
        """Also about those that came since; what stayed behind goes."""
        for client in layer.clients(self._client_id):
            if client.wire is None:
                client.wire = Tearing(self._size)
            layer.tell(client, [])

    def end(self, layer: Layer, now: float) -> None:
        """What stayed behind goes, and no more stays."""
        for client in layer.clients(self._client_id):
            if isinstance(client.wire, Tearing):
                client.wire.size = 0
            layer.tell(client, [])


class Tearing:
    """Keeps the last bytes back until it is called again."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept = b""

    def __call__(self, data: bytes) -> bytes:
        """What goes now."""
        whole = self._kept + data
        # Without anything new all of it goes, for it must not stay behind for ever.
        end = len(whole) - self.size if data and self.size else len(whole)
        end = max(0, end)
        self._kept = whole[end:]
        return whole[:end]
