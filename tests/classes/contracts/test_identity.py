"""What makes two contracts the same, and how they are shown."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ibkr_actors.classes.contracts.bag import Bag
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.crypto import Crypto
from ibkr_actors.classes.contracts.forex import Forex
from ibkr_actors.classes.contracts.future import ContinuousFuture, Future
from ibkr_actors.classes.contracts.option import Call, Option
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.errors import InvalidRequest

NEAR = Future("ES", "202612", "CME", contract_id=515416632)
FAR = Future("ES", "202703", "CME", contract_id=649180661)
POSITION = Contract(
    265598, "AAPL", "STK", exchange="NASDAQ", currency="USD", trading_class="NMS", strike=0.0, right="?"
)


class TestEquality:
    def test_two_with_an_id_are_equal_by_that_alone(self) -> None:
        assert Stock("AAPL", contract_id=265598) == POSITION
        assert hash(Stock("AAPL", contract_id=265598)) == hash(POSITION)

    def test_two_with_other_ids_are_not(self) -> None:
        assert Stock("AAPL", contract_id=1) != POSITION

    def test_a_description_is_not_the_completed_contract(self) -> None:
        assert Stock("AAPL") != POSITION

    def test_the_class_makes_no_difference(self) -> None:
        plain = Contract(symbol="AAPL", security_type="STK", exchange="SMART", currency="USD")

        assert plain == Stock("AAPL")
        assert Stock("AAPL") == plain
        assert len({plain, Stock("AAPL")}) == 1

    @pytest.mark.parametrize(
        "changed",
        [
            {"symbol": "MSFT"},
            {"security_type": "CFD"},
            {"last_trade_date_or_contract_month": "20261219"},
            {"strike": 201.0},
            {"right": "P"},
            {"multiplier": "10"},
            {"exchange": "CBOE"},
            {"primary_exchange": "CBOE"},
            {"currency": "EUR"},
            {"local_symbol": "X"},
            {"trading_class": "SPXW"},
            {"security_id_type": "ISIN"},
            {"security_id": "US0378331005"},
            {"issuer_id": "e1"},
        ],
        ids=lambda changed: next(iter(changed)),
    )
    def test_two_descriptions_differ_by_each_field_that_describes(self, changed: dict[str, object]) -> None:
        one, other = Call("SPY", "20261218", 200), Call("SPY", "20261218", 200)
        assert one == other

        for name, value in changed.items():
            setattr(other, name, value)

        assert one != other

    @pytest.mark.parametrize(
        "name", ["include_expired", "description", "combo_legs_description", "last_trade_date"]
    )
    def test_what_does_not_identify_makes_no_difference(self, name: str) -> None:
        other = Stock("AAPL")
        setattr(other, name, True if name == "include_expired" else "x")

        assert other == Stock("AAPL")

    def test_spellings_of_the_same_are_the_same(self) -> None:
        one = Contract(
            symbol="SPY",
            strike=500,
            right="CALL",
            multiplier="100.0",
            last_trade_date_or_contract_month="20261218",
        )
        other = Contract(
            symbol="SPY",
            strike=500.0,
            right="C",
            multiplier="100",
            last_trade_date_or_contract_month="20261218 08:30:00 US/Central",
        )

        assert one == other
        assert hash(one) == hash(other)
        assert Contract(symbol="SPY", strike=0.0, right="0") == Contract(symbol="SPY")

    def test_a_day_set_as_a_date_is_the_day_in_text(self) -> None:
        later = Contract(symbol="SPY")
        later.last_trade_date_or_contract_month = date(2026, 12, 18)  # type: ignore[assignment]

        assert later == Contract(symbol="SPY", last_trade_date_or_contract_month="20261218")

    def test_combinations_are_told_apart_by_their_legs_not_by_the_id_they_share(self) -> None:
        bought, sold = (
            Bag.spread(NEAR, FAR, contract_id=28812380),
            Bag.spread(FAR, NEAR, contract_id=28812380),
        )

        assert bought != sold
        assert Bag("ES", exchange="CME").buy(NEAR).sell(FAR) == Bag("ES", exchange="CME").sell(FAR).buy(NEAR)

    def test_a_chain_of_futures_is_not_the_future_whose_id_it_has(self) -> None:
        assert ContinuousFuture("ES", "CME", contract_id=515416632) != NEAR

    def test_a_contract_equals_nothing_that_is_none(self) -> None:
        assert Stock("AAPL") != "AAPL"
        assert (Stock("AAPL") == 5) is False


class TestKeys:
    def test_contracts_find_what_was_kept_under_an_equal_one(self) -> None:
        positions = {POSITION: 100}

        assert positions[Stock("AAPL", contract_id=265598)] == 100

    def test_the_identity_stays_when_the_contract_changes(self) -> None:
        stock = Stock("AAPL")
        before = stock.identity
        kept = {before: 1}

        stock.contract_id = 265598

        assert kept[before] == 1
        assert stock.identity != before
        assert stock.identity == POSITION.identity


class TestFitting:
    @pytest.mark.parametrize(
        "description",
        [
            Stock("AAPL"),
            Stock("AAPL", "NASDAQ"),
            Stock("AAPL", contract_id=265598),
            Contract(symbol="AAPL"),
            Contract(),
        ],
        ids=repr,
    )
    def test_a_contract_fits_what_speaks_not_against_it(self, description: Contract) -> None:
        assert POSITION.fits(description)

    @pytest.mark.parametrize(
        "description",
        [
            Stock("MSFT"),
            Stock("AAPL", "NYSE"),
            Stock("AAPL", currency="EUR"),
            Stock("AAPL", contract_id=7),
            Crypto("AAPL"),
            Option("AAPL", "20261218", 200, "C"),
        ],
        ids=repr,
    )
    def test_a_contract_does_not_fit_what_contradicts_it(self, description: Contract) -> None:
        assert not POSITION.fits(description)


class TestWords:
    @pytest.mark.parametrize(
        ("contract", "words"),
        [
            (Option("SPY", "20261218", 500, "C"), "SPY 20261218 500 C SMART USD"),
            (Option("SPY", "20261218"), "SPY OPT 20261218 SMART USD"),
            (Stock("BAC", primary_exchange="NYSE"), "BAC STK SMART/NYSE USD"),
            (Future("ES", date(2026, 12, 18), "CME"), "ES FUT 20261218 CME USD"),
            (Forex("EURUSD"), "EUR.USD CASH IDEALPRO"),
            (POSITION, "AAPL STK NASDAQ USD"),
            (Contract(contract_id=265598, exchange="SMART"), "#265598 SMART"),
            (
                Bag("ES", exchange="CME").buy(NEAR).sell(FAR, 2),
                "ES BAG (+1 #515416632 -2 #649180661) CME USD",
            ),
            (Contract(), "an empty contract"),
        ],
    )
    def test_are_few_and_those_of_the_trade(self, contract: Contract, words: str) -> None:
        assert str(contract) == words


class TestTheLastTrade:
    def test_is_a_day_and_with_a_bridges_text_a_time(self) -> None:
        future = Contract(last_trade_date_or_contract_month="20261218 08:30:00 US/Central")

        assert future.last_trade_day == date(2026, 12, 18)
        assert future.last_trade_at == datetime(2026, 12, 18, 14, 30, tzinfo=UTC)

    def test_is_unknown_of_a_month_and_of_a_stock(self) -> None:
        assert Future("ES", "202612", "CME").last_trade_day is None
        assert Stock("BAC").last_trade_day is None
        assert Call("BAC", "20261218", 50).last_trade_at is None


class TestBadInput:
    @pytest.mark.parametrize("expiry", ["2026-12-18", "18.12.2026", "DEC26", "2026"])
    def test_an_expiry_that_is_none_is_refused(self, expiry: str) -> None:
        with pytest.raises(
            InvalidRequest, match="is no expiry: give a date, or a text as YYYYMMDD or YYYYMM"
        ):
            Future("ES", expiry, "CME")
        with pytest.raises(InvalidRequest, match="is no expiry"):
            Call("IBM", expiry, 200)

    @pytest.mark.parametrize("right", ["X", "CALLS", "0"])
    def test_a_right_that_is_none_is_refused(self, right: str) -> None:
        with pytest.raises(InvalidRequest, match="is no right of an option"):
            Option("IBM", "20261218", 200, right)

    def test_a_right_may_be_spelled_out(self) -> None:
        assert Option("IBM", "20261218", 200, "put").right == "P"

    def test_a_currency_against_itself_is_no_pair(self) -> None:
        with pytest.raises(InvalidRequest, match="no currency pair"):
            Forex("USDUSD")


class TestLegsOfABag:
    def test_are_bought_and_sold_in_their_ratio_and_the_bag_is_returned(self) -> None:
        bag = Bag("ES", exchange="CME")

        assert bag.buy(NEAR, 2).sell(FAR) is bag
        assert [(leg.contract_id, leg.action, leg.ratio, leg.exchange) for leg in bag.combo_legs] == [
            (515416632, "BUY", 2, "CME"),
            (649180661, "SELL", 1, "CME"),
        ]

    def test_a_spread_has_symbol_and_currency_of_its_contracts(self) -> None:
        pair = Bag.spread(Stock("KO", contract_id=1), Stock("PEP", contract_id=2), (3, 2))

        assert (pair.symbol, pair.currency) == ("KO,PEP", "USD")
        assert [leg.ratio for leg in pair.combo_legs] == [3, 2]
        assert Bag.spread(NEAR, FAR, exchange="CME").symbol == "ES"

    def test_a_spread_across_currencies_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="a spread is in one currency"):
            Bag.spread(Stock("A", contract_id=1), Stock("B", currency="EUR", contract_id=2))

    def test_the_same_contract_twice_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="is a leg already"):
            Bag("ES").buy(NEAR).sell(NEAR)

    @pytest.mark.parametrize("ratio", [0, -1, 1.5, True])
    def test_a_ratio_that_is_none_is_refused(self, ratio: int) -> None:
        with pytest.raises(InvalidRequest, match="is no ratio of a leg"):
            Bag("ES").buy(NEAR, ratio)

    def test_a_leg_that_is_not_completed_is_refused_with_what_to_do(self) -> None:
        with pytest.raises(InvalidRequest, match="request its contract data first"):
            Bag("ES").buy(Future("ES", "202612", "CME"))
