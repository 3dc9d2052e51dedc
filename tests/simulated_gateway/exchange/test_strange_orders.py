"""Whatever fields an order has, the gateway answers it; and time goes on afterwards."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ibkr_actors.base.messages.orders import AttachedOrders, PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.hedge_type import HedgeType
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.conditions import (
    ExecutionCondition,
    MarginCondition,
    PercentChangeCondition,
    PriceCondition,
    TimeCondition,
    VolumeCondition,
)
from ibkr_actors.classes.orders.order import Order
from tests.simulated_gateway.helpers import AAPL, Desk, names

prices = st.one_of(st.none(), st.sampled_from([0.0, -1.0, 99.0, 100.01, 100.005, 1e9]))
flags = st.booleans()
contract_ids = st.sampled_from([AAPL, 8314, 416904, 12087792, 7])
conditions = st.one_of(
    st.builds(
        PriceCondition,
        flags,
        flags,
        prices.map(lambda price: price or 0.0),
        contract_ids,
        st.just("SMART"),
        st.integers(0, 9),
    ),
    st.builds(TimeCondition, flags, flags, st.sampled_from(["", "20261123-15:00:10", "noon"])),
    st.builds(MarginCondition, flags, flags, st.integers(-10, 110)),
    st.builds(
        ExecutionCondition,
        flags,
        st.sampled_from(["STK", ""]),
        st.just("SMART"),
        st.sampled_from(["AAPL", ""]),
    ),
    st.builds(VolumeCondition, flags, flags, st.integers(0, 10**9), contract_ids),
    st.builds(PercentChangeCondition, flags, flags, st.sampled_from([-5.0, 0.0, 5.0]), contract_ids),
)

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "action": st.sampled_from(["BUY", "SELL", "SSHORT", "HOLD"]),
    "total_quantity": st.sampled_from(
        [None, Decimal(0), Decimal(-1), Decimal(7), Decimal("0.5"), Decimal(10**7)]
    ),
    "order_type": st.sampled_from([*OrderType, ""]),
    "time_in_force": st.sampled_from([*TimeInForce, "", "XYZ"]),
    "limit_price": prices,
    "auxiliary_price": prices,
    "trail_stop_price": prices,
    "trailing_percent": st.sampled_from([None, 1.0, 0.0]),
    "good_till_date": st.sampled_from(["", "20261123-15:00:05", "20261124", "soon", "20261301"]),
    "good_after_time": st.sampled_from(["", "20261123-15:00:05", "10:00:05 US/Eastern", "soon"]),
    "duration": st.sampled_from([None, 1, 0]),
    "conditions": st.lists(conditions, max_size=3).map(tuple),
    "conditions_cancel_order": flags,
    "conditions_ignore_regular_trading_hours": flags,
    "outside_regular_trading_hours": flags,
    "adjusted_order_type": st.sampled_from(["", "None", "STP", "STP LMT", "TRAIL", "TRAIL LIMIT", "LMT"]),
    "trigger_price": prices,
    "adjusted_stop_price": prices,
    "adjusted_stop_limit_price": prices,
    "adjusted_trailing_amount": prices,
    "oca_group": st.sampled_from(["", "one"]),
    "oca_type": st.integers(0, 4),
    "parent_id": st.integers(0, 3),
    "hedge_type": st.sampled_from(["", *HedgeType, "X"]),
    "hedge_parameter": st.sampled_from(["", "beta=1", "ratio=2", "ratio=", "beta=nan", "ratio=1e400"]),
    "cash_quantity": st.sampled_from([None, Decimal(0), Decimal(500)]),
    "transmit": flags,
    "what_if": flags,
    "deactivate": flags,
    "post_only": flags,
    "all_or_none": flags,
    "account": st.sampled_from(["", "DU1000001", "DU9"]),
}
CONTRACTS = [
    Contract(contract_id=AAPL, exchange="SMART"),
    Contract(symbol="EUR", security_type="CASH", exchange="IDEALPRO", currency="USD"),
    Contract(symbol="BTC", security_type="CRYPTO", exchange="PAXOS", currency="USD"),
    Contract(symbol="SPX", security_type="IND", exchange="CBOE", currency="USD"),
    Contract(symbol="NOPE", security_type="STK"),
]
USUAL = {
    "action": "BUY",
    "total_quantity": Decimal(7),
    "order_type": "LMT",
    "limit_price": 99.0,
    "time_in_force": "DAY",
}
attachments = st.builds(
    AttachedOrders,
    st.sampled_from([None, 2, 9]),
    st.sampled_from(["", "PRESET", "TRAIL", "LMT"]),
    st.sampled_from([None, 3, 9]),
    st.sampled_from(["", "LMT", "STP"]),
)


@st.composite
def placements(draw: st.DrawFn) -> tuple[int, Contract, Order, AttachedOrders]:
    """A usual order with some of its fields changed."""
    changed = draw(st.sets(st.sampled_from(sorted(FIELDS)), max_size=6))
    fields = USUAL | {name: draw(FIELDS[name]) for name in sorted(changed)}
    attached = draw(attachments) if draw(st.integers(0, 4)) == 0 else AttachedOrders()
    contract = draw(st.sampled_from(CONTRACTS[:1] * 4 + CONTRACTS))
    return draw(st.integers(1, 6)), contract, Order(**fields), attached


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(placements(), min_size=1, max_size=5), flags)
def test_every_order_is_answered_or_kept_silently(
    orders: list[tuple[int, Contract, Order, AttachedOrders]], always_open: bool
) -> None:
    """Silent is only what is not transmitted, or what answers another order's id."""
    desk = Desk(always_open=always_open)
    client = desk.connect(1, version=226)

    for order_id, contract, wanted, attached in orders:
        told = desk.ask(client, PlaceOrderRequest(order_id, contract, wanted, attached))
        assert told or not wanted.transmit
        desk.step()
    desk.quote(98.0, 98.02)
    desk.step(10.0)
    desk.step(24 * 3600.0)

    assert all(name in KNOWN for name in names(desk.heard(client)))


KNOWN = {"OpenOrder", "OrderStatus", "Notice", "ExecutionDetails", "CommissionAndFeesReport"}
