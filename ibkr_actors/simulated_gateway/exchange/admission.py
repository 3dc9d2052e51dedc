"""Whether an order may come in at all, and in which form: what is wrong with it, and what the gateway fills in."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.exchange.adjusted_stops import check_adjustment
from ibkr_actors.simulated_gateway.exchange.cash_quantities import with_quantity_of_cash
from ibkr_actors.simulated_gateway.exchange.combos import check_combination, quote_of
from ibkr_actors.simulated_gateway.exchange.conditions import Conditions
from ibkr_actors.simulated_gateway.exchange.lifetimes import Lifetimes
from ibkr_actors.simulated_gateway.exchange.order_checks import check_numbers, check_order, normalized
from ibkr_actors.simulated_gateway.exchange.order_hours import ignores_outside_hours
from ibkr_actors.simulated_gateway.exchange.precautions import Precautions
from ibkr_actors.simulated_gateway.hours.market_time import lacks_zone
from ibkr_actors.simulated_gateway.instruments.catalogue import Instrument
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.refusals import (
    ACCOUNT_NEEDED,
    ACCOUNT_UNKNOWN,
    IGNORES_OUTSIDE_HOURS,
    NO_ZONE,
    Refusal,
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """An order that may come in, as the gateway understands it, and what has to be said about that."""

    order: Order
    notices: tuple[tuple[int, str], ...]


class Admission:
    """Checks and completes what clients send; each refusal is an error on the order's id and nothing else.

    Not responsible for: the order's relatives, the account's money.
    """

    def __init__(
        self,
        market: Market,
        accounts: Accounts,
        lifetimes: Lifetimes,
        conditions: Conditions,
        precautions: Precautions,
    ) -> None:
        self._market = market
        self._accounts = accounts
        self._lifetimes = lifetimes
        self._conditions = conditions
        self._precautions = precautions

    def admit(self, wanted: Order, contract: Contract, instrument: Instrument, now: float) -> Admitted:
        """An independent copy of the order that is fit to be kept. Raises Refusal for one that can't be."""
        check_numbers(wanted)
        quote = quote_of(self._market, instrument)
        order = with_quantity_of_cash(normalized(wanted), instrument, quote)
        check_order(order, instrument)
        if instrument.legs:
            check_combination(order, contract, self._market.catalogue)
        check_adjustment(order)
        self._precautions.check(order, instrument)
        order.account = self.account_named(order.account)
        times = str(order.good_after_time), str(order.good_till_date)
        notices = (NO_ZONE,) if any(map(lacks_zone, times)) else ()
        order = self._conditions.spelled(self._lifetimes.spelled(order, now), now)
        if ignores_outside_hours(order, contract):
            order = msgspec.structs.replace(order, outside_regular_trading_hours=False)
            notices = (*notices, IGNORES_OUTSIDE_HOURS)
        return Admitted(order, notices)

    def account_named(self, account: str) -> str:
        """The account that an order names, or the login's only one. Raises Refusal when there is no such."""
        if account:
            if account not in self._accounts:
                raise Refusal(*ACCOUNT_UNKNOWN)
            return account
        if len(self._accounts.codes) > 1:
            raise Refusal(*ACCOUNT_NEEDED)
        return self._accounts.codes[0]
