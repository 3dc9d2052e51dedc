"""What stays true whatever clients and market do: drawn orders, changes, cancellations and prices."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.orders import CancelOrderRequest, OrderStatus
from ibkr_actors.classes.orders.order import Order
from tests.simulated_gateway.helpers import AAPL, ACCOUNT, Desk, limit, only, order

FINAL = ("Filled", "Cancelled")

prices = st.integers(9_800, 10_200).map(lambda price: price / 100)
quantities = st.integers(1, 400)
sides = st.sampled_from(["BUY", "SELL"])
times = st.sampled_from(["DAY", "GTC", "IOC", "FOK"])


class Trading(RuleBasedStateMachine):
    """One client trades one stock; everything that it is told is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.client = self.desk.connect()
        self.statuses: dict[int, list[OrderStatus]] = {}
        self.executions: list[ExecutionDetails] = []
        self.reports: list[CommissionAndFeesReport] = []
        self.limits: dict[int, tuple[str, float]] = {}
        self.last_id = 0

    def hear(self) -> None:
        """Keep what was told, and check each fill against the limit of then."""
        told = self.desk.heard(self.client)
        self.reports += only(CommissionAndFeesReport, told)
        for status in only(OrderStatus, told):
            self.statuses.setdefault(status.order_id, []).append(status)
        for details in only(ExecutionDetails, told):
            self.executions.append(details)
            side, price = self.limits.get(details.execution.order_id, ("", 0.0))
            assert side != "BUY" or details.execution.price <= price
            assert side != "SELL" or details.execution.price >= price

    def send(self, order_id: int, wanted: Order) -> None:
        if wanted.order_type == "LMT":
            self.limits[order_id] = (wanted.action, wanted.limit_price or 0.0)
        told = self.desk.place(self.client, order_id, wanted)
        self.desk.keep(self.client, told)
        self.hear()

    @rule(side=sides, quantity=quantities, time=times)
    def place_at_the_market(self, side: str, quantity: int, time: str) -> None:
        self.last_id += 1
        self.send(self.last_id, order(side, quantity, time_in_force=time))

    @rule(side=sides, quantity=quantities, price=prices, time=times)
    def place_with_a_limit(self, side: str, quantity: int, price: float, time: str) -> None:
        self.last_id += 1
        self.send(self.last_id, limit(side, quantity, price, time_in_force=time))

    @rule(side=sides, quantity=quantities, price=prices)
    def place_a_stop(self, side: str, quantity: int, price: float) -> None:
        self.last_id += 1
        self.send(self.last_id, order(side, quantity, "STP", auxiliary_price=price))

    @rule(side=sides, quantity=quantities, price=prices, stop=prices)
    def place_a_bracket(self, side: str, quantity: int, price: float, stop: float) -> None:
        other = "SELL" if side == "BUY" else "BUY"
        parent, self.last_id = self.last_id + 1, self.last_id + 3
        self.send(parent, limit(side, quantity, price, transmit=False))
        self.send(parent + 1, limit(other, quantity, price, parent_id=parent, transmit=False))
        self.send(parent + 2, order(other, quantity, "STP", auxiliary_price=stop, parent_id=parent))

    @rule(side=sides, quantity=quantities, price=prices, group=st.integers(1, 3))
    def place_into_a_group(self, side: str, quantity: int, price: float, group: int) -> None:
        self.last_id += 1
        members = {"oca_group": f"group {group}", "oca_type": group}
        self.send(self.last_id, limit(side, quantity, price, **members))

    @rule(data=st.data(), quantity=quantities, price=prices)
    def change(self, data: st.DataObject, quantity: int, price: float) -> None:
        """Whatever it is refused for, the order stays one."""
        number = data.draw(st.integers(1, self.last_id + 1))
        found = self.desk.gateway.exchange.book.find(1, number)
        if found is None or found.order.order_type != "LMT":
            return
        terms = {"parent_id": found.order.parent_id, "time_in_force": found.order.time_in_force}
        before = self.limits.get(number)
        self.send(number, limit(found.order.action, quantity, price, **terms))
        if before is not None and found.order.limit_price == before[1]:
            self.limits[number] = before

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if self.last_id:
            number = data.draw(st.integers(1, self.last_id))
            self.desk.keep(self.client, self.desk.ask(self.client, CancelOrderRequest(number)))
            self.hear()

    @rule(bid=prices, spread=st.integers(1, 5), size=st.integers(1, 300))
    def move_the_market(self, bid: float, spread: int, size: int) -> None:
        self.desk.quote(bid, round(bid + spread / 100, 2), size=float(size))
        self.desk.step()
        self.hear()

    @invariant()
    def a_final_status_stays(self) -> None:
        for told in self.statuses.values():
            ends = [status.status for status in told if status.status in FINAL]
            assert len(set(ends)) <= 1
            first = next((at for at, status in enumerate(told) if status.status in FINAL), len(told))
            assert all(status.status in FINAL for status in told[first:])

    @invariant()
    def what_waits_for_a_parent_has_one_that_may_still_fill(self) -> None:
        book = self.desk.gateway.exchange.book
        for held in book.open_orders(1):
            if held.waits_for_parent:
                parent = book.find(1, held.order.parent_id)
                assert parent is not None
                assert parent.is_live

    @invariant()
    def what_works_in_a_group_came_after_the_last_one_that_filled(self) -> None:
        """Whatever was there when one of the group filled wholly is gone."""
        book = self.desk.gateway.exchange.book
        orders = [
            found for number in range(1, self.last_id + 1) if (found := book.find(1, number)) is not None
        ]
        for group in ("group 1", "group 2", "group 3"):
            members = [each for each in orders if each.order.oca_group == group]
            filled = max((each.permanent_id for each in members if each.status == "Filled"), default=0)
            assert all(each.permanent_id > filled for each in members if each.is_live)

    @invariant()
    def nothing_is_filled_that_was_not_executed(self) -> None:
        for number, told in self.statuses.items():
            executed = sum(
                (each.execution.shares for each in self.executions if each.execution.order_id == number),
                Decimal(0),
            )
            assert told[-1].filled == executed
            assert all(status.remaining >= 0 for status in told)

    @invariant()
    def execution_ids_never_repeat_and_each_has_one_commission_at_most(self) -> None:
        ids = [each.execution.execution_id for each in self.executions]
        charged = [report.execution_id for report in self.reports]
        assert len(set(ids)) == len(ids)
        assert len(set(charged)) == len(charged)
        assert set(charged) <= set(ids)

    @invariant()
    def the_books_balance(self) -> None:
        signs = {"BOT": 1, "SLD": -1}
        traded = sum(
            (signs[each.execution.side] * each.execution.shares for each in self.executions), Decimal(0)
        )
        valuation = self.desk.gateway.accounts.value(ACCOUNT)
        total = valuation.total
        assert self.desk.gateway.accounts[ACCOUNT].position(AAPL) == traded
        assert valuation.net_liquidation == total.cash + total.stocks
        difference = valuation.net_liquidation - (1_000_000 + total.realized + total.unrealized)
        assert abs(difference) <= Decimal("0.02")


TestTrading = Trading.TestCase
TestTrading.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
