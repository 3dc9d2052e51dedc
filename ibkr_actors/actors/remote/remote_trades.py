"""Requests of other processes that trade: each is done once, in time, and answered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from loguru import logger
from msgspec.structs import replace

from ibkr_actors.actors.desk import Desk
from ibkr_actors.actors.messages import CancelOrder, Origin, PlaceOrder
from ibkr_actors.actors.remote.letters import OrderAnswer, Trade
from ibkr_actors.actors.remote.order_numbers import OrderNumbers
from ibkr_actors.actors.remote.remote_mail import RemoteMail
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest
from ibkr_actors.errors import InvalidRequest

ANSWERS_KEPT: Final = 100_000
"""The latest requests that trade, whose answers are known when they arrive again."""


class RemoteTrades:
    """Carries out what actors of other processes want to trade.

    Responsible for:
    1. a request that arrives again, in this life of the desk or after one that recorded it: the first answer;
    2. a request that waited longer than its time to live: a refusal, and it is never carried out later;
    3. the bridge's order id for the actor's number.

    Not thread-safe: belongs to the thread of `RemoteActors`. An order is in the journal when `answer` returns.
    """

    def __init__(self, desk: Desk, recorded: Mapping[Origin, int]) -> None:
        self._desk = desk
        self._answers: OrderedDict[Origin, OrderAnswer] = OrderedDict()
        for origin, order_id in recorded.items():
            self._answers[origin] = OrderAnswer(origin.life, origin.number, order_id)

    def known_answer(self, trade: Trade) -> OrderAnswer | None:
        """The answer to a request that has been dealt with before."""
        return self._answers.get(Origin(trade.life, trade.number))

    def answer(self, trade: Trade, mail: RemoteMail, waited: float) -> OrderAnswer:
        """Carry out a request that is new, unless it `waited` (seconds) too long."""
        expires = isinstance(trade.request, PlaceOrderRequest)
        if expires and (trade.late or waited > trade.time_to_live):
            return self.refuse(trade, _too_late(waited, trade.time_to_live))
        try:
            order_id = self._carry_out(trade, mail)
        except InvalidRequest as error:
            return self.refuse(trade, str(error))
        return self._keep(trade, OrderAnswer(trade.life, trade.number, order_id))

    def refuse(self, trade: Trade, reason: str) -> OrderAnswer:
        """A request that is not carried out, now or ever."""
        logger.error("request {} of an actor is refused: {}", trade.number, reason)
        return self._keep(trade, OrderAnswer(trade.life, trade.number, refusal=reason))

    def _keep(self, trade: Trade, answer: OrderAnswer) -> OrderAnswer:
        self._answers[Origin(trade.life, trade.number)] = answer
        while len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)
        return answer

    def _carry_out(self, trade: Trade, mail: RemoteMail) -> int:
        request, numbers = trade.request, mail.numbers
        if isinstance(request, CancelOrderRequest):
            order_id = numbers.order_id(request.order_id)
            cancel = CancelOrder(mail, mail.code, replace(request, order_id=order_id))
            self._desk.orders.tell(cancel)
            return order_id
        request = numbers.to_bridge(request)
        if trade.changes:
            order_id = numbers.order_id(request.order_id)
            self._place(trade, mail, replace(request, order_id=order_id))
            return order_id
        return self._place_new(trade, mail, request, numbers)

    def _place_new(
        self, trade: Trade, mail: RemoteMail, request: PlaceOrderRequest, numbers: OrderNumbers
    ) -> int:
        with self._desk.order_ids.placing() as order_id:
            numbers.add(trade.number, order_id)
            self._place(trade, mail, replace(request, order_id=order_id))
        return order_id

    def _place(self, trade: Trade, mail: RemoteMail, request: PlaceOrderRequest) -> None:
        exercise = trade.exercise
        if exercise is not None:
            exercise = replace(exercise, order_id=request.order_id)
        origin = Origin(trade.life, trade.number)
        self._desk.orders.tell(PlaceOrder(mail, mail.code, request, trade.changes, exercise, origin))


def _too_late(waited: float, time_to_live: float) -> str:
    if waited <= time_to_live:
        return f"it waited longer than its time to live ({time_to_live:g} s), and was not sent"
    return f"it waited {waited:.1f} s, longer than its time to live ({time_to_live:g} s), and was not sent"
