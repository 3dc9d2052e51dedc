"""What orders cost, by the published fixed schedule."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.instruments.instrument import KINDS
from ibkr_actors.simulated_gateway.orders.commissions import CHARGES, order_commission


@pytest.mark.parametrize(
    ("security_type", "quantity", "value", "commission"),
    [
        ("STK", 1000, 50_000, "5.00"),  # half a cent a share
        ("STK", 10, 5_000, "1.00"),  # at least a dollar
        ("STK", 10, 20, "0.20"),  # but never more than one percent
        ("STK", 100_000, 30_000, "300.00"),
        ("WAR", 1000, 50_000, "5.00"),  # warrants are charged like shares
        ("FUT", 3, 900_000, "2.55"),
        ("FOP", 3, 9_000, "2.55"),
        ("CASH", 20_000, 22_000, "2.00"),
        ("CASH", 1_000_000, 1_100_000, "22.00"),
        ("CMDTY", 10, 40_000, "2.00"),
        ("CMDTY", 100, 400_000, "6.00"),
        ("CRYPTO", 1, 90_000, "162.00"),
        ("CRYPTO", 1, 500, "1.75"),
        ("CRYPTO", 1, 100, "1.00"),  # never more than one percent
        ("FUND", 100, 16_300, "14.95"),
        ("FUND", 1, 163, "4.89"),  # never more than three percent
    ],
)
def test_the_schedule_holds_for_a_whole_order(
    security_type: str, quantity: int, value: int, commission: str
) -> None:
    contract = Contract(security_type=security_type, currency="USD")

    assert order_commission(contract, Decimal(quantity), Decimal(value)) == Decimal(commission)


@pytest.mark.parametrize(
    ("premium", "quantity", "commission"),
    [
        ("4.00", 10, "6.50"),
        ("4.00", 1, "1.00"),
        ("0.10", 10, "6.50"),
        ("0.07", 10, "5.00"),
        ("0.04", 10, "2.50"),
    ],
)
def test_cheap_options_cost_less(premium: str, quantity: int, commission: str) -> None:
    contract = Contract(security_type="OPT", multiplier="100", currency="USD")

    value = Decimal(premium) * quantity * 100
    assert order_commission(contract, Decimal(quantity), value) == Decimal(commission)


def test_micro_futures_cost_less() -> None:
    micro = Contract(symbol="MES", security_type="FUT", multiplier="5", currency="USD")

    assert order_commission(micro, Decimal(4), Decimal(138_000)) == Decimal("1.00")


@pytest.mark.parametrize(
    ("symbol", "quantity", "commission"),
    [
        ("US-T", 100, "5.00"),
        ("US-T", 1000, "20.00"),  # 0.002% of a million
        ("US-T", 3000, "22.00"),  # and 0.0001% of what is beyond
        ("AAPL", 5, "5.00"),  # 0.1% of ten thousand
        ("AAPL", 30, "15.00"),  # and 0.025% of what is beyond
        ("AAPL", 1, "1.00"),
    ],
)
def test_bonds_are_charged_by_their_face_value(symbol: str, quantity: int, commission: str) -> None:
    contract = Contract(symbol=symbol, security_type="BOND", multiplier="10", currency="USD")

    value = Decimal(quantity) * 800
    assert order_commission(contract, Decimal(quantity), value) == Decimal(commission)


@pytest.mark.parametrize(
    ("symbol", "local_symbol", "quantity", "value", "commission"),
    [
        ("AAPL", "AAPL", 1000, 270_000, "5.00"),
        ("IBM", "IBM", 10, 3_000, "1.00"),  # a stock, whatever its letters
        ("IBUS500", "IBUS500", 10, 68_900, "3.445"),
        ("EUR", "EUR.USD", 1_000_000, 1_160_000, "23.20"),
    ],
)
def test_contracts_for_difference_are_charged_by_what_they_are_on(
    symbol: str, local_symbol: str, quantity: int, value: int, commission: str
) -> None:
    contract = Contract(symbol=symbol, security_type="CFD", local_symbol=local_symbol, currency="USD")

    assert order_commission(contract, Decimal(quantity), Decimal(value)) == Decimal(commission)


def test_every_type_of_the_catalogue_that_trades_has_a_charge_of_its_own_or_a_shares() -> None:
    """Nothing new comes in unnoticed."""
    traded = {kind for kind in KINDS if KINDS[kind].is_tradable}

    assert traded - set(CHARGES) == {"STK", "BAG"}  # each leg of a combination is charged by itself


def test_minimums_in_dollars_are_charged_in_the_contracts_currency() -> None:
    yen = Contract(symbol="USD", security_type="CASH", currency="JPY")

    assert order_commission(yen, Decimal(1000), Decimal(150_000), dollar=Decimal(150)) == 300
