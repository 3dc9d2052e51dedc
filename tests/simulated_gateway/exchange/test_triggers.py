"""What elects stops, trailing stops and orders if touched, by each trigger method."""

from __future__ import annotations

import pytest

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_status import Status
from tests.simulated_gateway.floor import Floor
from tests.simulated_gateway.helpers import order

DOUBLE_BID_ASK, LAST, DOUBLE_LAST, BID_ASK, LAST_OR_BID_ASK, MIDPOINT = 1, 2, 3, 4, 7, 8


@pytest.fixture
def floor() -> Floor:
    return Floor()


def stop(method: int) -> object:
    return order("SELL", 10, "STP", auxiliary_price=99.0, trigger_method=method)


class TestTriggerMethods:
    def test_double_bid_ask_wants_two_quotes_in_a_row(self, floor: Floor) -> None:
        floor.place(1, stop(DOUBLE_BID_ASK))

        floor.quote(98.90, 98.95, last=100.0)
        assert floor.order(1).status is Status.PRE_SUBMITTED

        floor.quote(98.91, 98.96, last=100.0)
        assert floor.order(1).status is Status.FILLED

    def test_a_quote_in_between_makes_double_bid_ask_count_anew(self, floor: Floor) -> None:
        floor.place(1, stop(DOUBLE_BID_ASK))

        for ask in (98.95, 99.50, 98.95):
            floor.quote(round(ask - 0.05, 2), ask, last=100.0)

        assert floor.order(1).status is Status.PRE_SUBMITTED

    def test_the_same_quote_seen_twice_counts_once(self, floor: Floor) -> None:
        floor.place(1, stop(DOUBLE_BID_ASK))

        floor.quote(98.90, 98.95, last=100.0)
        floor.quote(98.90, 98.95, last=100.0)

        assert floor.order(1).status is Status.PRE_SUBMITTED

    def test_double_last_wants_two_trades_in_a_row(self, floor: Floor) -> None:
        floor.place(1, stop(DOUBLE_LAST))

        floor.quote(100.0, 100.02, last=98.9)
        assert floor.order(1).status is Status.PRE_SUBMITTED

        floor.quote(100.0, 100.02, last=98.8)
        assert floor.order(1).status is Status.FILLED

    @pytest.mark.parametrize(
        ("method", "bid", "ask", "last", "elected"),
        [
            (LAST, 98.0, 98.2, 99.5, False),
            (LAST, 99.4, 99.6, 99.0, True),
            (BID_ASK, 98.9, 99.1, 98.9, False),
            (BID_ASK, 98.9, 99.0, 99.5, True),
            (LAST_OR_BID_ASK, 99.4, 99.6, 99.0, True),
            (LAST_OR_BID_ASK, 98.9, 99.0, 99.5, True),
            (MIDPOINT, 98.8, 99.2, 99.5, True),
            (MIDPOINT, 98.9, 99.2, 98.5, False),
        ],
    )
    def test_one_price_is_enough_for_the_others(
        self, floor: Floor, method: int, bid: float, ask: float, last: float, elected: bool
    ) -> None:
        floor.place(1, stop(method))

        floor.quote(bid, ask, last=last)

        assert (floor.order(1).status is Status.FILLED) is elected

    def test_a_stop_on_a_stock_goes_by_the_last_price_unless_told_otherwise(self, floor: Floor) -> None:
        floor.place(1, stop(0))

        floor.quote(98.0, 98.02, last=99.5)
        assert floor.order(1).status is Status.PRE_SUBMITTED

        floor.quote(98.0, 98.02, last=99.0)
        assert floor.order(1).status is Status.FILLED

    def test_a_stop_on_an_option_wants_two_quotes_unless_told_otherwise(self, floor: Floor) -> None:
        option = next(one for one in floor.catalogue if one.security_type == "OPT" and one.symbol == "SPY")
        floor.quote(5.0, 5.1, contract_id=option.contract_id)
        contract = Contract(contract_id=option.contract_id)
        floor.place(1, order("SELL", 1, "STP", auxiliary_price=4.0), contract=contract)

        floor.quote(3.8, 3.9, last=3.8, contract_id=option.contract_id)
        assert floor.order(1).status is Status.PRE_SUBMITTED

        floor.quote(3.7, 3.8, last=3.7, contract_id=option.contract_id)
        assert floor.order(1).status is Status.FILLED

    def test_a_stop_on_a_currency_pair_goes_by_bid_and_ask(self, floor: Floor) -> None:
        euro = Contract(symbol="EUR", security_type="CASH", currency="USD")
        number = floor.catalogue.identify(euro).contract_id
        floor.market.set_quote(number, bid=1.16, ask=1.1601)
        floor.place(1, order("BUY", 1000, "STP", auxiliary_price=1.165), contract=euro)

        floor.market.set_quote(number, bid=1.165, ask=1.1651)
        floor.exchange.advance([number], floor.now)

        assert floor.order(1).filled == 1000


