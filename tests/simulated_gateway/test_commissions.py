"""What orders cost, by the published fixed schedule."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.commissions import order_commission


@pytest.mark.parametrize(
    ("security_type", "quantity", "value", "commission"),
    [
        ("STK", 1000, 50_000, "5.00"),  # half a cent a share
        ("STK", 10, 5_000, "1.00"),  # at least a dollar
        ("STK", 10, 20, "0.20"),  # but never more than one percent
        ("STK", 100_000, 30_000, "300.00"),
        ("OPT", 10, 4_000, "6.50"),
        ("OPT", 1, 400, "1.00"),
        ("FUT", 3, 900_000, "2.55"),
        ("CASH", 20_000, 22_000, "2.00"),
        ("CASH", 1_000_000, 1_100_000, "22.00"),
    ],
)
def test_the_schedule_holds_for_a_whole_order(
    security_type: str, quantity: int, value: int, commission: str
) -> None:
    contract = Contract(security_type=security_type, currency="USD")

    assert order_commission(contract, Decimal(quantity), Decimal(value)) == Decimal(commission)


def test_minimums_in_dollars_are_charged_in_the_contracts_currency() -> None:
    yen = Contract(symbol="USD", security_type="CASH", currency="JPY")

    assert order_commission(yen, Decimal(1000), Decimal(150_000), dollar=Decimal(150)) == 300
