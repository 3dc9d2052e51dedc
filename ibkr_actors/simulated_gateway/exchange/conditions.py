"""Conditions of orders, judged by the market and the account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import msgspec

from ibkr_actors.classes.enum.trigger_method import TriggerMethod
from ibkr_actors.classes.orders.conditions import (
    AnyCondition,
    ExecutionCondition,
    MarginCondition,
    PercentChangeCondition,
    PriceCondition,
    TimeCondition,
    VolumeCondition,
)
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.exchange.order_hours import OrderHours
from ibkr_actors.simulated_gateway.exchange.triggers import (
    DOUBLE,
    method_that_counts,
    occurrence,
    watched_prices,
)
from ibkr_actors.simulated_gateway.hours.market_time import moment_of
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.orders.trades import TradeLog
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.simulated_gateway.refusals import invalid

ANY_EXCHANGE: Final = "ANY"
"""What real gateways echo as the exchange of an execution condition, whatever was sent."""


@dataclass(slots=True)
class _Watch:
    """What is remembered of the conditions of one order."""

    conditions: tuple[AnyCondition, ...]
    trades_before: int
    """How many executions there were when the watch began."""
    hits: dict[int, tuple[tuple[float, ...], int]] = field(default_factory=dict)
    """Of a condition that needs two prices in a row: what was last seen, and how many in a row were through."""


class Conditions:
    """Judges the conditions of orders.

    Responsible for: each kind of condition, "and" before "or"; that they count in regular hours only, unless the order
    says otherwise; prices that have to come twice.
    Not responsible for: what becomes of the order then.
    """

    def __init__(self, market: Market, accounts: Accounts, trades: TradeLog, hours: OrderHours) -> None:
        self._market = market
        self._accounts = accounts
        self._trades = trades
        self._hours = hours
        self._watches: dict[int, _Watch] = {}
        self._judges: dict[type, _Judge] = {
            PriceCondition: self._price,
            TimeCondition: self._time,
            MarginCondition: self._margin,
            ExecutionCondition: self._execution,
            VolumeCondition: self._volume,
            PercentChangeCondition: self._percent_change,
        }

    def spelled(self, order: Order, now: float) -> Order:
        """The order with its conditions as real gateways echo them. Raises Refusal(321) for one that can't be."""
        for condition in order.conditions:
            self._check(condition, now)
        conditions = tuple(
            msgspec.structs.replace(condition, exchange=ANY_EXCHANGE)
            if isinstance(condition, ExecutionCondition)
            else condition
            for condition in order.conditions
        )
        return msgspec.structs.replace(order, conditions=conditions)

    def _check(self, condition: AnyCondition, now: float) -> None:
        contract_id = getattr(condition, "contract_id", None)
        if contract_id is not None and contract_id not in self._market.catalogue:
            raise invalid(f"Invalid contract id {contract_id} in a condition")
        if isinstance(condition, TimeCondition) and moment_of(str(condition.time), now) is None:
            raise invalid(f"Invalid time {condition.time} in a condition")
        if isinstance(condition, PriceCondition) and condition.trigger_method not in tuple(TriggerMethod):
            raise invalid(f"Invalid trigger method {condition.trigger_method} in a condition")
        if isinstance(condition, ExecutionCondition) and not condition.symbol:
            raise invalid("A condition on an execution needs a symbol")

    def are_met(self, order: WorkingOrder, now: float) -> bool:
        """Whether they hold now; those of an order that has just been placed or changed are watched from now on."""
        conditions = order.order.conditions
        watch = self._watches.get(order.permanent_id)
        if watch is None or watch.conditions != conditions:
            watch = self._watches[order.permanent_id] = _Watch(conditions, len(self._trades))
        is_liquid = not order.order.conditions_ignore_regular_trading_hours
        # Each is judged, for one that needs two prices in a row has to see them all.
        met = [
            self._hours.trades(_contract_of(condition, order), liquid=is_liquid)
            and self._judges[type(condition)](condition, order, watch, now, number)
            for number, condition in enumerate(conditions)
        ]
        return _joined(conditions, met)

    def forget(self, order: WorkingOrder) -> None:
        """The conditions of an order no longer matter."""
        self._watches.pop(order.permanent_id, None)

    # ---------------------------------------------------------------------------------------------------- the kinds

    def _price(
        self, condition: PriceCondition, _o: WorkingOrder, watch: _Watch, _n: float, number: int
    ) -> bool:
        quote = self._market.quote(condition.contract_id)
        security_type = self._market.catalogue[condition.contract_id].security_type
        method = method_that_counts(condition.trigger_method, security_type, quote)
        prices = [price for price in watched_prices(method, quote, rises=condition.is_more) if price > 0]
        through = any(_compares(condition.is_more, price, condition.price) for price in prices)
        if method not in DOUBLE:
            return through
        seen = occurrence(method, quote)
        before, hits = watch.hits.get(number, ((), 0))
        if seen != before:
            hits = hits + 1 if through else 0
            watch.hits[number] = (seen, hits)
        return hits > 1

    def _time(self, condition: TimeCondition, _o: WorkingOrder, _w: _Watch, now: float, _i: int) -> bool:
        moment = moment_of(str(condition.time), now)
        assert moment is not None  # it was checked when the order came
        return _compares(condition.is_more, now, moment)

    def _margin(self, condition: MarginCondition, order: WorkingOrder, *_: Any) -> bool:
        value = self._accounts.value(order.account)
        if value.net_liquidation <= 0:
            return not condition.is_more
        cushion = float(100 * value.excess_liquidity / value.net_liquidation)
        return _compares(condition.is_more, cushion, condition.percent)

    def _execution(self, condition: ExecutionCondition, _o: WorkingOrder, watch: _Watch, *_: Any) -> bool:
        return any(
            trade.contract.symbol == condition.symbol.upper()
            and condition.security_type in ("", trade.contract.security_type)
            for trade in self._trades.since(watch.trades_before)
        )

    def _volume(self, condition: VolumeCondition, *_: Any) -> bool:
        volume = self._market.quote(condition.contract_id).volume
        return _compares(condition.is_more, volume, condition.volume)

    def _percent_change(self, condition: PercentChangeCondition, *_: Any) -> bool:
        quote = self._market.quote(condition.contract_id)
        change = 100 * (quote.mark / quote.close - 1) if quote.close > 0 else 0.0
        return _compares(condition.is_more, round(change, 9), condition.change_percent)


_Judge: TypeAlias = Callable[..., bool]


def _contract_of(condition: AnyCondition, order: WorkingOrder) -> int:
    """The contract whose hours count: the condition's own, or the order's."""
    return getattr(condition, "contract_id", 0) or order.listing.contract_id


def _compares(is_more: bool, value: float, level: float) -> bool:
    return value >= level if is_more else value <= level


def _joined(conditions: tuple[AnyCondition, ...], met: list[bool]) -> bool:
    """Any of the alternatives, each of which is a row joined by "and"."""
    holds = True
    for condition, is_met in zip(conditions, met, strict=True):
        holds = holds and is_met
        if not condition.conjunction:
            if holds:
                return True
            holds = True
    return holds and conditions[-1].conjunction
