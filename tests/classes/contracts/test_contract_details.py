"""Contract details: what the wire's texts say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ibkr_actors.classes.contracts.contract_details import ContractDetails
from ibkr_actors.classes.enum.security_id_type import SecurityIdType
from ibkr_actors.errors import RemoteProtocolError
from ibkr_actors.wire.tags import TagValue

FUTURE = ContractDetails(
    order_types_text="ACTIVETIM,AD,LMT,MKT,WHATIF",
    valid_exchanges_text="CME,QBALGO",
    market_rule_ids_text="67,32",
    price_magnifier=1,
    time_zone_id="US/Central",
    trading_hours_text=";20260405:1700-20260406:1600",
    liquid_hours_text="20260405:CLOSED;20260406:0830-20260406:1600",
    real_expiration_date="20261218",
    security_ids=(TagValue("ISIN", "US0378331005"),),
)


class TestTexts:
    def test_that_are_lists_are_tuples(self) -> None:
        assert FUTURE.valid_exchanges == ("CME", "QBALGO")
        assert "LMT" in FUTURE.order_types
        assert ContractDetails().order_types == ContractDetails().valid_exchanges == ()

    def test_of_market_rules_are_one_for_each_exchange(self) -> None:
        assert FUTURE.market_rule_ids == {"CME": 67, "QBALGO": 32}
        assert ContractDetails(valid_exchanges_text="CME").market_rule_ids == {}

    @pytest.mark.parametrize("text", ["67", "67,32,1", "67,x"])
    def test_of_market_rules_that_go_with_no_exchanges_are_an_error(self, text: str) -> None:
        details = ContractDetails(valid_exchanges_text="CME,QBALGO", market_rule_ids_text=text)

        with pytest.raises(RemoteProtocolError, match="not one market rule for each of 'CME,QBALGO'"):
            _ = details.market_rule_ids

    def test_of_days_are_dates(self) -> None:
        bond = ContractDetails(issue_date="20200115", next_option_date="20270115")

        assert FUTURE.real_expiration_day == date(2026, 12, 18)
        assert (bond.issue_day, bond.next_option_day) == (date(2020, 1, 15), date(2027, 1, 15))
        assert bond.real_expiration_day is None

    def test_stay_as_they_came(self) -> None:
        assert FUTURE.trading_hours.text == FUTURE.trading_hours_text == str(FUTURE.trading_hours)


class TestHours:
    def test_are_on_the_clock_of_the_exchange(self) -> None:
        early = datetime(2026, 4, 6, 8, 0, tzinfo=UTC)

        assert FUTURE.time_zone == ZoneInfo("US/Central")
        assert FUTURE.trading_hours.is_open(early)
        assert not FUTURE.liquid_hours.is_open(early)

    def test_of_no_named_zone_have_none(self) -> None:
        assert ContractDetails().time_zone is None
        assert ContractDetails().trading_hours.sessions == ()


class TestPrices:
    @pytest.mark.parametrize(("magnifier", "money"), [(100, 2.5), (1, 250.0), (0, 250.0)])
    def test_are_in_the_currency_once_divided_by_the_magnifier(self, magnifier: int, money: float) -> None:
        assert ContractDetails(price_magnifier=magnifier).in_currency(250.0) == money


def test_an_id_of_a_scheme_is_found_by_its_member_or_name() -> None:
    assert FUTURE.security_id(SecurityIdType.ISIN) == FUTURE.security_id("ISIN") == "US0378331005"
    assert FUTURE.security_id("CUSIP") is None
