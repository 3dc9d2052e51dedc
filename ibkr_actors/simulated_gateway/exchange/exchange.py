"""The exchange: takes orders and changes, refuses, cancels, and matches as the market moves.

No clock, no sockets, no message of the wire: `now` (epoch seconds) is an argument, and a test can listen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from ibkr_actors.base.messages.orders import AttachedOrders
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.accounts.credit import Credit
from ibkr_actors.simulated_gateway.exchange.admission import Admission, Admitted
from ibkr_actors.simulated_gateway.exchange.amendments import Amendments
from ibkr_actors.simulated_gateway.exchange.attached_orders import NONE_ATTACHED, attached_legs
from ibkr_actors.simulated_gateway.exchange.combos import quote_of
from ibkr_actors.simulated_gateway.exchange.conditions import Conditions
from ibkr_actors.simulated_gateway.exchange.families import Families
from ibkr_actors.simulated_gateway.exchange.hedges import Hedges
from ibkr_actors.simulated_gateway.exchange.holds import Holds
from ibkr_actors.simulated_gateway.exchange.lifetimes import Lifetimes
from ibkr_actors.simulated_gateway.exchange.matching import Matcher
from ibkr_actors.simulated_gateway.exchange.order_hours import OrderHours
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions
from ibkr_actors.simulated_gateway.exchange.placing import Placing
from ibkr_actors.simulated_gateway.exchange.precautions import Precautions
from ibkr_actors.simulated_gateway.exchange.upkeep import Upkeep
from ibkr_actors.simulated_gateway.instruments.catalogue import Instrument
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.orders.listener import OrderListener
from ibkr_actors.simulated_gateway.orders.order_book import OrderBook
from ibkr_actors.simulated_gateway.orders.order_kinds import WAITING
from ibkr_actors.simulated_gateway.orders.trades import TradeLog
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder, with_defaults
from ibkr_actors.simulated_gateway.refusals import (
    DUPLICATE_ORDER,
    OTHER_ORDER,
    Refusal,
    in_transition,
    order_not_cancellable,
    order_not_found,
)

BY_HAND = 0
"""The client id of orders that were placed by hand."""


class Exchange:
    """The life of every order, from its acceptance to its end.

    Responsible for: what a request does (a new order, a new version of a draft, a change, a preview, a cancellation);
    the order in which things happen as time goes on.
    Delegates: what may come in to `Admission`, the start to `Placing`, changes to `Amendments`, the clock to `Upkeep`,
    fills to `Matcher`, relatives to `Families`, money to `Credit` and `Accounts`.
    Not responsible for: who is told, and in which messages; the listener is.
    """

    def __init__(
        self,
        market: Market,
        accounts: Accounts,
        listener: OrderListener,
        *,
        seed: int = 0,
        options: OrderOptions | None = None,
        bypasses_precautions: Callable[[], bool] = lambda: False,
    ) -> None:
        self.book = OrderBook()
        self.trades = TradeLog(seed)
        self._options = options = options or OrderOptions()
        self._market = market
        self._listener = listener
        self._credit = Credit(accounts, self.book)
        self._families = Families(
            self.book, Hedges(market), listener, cancellation_seconds=options.cancellation_seconds
        )
        self._matcher = Matcher(market, accounts, self.trades, self._families, listener, self._place_for)
        hours = OrderHours(market)
        lifetimes = Lifetimes(hours)
        conditions = Conditions(market, accounts, self.trades, hours)
        precautions = Precautions(market, options, bypasses_precautions)
        holds = Holds(
            market,
            accounts,
            hours,
            lifetimes,
            conditions,
            acknowledgement_seconds=options.acknowledgement_seconds,
        )
        self._admission = Admission(market, accounts, lifetimes, conditions, precautions)
        self._amendments = Amendments(self._credit, lifetimes, holds, self._matcher, listener)
        self._upkeep = Upkeep(self.book, market, lifetimes, holds, self._families, self._matcher, listener)
        self._placing = Placing(
            self.book,
            hours,
            lifetimes,
            holds,
            self._credit,
            precautions,
            self._families,
            self._matcher,
            listener,
        )

    # ------------------------------------------------------------------------------------------------------ placing

    def place(
        self,
        client_id: int,
        order_id: int,
        contract: Contract,
        instrument: Instrument,
        order: Order,
        now: float,
        attached: AttachedOrders = NONE_ATTACHED,
    ) -> None:
        """Take a new order, with the legs attached to it, or a change. Raises Refusal for what can't be an order."""
        self._families.now = now
        existing = self.book.find(client_id, order_id)
        if existing is None and not order.what_if and attached != NONE_ATTACHED:
            market = quote_of(self._market, instrument).mark
            self._place_attached(client_id, order_id, contract, instrument, order, now, attached, market)
            return
        admitted = self._admission.admit(order, contract, instrument, now)
        if existing is not None and not existing.is_draft and not order.what_if:
            self._amend(existing, contract, instrument, admitted, now)
            return
        new = self._new_order(client_id, order_id, contract, instrument, admitted, now)
        if order.what_if:
            if order.hedge_type:
                self._placing.parent_of(new)
            self._listener.order_previewed(new, self._credit.preview(new))
        else:
            self._accept(existing, new, now)
        self._families.groups.settle()

    def account_named(self, account: str) -> str:
        """The account of an order that names one, or the login's only one. Raises Refusal when there is no such."""
        return self._admission.account_named(account)

    def _place_attached(
        self,
        client_id: int,
        order_id: int,
        contract: Contract,
        instrument: Instrument,
        order: Order,
        now: float,
        attached: AttachedOrders,
        market: float,
    ) -> None:
        """The order and its legs are a bracket that the gateway completes."""
        legs = attached_legs(
            order_id,
            order,
            attached,
            market=market,
            percentage=self._options.presets.attached_percentage,
            tick=instrument.minimum_tick,
        )
        wishes = [(order_id, order), *legs]
        for _, leg in wishes:  # all of them or none
            self._admission.admit(leg, contract, instrument, now)
        for number, (leg_id, leg) in enumerate(wishes, start=1):
            is_last = number == len(wishes)
            leg = msgspec.structs.replace(leg, transmit=order.transmit and is_last)
            self.place(client_id, leg_id, contract, instrument, leg, now)

    def place_by_hand(
        self,
        contract: Contract,
        instrument: Instrument,
        order: Order,
        now: float,
        accepted: Callable[[WorkingOrder], None],
    ) -> WorkingOrder:
        """Take an order from the bridge's own screen; `accepted` hears of it before anybody is told anything.

        Raises Refusal for what can't be an order.
        """
        self._families.now = now
        admitted = self._admission.admit(order, contract, instrument, now)
        new = self._new_order(BY_HAND, 0, contract, instrument, admitted, now)
        new.is_manual = True
        self.book.add_unbound(new)
        accepted(new)
        self._placing.transmit(new, None, now)
        self._families.groups.settle()
        return new

    def _place_for(self, ladder: WorkingOrder, order: Order, now: float) -> None:
        """Place an order that another one brings about, under an id below all that its client has used."""
        client_id = ladder.client_id
        order_id = min(self.book.lowest_id(client_id), 0) - 1
        permanent_id = self.book.new_permanent_id()
        new = WorkingOrder(
            client_id,
            order_id,
            permanent_id,
            ladder.contract,
            ladder.listing,
            with_defaults(order, ladder.contract, client_id, order_id, permanent_id),
            accepted=now,
            is_triggered=True,
            ladder=ladder,
        )
        self.book.add(new)
        self._placing.transmit(new, None, now)

    def _new_order(
        self,
        client_id: int,
        order_id: int,
        contract: Contract,
        instrument: Instrument,
        admitted: Admitted,
        now: float,
    ) -> WorkingOrder:
        permanent_id = self.book.new_permanent_id()
        order, parts = admitted.order, self._matcher.parts_of(contract)
        listing = instrument.contract(instrument.primary_exchange or instrument.exchange)
        return WorkingOrder(
            client_id,
            order_id,
            permanent_id,
            contract,
            listing=parts[0].listing if parts else listing,
            order=with_defaults(order, contract, client_id, order_id, permanent_id),
            accepted=now,
            is_triggered=order.order_type not in WAITING,
            parts=parts,
            watches=self._matcher.watched_by(order, instrument, parts),
            notices=admitted.notices,
        )

    def _accept(self, draft: WorkingOrder | None, order: WorkingOrder, now: float) -> None:
        """Keep a new order (or a new version of a draft that was never transmitted), and start what may start."""
        if draft is None and order.order_id < self.book.next_valid_id(order.client_id):
            raise Refusal(*DUPLICATE_ORDER)
        if draft is not None and draft.contract != order.contract:
            raise Refusal(*OTHER_ORDER)
        parent = self._placing.parent_of(order)
        if draft is not None:
            order = _redrafted(draft, order)
            self.book.watch(order)
        else:
            self.book.add(order)
        if parent is not None:
            self._families.adopt(order, parent)
        if order.order.transmit:
            self._placing.transmit(order, parent, now)

    def _amend(
        self, order: WorkingOrder, contract: Contract, instrument: Instrument, admitted: Admitted, now: float
    ) -> None:
        watches = self._matcher.watched_by(admitted.order, instrument, order.parts)
        self._amendments.amend(order, contract, admitted, now)
        order.watches = watches
        self.book.watch(order)
        self.book.join_group(order)
        self._placing.work(order, now)
        self._families.groups.settle()

    # --------------------------------------------------------------------------------------------------- cancelling

    def cancel(self, client_id: int, order_id: int) -> None:
        """Cancel an order of this client. Raises Refusal for one that isn't there, has ended, or is being cancelled."""
        order = self.book.find(client_id, order_id)
        if order is None:
            raise order_not_found(order_id)
        self._cancel(order)

    def cancel_by_hand(self, permanent_id: int) -> None:
        """Cancel any open order at the bridge's own screen. Raises Refusal as `cancel` does."""
        order = self.book.find_permanent(permanent_id)
        if order is None:
            raise order_not_found(permanent_id)
        self._cancel(order)

    def _cancel(self, order: WorkingOrder) -> None:
        if order.has_ended:
            raise order_not_cancellable(order.order_id, order.status)
        if order.status is Status.PENDING_CANCEL:
            raise Refusal(*in_transition(order.permanent_id))
        self._families.cancel(order, by_trader=True)

    def cancel_all(self) -> None:
        """Cancel every open order, whoever placed it."""
        for order in self.book.open_orders():
            # The end of an earlier one may have ended it.
            if not order.has_ended and order.status is not Status.PENDING_CANCEL:
                self._families.cancel(order, by_trader=True)

    def end_trading(self, contract_id: int) -> None:
        """Cancel every order of a contract that has expired."""
        for order in self.book.of_contract(contract_id):
            if order.is_live:  # the end of an earlier one may have ended it
                self._families.cancel(order)

    # ------------------------------------------------------------------------------------------------ as time goes on

    def advance(self, contract_ids: Iterable[int], now: float) -> None:
        """Let it be `now`: end what is over, release what may work, match what the new quotes may fill."""
        self._families.now = now
        self._families.finish()
        for order in self._upkeep.advance(now):
            self._placing.work(order, now)
        for contract_id in contract_ids:
            for order in self.book.of_contract(contract_id):
                self._matcher.match(order, now)
        self._families.groups.settle()


def _redrafted(draft: WorkingOrder, order: WorkingOrder) -> WorkingOrder:
    """A draft that was sent again: the same order with its newest wishes."""
    draft.order, draft.is_triggered, draft.notices = order.order, order.is_triggered, order.notices
    draft.watches = order.watches
    draft.order.permanent_id = draft.permanent_id
    return draft