class TestTrailing:
    def test_the_client_is_told_of_each_new_stop(self, floor: Floor) -> None:
        floor.place(1, order("SELL", 10, "TRAIL", auxiliary_price=1.0))

        floor.quote(101.0, 101.02, last=101.0)

        assert floor.told(1) == ["order PreSubmitted", "order PreSubmitted"]
        assert floor.order(1).order.trail_stop_price == 100.0

    def test_a_first_stop_that_the_client_gave_stays_until_the_market_pulls_it(self, floor: Floor) -> None:
        floor.place(1, order("SELL", 10, "TRAIL", auxiliary_price=1.0, trail_stop_price=95.0))
        assert floor.order(1).order.trail_stop_price == 99.0

        floor.place(2, order("SELL", 10, "TRAIL", auxiliary_price=9.0, trail_stop_price=95.0))
        assert floor.order(2).order.trail_stop_price == 95.0

    def test_it_trails_the_price_of_its_trigger_method(self, floor: Floor) -> None:
        floor.place(1, order("SELL", 10, "TRAIL", auxiliary_price=1.0, trigger_method=BID_ASK))

        floor.quote(101.0, 101.50, last=100.0)

        assert floor.order(1).order.trail_stop_price == 100.50

    def test_a_limit_and_a_stop_say_the_distance_between_the_two(self, floor: Floor) -> None:
        terms = {"auxiliary_price": 1.0, "trail_stop_price": 99.0, "limit_price": 98.5}
        floor.place(1, order("SELL", 10, "TRAIL LIMIT", **terms))

        floor.quote(102.0, 102.02, last=102.0)

        assert floor.order(1).order.trail_stop_price == 101.0
        assert floor.order(1).order.limit_price == 100.5

    def test_a_trailing_limit_does_not_fill_beyond_the_limit_that_it_has_reached(self, floor: Floor) -> None:
        floor.place(1, order("SELL", 10, "TRAIL LIMIT", auxiliary_price=1.0, limit_price_offset=0.5))

        floor.quote(98.0, 98.02, last=98.0)
        assert floor.order(1).status is Status.SUBMITTED

        floor.quote(98.5, 98.52)
        assert floor.told(1)[-1] == "filled 10 at 98.5"

    def test_a_percentage_wins_over_an_amount(self, floor: Floor) -> None:
        floor.place(1, order("SELL", 10, "TRAIL", auxiliary_price=1.0, trailing_percent=5.0))

        assert floor.order(1).order.trail_stop_price == 95.0


class TestProtection:
    def test_a_protected_stop_fills_as_far_as_its_protection_and_the_rest_waits(self, floor: Floor) -> None:
        future = Contract(symbol="ES", security_type="FUT", exchange="CME")
        es = min(floor.catalogue.find(future), key=lambda one: one.expiry)
        contract, number = Contract(contract_id=es.contract_id), es.contract_id
        floor.quote(7000.0, 7000.25, contract_id=number)
        floor.place(1, order("SELL", 3, "STP PRT", auxiliary_price=6990.0), contract=contract)

        floor.quote(6990.0, 6990.25, last=6990.0, size=1, contract_id=number)
        assert floor.told(1)[-1] == "filled 1 at 6990.0"
        assert floor.order(1).order.limit_price == 6983.25

        floor.quote(6980.0, 6980.25, contract_id=number)
        assert floor.order(1).filled == 1

        floor.quote(6983.25, 6983.5, contract_id=number)
        assert floor.told(1)[-1] == "filled 2 at 6983.25"
