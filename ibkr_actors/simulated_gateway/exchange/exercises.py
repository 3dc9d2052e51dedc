"""Exercising options and letting them lapse: instructions that work during the day, and are carried out at its end."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.classes.enum.liquidity import Liquidity
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.exchange.exchange import Exchange
from ibkr_actors.simulated_gateway.exchange.order_hours import midnight_after
from ibkr_actors.simulated_gateway.exchange.order_reports import OrderReports
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue, Instrument
from ibkr_actors.simulated_gateway.instruments.margins import ZERO, multiplier_of
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.marks import DERIVED, exact
from ibkr_actors.simulated_gateway.orders.working_order import Hold, WorkingOrder, with_defaults
from ibkr_actors.simulated_gateway.refusals import (
    DUPLICATE_ORDER,
    Refusal,
    invalid,
    preset_time_in_force,
    unprocessable,
)

ORDER_TYPES: Final = {ExerciseAction.EXERCISE: "EXERCISE", ExerciseAction.LAPSE: "LAPSE"}
"""What an open order shows as its type."""
NOT_IN_THE_MONEY: Final = "Exercise ignored because option is not in-the-money."
IN_THE_MONEY: Final = "Lapse ignored because option is in-the-money."


class Exercises:
    """The instructions of clients about the options that their accounts own.

    Responsible for: which instructions are accepted; what becomes of positions and cash when they are carried out.
    An instruction is an order: it has a status, can be cancelled, and is listed among the open orders.

    An exercised option leaves the account at a price of nothing, and its underlying comes in or goes out at the
    strike; where nothing can be delivered (an index), the option leaves at what it is worth instead. A lapsed option
    leaves at nothing.

    Not responsible for: options that expire without an instruction; assignment of options that were sold.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        market: Market,
        accounts: Accounts,
        exchange: Exchange,
        reports: OrderReports,
    ) -> None:
        self._catalogue = catalogue
        self._market = market
        self._accounts = accounts
        self._exchange = exchange
        self._reports = reports

    def instruct(self, client_id: int, request: ExerciseOptionsRequest, now: float) -> None:
        """Take an instruction. Raises Refusal for one that never becomes an order."""
        option = self._catalogue.identify(request.contract)
        action = _action_of(request, option)
        account = self._exchange.account_named(request.account)
        quantity = Decimal(request.exercise_quantity)
        if not request.override:
            self._check_moneyness(option, action)
        if self._unlapsed(account, option) < quantity:
            raise unprocessable(f"No unlapsed position exists in this option in account {account}")
        order = self._new_order(client_id, request, option, account, now)
        self._reports.order_changed(order)
        self._reports.order_noticed(order, *preset_time_in_force(TimeInForce.DAY))

    def _check_moneyness(self, option: Instrument, action: ExerciseAction) -> None:
        is_worth_something = self._intrinsic(option) > 0
        if action is ExerciseAction.EXERCISE and not is_worth_something:
            raise unprocessable(NOT_IN_THE_MONEY)
        if action is ExerciseAction.LAPSE and is_worth_something:
            raise unprocessable(IN_THE_MONEY)

    def _intrinsic(self, option: Instrument) -> Decimal:
        """What exercising brings for one unit of the underlying; negative out of the money."""
        price = self._accounts.marks.price(option.underlying_contract_id)
        strike = exact(option.strike)
        return price - strike if option.right.startswith("C") else strike - price

    def _unlapsed(self, account: str, option: Instrument) -> Decimal:
        """The options of an account that no other instruction is about."""
        instructed = sum(
            (
                order.remaining
                for order in self._exchange.book.of_contract(option.contract_id)
                if order.exercise is not None and order.account == account and order.is_live
            ),
            ZERO,
        )
        return self._accounts[account].position(option.contract_id) - instructed

    def _new_order(
        self, client_id: int, request: ExerciseOptionsRequest, option: Instrument, account: str, now: float
    ) -> WorkingOrder:
        book = self._exchange.book
        if request.order_id < book.next_valid_id(client_id):
            raise Refusal(*DUPLICATE_ORDER)
        action = ExerciseAction(request.exercise_action)
        contract = option.contract(request.contract.exchange)
        permanent_id = book.new_permanent_id()
        wanted = Order(
            action=OrderAction.SELL,  # the position in the option becomes smaller
            total_quantity=Decimal(request.exercise_quantity),
            order_type=ORDER_TYPES[action],
            time_in_force=TimeInForce.DAY,
            account=account,
            manual_order_time=request.manual_order_time,
            customer_account=request.customer_account,
            professional_customer=request.professional_customer,
        )
        order = WorkingOrder(
            client_id,
            request.order_id,
            permanent_id,
            contract,
            listing=option.contract(),
            order=with_defaults(wanted, contract, client_id, request.order_id, permanent_id),
            accepted=now,
            expires=midnight_after(now),
            is_transmitted=True,
            is_triggered=True,
            holds={Hold.EXERCISE},
            exercise=action,
        )
        book.add(order)
        return order

    # ------------------------------------------------------------------------------------------- the end of the day

    def carry_out(self, now: float, contract_id: int | None = None) -> None:
        """Carry out every instruction that was not cancelled, or those about one option, which expires.

        One whose options were sold meanwhile is left to end.
        """
        for order in self._exchange.book.open_orders():
            if contract_id not in (None, order.listing.contract_id):
                continue
            held = self._accounts[order.account].position(order.listing.contract_id)
            if order.exercise is not None and held >= order.remaining:
                self._carry_out(order, self._catalogue[order.listing.contract_id], now)

    def _carry_out(self, order: WorkingOrder, option: Instrument, now: float) -> None:
        quantity = order.remaining
        underlying = self._catalogue[option.underlying_contract_id]
        is_exercised = order.exercise is ExerciseAction.EXERCISE
        worth = max(self._intrinsic(option), ZERO)
        price = worth if is_exercised and not underlying.is_tradable else ZERO
        self._book(order, -quantity, price, now)
        if is_exercised and underlying.is_tradable:
            self._deliver(order, option, underlying, quantity, now)

    def _deliver(
        self, order: WorkingOrder, option: Instrument, underlying: Instrument, options: Decimal, now: float
    ) -> None:
        """The underlying at the strike, bought by a call and sold by a put. It is no order of any client."""
        listing = underlying.contract(underlying.primary_exchange or underlying.exchange)
        units = options * multiplier_of(order.listing) / multiplier_of(listing)
        is_call = option.right.startswith("C")
        wanted = Order(
            action=OrderAction.BUY if is_call else OrderAction.SELL,
            total_quantity=units,
            account=order.account,
        )
        delivery = WorkingOrder(
            order.client_id, 0, order.permanent_id, underlying.contract(), listing, wanted, accepted=now
        )
        self._book(delivery, units if is_call else -units, exact(option.strike), now)

    def _book(self, order: WorkingOrder, quantity: Decimal, price: Decimal, now: float) -> None:
        """Without commission, as the broker does it."""
        realized = self._accounts[order.account].book(order.listing, quantity, price, ZERO)
        order.fill(abs(quantity), float(price), ZERO)
        trade = self._exchange.trades.record(order, abs(quantity), ZERO, realized, now, Liquidity.UNKNOWN)
        if order.exercise is None:
            self._reports.position_delivered(order, trade)
        else:
            self._reports.order_filled(order, trade)


def _action_of(request: ExerciseOptionsRequest, option: Instrument) -> ExerciseAction:
    """What is to be done. Raises Refusal for what can't be done with options, or with what is no option."""
    if option.security_type not in DERIVED:
        raise invalid(f"Security type {option.security_type} can't be exercised")
    if request.exercise_quantity < 1:
        raise invalid(f"Invalid exercise quantity: {request.exercise_quantity}")
    if request.exercise_action not in ORDER_TYPES:
        raise invalid(f"Invalid exercise action: {request.exercise_action}")
    return ExerciseAction(request.exercise_action)
