"""What becomes of futures and options when they expire: orders end, positions are turned into money."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.exchange.exchange import Exchange
from ibkr_actors.simulated_gateway.exchange.exercises import Exercises
from ibkr_actors.simulated_gateway.exchange.order_reports import OrderReports
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.marks import exact
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder


class Settlements:
    """Settles what has expired, at the moment when it does.

    In this order: instructions to exercise are carried out, all other orders are cancelled, and what an account holds
    still is settled in cash, without commission: an option at its intrinsic value, a future at its last price. Nothing
    is delivered but by an instruction to exercise.

    Not responsible for: when something expires; the catalogue is.
    """

    def __init__(
        self,
        market: Market,
        accounts: Accounts,
        exchange: Exchange,
        exercises: Exercises,
        reports: OrderReports,
    ) -> None:
        self._market = market
        self._accounts = accounts
        self._exchange = exchange
        self._exercises = exercises
        self._reports = reports

    def settle(self, expired: Iterable[Instrument], now: float) -> None:
        """Settle these instruments, options before the futures that they may still bring."""
        for instrument in sorted(expired, key=lambda each: not each.right):
            self._exercises.carry_out(now, instrument.contract_id)
            self._exchange.end_trading(instrument.contract_id)
            for account in self._accounts.codes:
                position = self._accounts[account].position(instrument.contract_id)
                if position:
                    self._close(account, instrument, position, now)

    def _close(self, account: str, instrument: Instrument, position: Decimal, now: float) -> None:
        price = exact(self._market.settlement(instrument.contract_id)) * instrument.money_per_point
        listing = instrument.contract(instrument.listing_exchange)
        self._accounts[account].book(listing, -position, price, ZERO)
        settled = WorkingOrder(0, 0, 0, listing, listing, Order(account=account), accepted=now)
        self._reports.position_settled(settled)
