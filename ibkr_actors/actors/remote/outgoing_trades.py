"""What an actor in another process wants to trade, from its call to the desk's answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Final

from msgspec.structs import replace

from ibkr_actors.actors.messages import CancelOrder, OrderUnanswered, PlaceOrder
from ibkr_actors.actors.remote.codec import encode
from ibkr_actors.actors.remote.letters import OrderAnswer, Trade
from ibkr_actors.base.local_messages import OrderChanged, RequestFailed
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_tracking import REFUSED
from ibkr_actors.brokers.broker import Broker, Letter, Outcome
from ibkr_actors.brokers.topology import BRIDGE, TRADING_DESK, routing_key

TIME_TO_LIVE: Final = 5.0
"""Seconds after which an order that has not reached the desk is not sent any more."""
BEYOND: Final = 2.0
"""Seconds after its time to live when a trade without an answer is reported."""


@dataclass(slots=True)
class _Waiting:
    trade: Trade
    since: float
    reported: bool = False


class OutgoingTrades:
    """Brings trades to the desk, and tells the strategy what the desk does not.

    Responsible for:
    1. entrusting each to the broker, persistent, with its time to live;
    2. one that never left in time: refused here, for certain; one of which nobody can know: the desk is asked;
    3. refusals by the desk, as the strategy knows them (`RequestFailed`, and `OrderChanged` for a new order);
    4. one without an answer: `OrderUnanswered`, once.

    Safe from any thread.
    """

    def __init__(
        self,
        code: str,
        life: str,
        broker: Broker,
        tell: Callable[[list[Message]], None],
        *,
        time_to_live: float = TIME_TO_LIVE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._code, self._life, self._broker, self._tell = code, life, broker, tell
        self._time_to_live, self._clock = time_to_live, clock
        self._waiting: dict[int, _Waiting] = {}

    def place(self, wanted: PlaceOrder, next_number: Callable[[], int]) -> None:
        """A new order, whose id is its number, or the change of one."""
        number = next_number() if wanted.changes else wanted.request.order_id
        self._send(
            Trade(
                self._life,
                number,
                wanted.request,
                wanted.changes,
                wanted.exercise,
                time_to_live=self._time_to_live,
            )
        )

    def cancel(self, wanted: CancelOrder, next_number: Callable[[], int]) -> None:
        """A cancellation, which is never too late."""
        self._send(Trade(self._life, next_number(), wanted.request))

    def _send(self, trade: Trade) -> None:
        self._waiting[trade.number] = _Waiting(trade, self._clock())
        self._entrust(trade)

    def _entrust(self, trade: Trade) -> None:
        lives = trade.time_to_live if trade.time_to_live and not trade.late else None
        key = routing_key(BRIDGE, self._code)
        letter = Letter(TRADING_DESK, key, encode(trade), persistent=True, time_to_live=lives)
        self._broker.entrust(letter, partial(self._settle, trade))

    def _settle(self, trade: Trade, outcome: Outcome) -> None:
        match outcome:
            case Outcome.NEVER_SENT:
                waited = f"for {trade.time_to_live:g} s"
                self._refuse(trade, f"there was no connection with the broker {waited}; it was not sent")
            case Outcome.UNCERTAIN:
                self._entrust(replace(trade, late=True))
            case Outcome.UNROUTABLE:
                self._refuse(trade, "the broker has no queue for the desk; it was not sent")
            case Outcome.TOO_LARGE:
                self._refuse(trade, "the broker takes no letters of that size; it was not sent")

    def hear(self, answer: OrderAnswer) -> None:
        """The desk has answered; a second time is nothing new."""
        waiting = self._waiting.get(answer.number)
        if waiting is None:
            return
        if answer.refusal:
            self._refuse(waiting.trade, answer.refusal)
        else:
            del self._waiting[answer.number]

    def _refuse(self, trade: Trade, reason: str) -> None:
        if self._waiting.pop(trade.number, None) is None:
            return
        request = trade.request
        failed = RequestFailed(request.order_id, reason, trade.exercise or request)
        if isinstance(request, PlaceOrderRequest) and not trade.changes:
            quantity = request.order.total_quantity
            self._tell([failed, OrderChanged(trade.number, REFUSED, Decimal(0), quantity, None, reason)])
        else:
            self._tell([failed])

    def look(self) -> None:
        """Report what has no answer for too long."""
        now = self._clock()
        for waiting in list(self._waiting.values()):
            seconds = now - waiting.since
            if not waiting.reported and seconds > self._time_to_live + BEYOND:
                waiting.reported = True
                self._tell([OrderUnanswered(waiting.trade.request.order_id, seconds)])
