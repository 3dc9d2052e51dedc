"""Expiry dates, against those that the exchanges published."""

from __future__ import annotations

from datetime import date

import pytest

from ibkr_actors.simulated_gateway.instruments.expiries import (
    crude_oil,
    futures_expiries,
    gold,
    option_expiries,
    third_friday,
)


@pytest.mark.parametrize(
    ("computed", "published"),
    [
        (third_friday(2026, 12), date(2026, 12, 18)),
        (third_friday(2026, 6), date(2026, 6, 18)),  # the 19th is Juneteenth
        (crude_oil(2026, 12), date(2026, 11, 20)),
        (crude_oil(2026, 1), date(2025, 12, 19)),
        (gold(2026, 12), date(2026, 12, 29)),
        (gold(2026, 2), date(2026, 2, 25)),
    ],
)
def test_a_contract_month_ends_on_its_published_day(computed, published):
    assert computed == published


def test_the_front_future_still_trades_on_its_last_day_and_is_gone_on_the_next():
    months = (3, 6, 9, 12)
    assert futures_expiries("third_friday", months, date(2026, 12, 18), 1)[0].contract_month == "202612"
    assert futures_expiries("third_friday", months, date(2026, 12, 19), 1)[0].contract_month == "202703"


def test_a_crude_oil_contract_expires_in_the_month_before_its_own():
    front = futures_expiries("crude_oil", tuple(range(1, 13)), date(2026, 11, 23), 1)[0]
    assert (front.contract_month, front.last_day) == ("202701", date(2026, 12, 21))


def test_options_expire_on_the_next_fridays_and_then_monthly():
    assert option_expiries(date(2026, 11, 23), weeks=4, months=2) == [
        *(date(2026, 11, 27), date(2026, 12, 4), date(2026, 12, 11), date(2026, 12, 18)),
        *(date(2027, 1, 15), date(2027, 2, 19)),
    ]


def test_on_an_expiry_day_the_chain_begins_with_the_next_one():
    assert option_expiries(date(2026, 12, 18), weeks=1, months=0) == [
        date(2026, 12, 24)
    ]  # Christmas is Friday
