"""Orders whose price the gateway makes: pegged, snapped, midprice, volatility, market-to-limit, discretionary."""

from __future__ import annotations

import math
from itertools import islice

import pytest

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.simulated_gateway.exchange.offers import SWEPT_LEVELS
from ibkr_actors.simulated_gateway.market.book_levels import BookLevels, Level
from ibkr_actors.simulated_gateway.refusals import Refusal
from tests.simulated_gateway.floor import Floor
from tests.simulated_gateway.helpers import AAPL, limit, order

IBM = 8314


@pytest.fixture
def floor() -> Floor:
    return Floor()


def price_of(floor: Floor, order_id: int = 1) -> float | None:
    return floor.order(order_id).order.limit_price


def asks(floor: Floor) -> list[Level]:
    """The levels that a purchase can sweep, as market depth shows them."""
    quote = floor.market.quote(AAPL)
    levels = BookLevels(floor.market.seed).levels(floor.instrument, quote, is_bid=False)
    return list(islice(levels, SWEPT_LEVELS))


class TestFirstPrices:
    """The market stands at 100.00 to 100.04."""

    @pytest.mark.parametrize(
        ("kind", "fields", "buys_at", "sells_at"),
        [
            ("REL", {"auxiliary_price": 0.01}, 100.01, 100.03),
            ("REL", {"percent_offset": 0.0001}, 100.01, 100.03),
            ("REL", {"auxiliary_price": 5.0}, 100.03, 100.01),
            ("PASSV REL", {"auxiliary_price": 0.02}, 99.98, 100.06),
            ("PEG MKT", {"auxiliary_price": 0.05}, 99.99, 100.05),
            ("PEG MID", {"auxiliary_price": 0.01}, 100.01, 100.03),
            ("PEG MID", {"mid_offset_at_whole": 0.01, "mid_offset_at_half": 0.005}, 100.01, 100.03),
            ("PEG BEST", {"compete_against_best_offset": 0.01}, 100.01, 100.03),
            ("PEG BEST", {"compete_against_best_offset": math.inf}, 100.02, 100.02),
            ("PEG BEST", {"compete_against_best_offset": 0.01, "minimum_compete_size": 2000}, 100.0, 100.04),
            ("MIDPRICE", {}, 100.02, 100.02),
            ("SNAP MID", {"auxiliary_price": 0.01}, 100.01, 100.03),
            ("SNAP MKT", {"auxiliary_price": 0.02}, 100.02, 100.02),
            ("SNAP PRIM", {"auxiliary_price": 0.01}, 100.01, 100.03),
        ],
    )
    def test_are_what_the_type_makes_of_the_quote(
        self, floor: Floor, kind: str, fields: dict[str, float], buys_at: float, sells_at: float
    ) -> None:
        floor.quote(100.0, 100.04)

        assert floor.place(1, order("BUY", 10, kind, **fields)) == ["order Submitted"]
        assert floor.place(2, order("SELL", 10, kind, **fields)) == ["order Submitted"]

        assert (price_of(floor, 1), price_of(floor, 2)) == (buys_at, sells_at)

    @pytest.mark.parametrize("kind", ["REL", "PASSV REL", "PEG MKT", "PEG MID", "MIDPRICE", "SNAP MID"])
    def test_never_go_beyond_the_limit_of_the_client(self, floor: Floor, kind: str) -> None:
        floor.place(1, order("BUY", 10, kind, limit_price=99.5))
        floor.place(2, order("SELL", 10, kind, limit_price=100.5))

        assert (price_of(floor, 1), price_of(floor, 2)) == (99.5, 100.5)

    def test_of_a_midprice_order_may_lie_between_two_ticks(self, floor: Floor) -> None:
        floor.quote(100.0, 100.01)

        floor.place(1, order("BUY", 10, "MIDPRICE"))

        assert price_of(floor) == 100.005


class TestFollowing:
    def test_the_client_is_told_of_each_new_price(self, floor: Floor) -> None:
        floor.place(1, order("BUY", 10, "REL"))

        floor.quote(100.10, 100.12)

        assert floor.told(1) == ["order Submitted", "order Submitted"]
        assert price_of(floor) == 100.10

    def test_a_relative_order_does_not_go_back_and_fills_when_the_market_comes_to_it(
        self, floor: Floor
    ) -> None:
        floor.place(1, order("BUY", 10, "REL"))
        floor.quote(99.95, 100.02, last=100.01)
        assert price_of(floor) == 100.0

        floor.quote(99.90, 99.98)

        assert floor.told(1)[-1] == "filled 10 at 99.98"

    def test_a_relative_order_goes_no_further_than_its_limit(self, floor: Floor) -> None:
        floor.place(1, order("BUY", 10, "REL", limit_price=100.05))

        floor.quote(100.50, 100.52)

        assert price_of(floor) == 100.05
        assert floor.told(1) == ["order Submitted", "order Submitted"]

    def test_an_order_pegged_to_the_market_follows_it_both_ways(self, floor: Floor) -> None:
        floor.place(1, order("SELL", 10, "PEG MKT", auxiliary_price=0.10))
        assert price_of(floor) == 100.10

        for bid in (100.05, 99.95):
            floor.quote(bid, bid + 0.02)
            assert price_of(floor) == pytest.approx(bid + 0.10)

    def test_without_an_offset_it_takes_the_market(self, floor: Floor) -> None:
        assert floor.place(1, order("BUY", 10, "PEG MKT"))[-1] == "filled 10 at 100.02"

    def test_a_snapped_order_stays_where_it_began(self, floor: Floor) -> None:
        floor.place(1, order("BUY", 10, "SNAP PRIM"))

        floor.quote(100.50, 100.52)

        assert price_of(floor) == 100.0
        assert floor.told(1) == ["order Submitted"]

    def test_what_rests_is_reached_at_the_price_that_it_showed(self, floor: Floor) -> None:
        """The market moves through the order before its price can follow."""
        floor.place(1, order("BUY", 10, "PEG MKT", auxiliary_price=0.02))

        floor.quote(99.96, 99.98)

        assert floor.told(1)[-1] == "filled 10 at 99.98"

    def test_a_change_of_the_limit_begins_anew(self, floor: Floor) -> None:
        floor.place(1, order("BUY", 10, "REL", limit_price=99.0))

        floor.place(1, order("BUY", 10, "REL", limit_price=100.5))

        assert price_of(floor) == 100.0

    @pytest.mark.parametrize("told_back", [False, True])
    def test_a_change_of_the_quantity_alone_leaves_the_limit_of_the_client_as_it_was(
        self, floor: Floor, told_back: bool
    ) -> None:
        """Whether the client sends its limit again or the price that the gateway has told."""
        floor.place(1, order("BUY", 10, "REL", limit_price=100.5))
        assert price_of(floor) == 100.0

        floor.place(1, order("BUY", 20, "REL", limit_price=price_of(floor) if told_back else 100.5))
        floor.quote(100.30, 100.32)

        assert (floor.order(1).total, price_of(floor)) == (20, 100.30)

    def test_a_relative_that_is_reduced_by_its_group_keeps_its_limit(self, floor: Floor) -> None:
        """A reduction makes a new order of the old one, with the price that was told as its limit."""
        group = {"oca_group": "either", "oca_type": 2}
        floor.place(1, order("BUY", 100, "REL", limit_price=100.5, **group))
        floor.quote(100.0, 100.02, size=40)
        floor.place(2, limit("BUY", 100, 100.02, **group))
        floor.quote(100.30, 100.32)

        assert (floor.order(1).total, price_of(floor)) == (60, 100.30)

    def test_a_partly_filled_order_is_changed_in_what_is_left(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)
        floor.place(1, order("BUY", 100, "PEG MKT"))
        assert floor.order(1).filled == 60

        floor.place(1, order("BUY", 80, "PEG MKT", auxiliary_price=0.05))
        floor.quote(100.0, 100.03, size=500)
        assert (floor.order(1).remaining, price_of(floor)) == (20, 99.98)

        floor.quote(99.9, 99.98, size=500)
        assert floor.told(1)[-1] == "filled 20 at 99.98"


class TestTrades:
    """An order that is better than the market's own side has its part in the market's trades."""

    def test_a_midprice_order_fills_at_the_middle_when_the_market_trades_there(self, floor: Floor) -> None:
        floor.quote(100.0, 100.04)
        floor.place(1, order("BUY", 10, "MIDPRICE"))

        floor.quote(100.0, 100.04, last=100.03)
        assert floor.order(1).filled == 0

        floor.quote(100.0, 100.04, last=100.02)
        assert floor.told(1)[-1] == "filled 10 at 100.02"

    def test_the_trade_of_before_the_order_does_not_count(self, floor: Floor) -> None:
        floor.quote(100.0, 100.04, last=100.01)

        assert floor.place(1, limit("BUY", 10, 100.02)) == ["order Submitted"]

        floor.exchange.advance([floor.instrument.contract_id], floor.now)
        assert floor.order(1).filled == 0

    def test_an_order_at_the_bid_waits_in_the_queue(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 100.0))

        floor.quote(100.0, 100.04, last=100.0)

        assert floor.order(1).filled == 0

    def test_one_trade_is_shared(self, floor: Floor) -> None:
        floor.quote(100.0, 100.04)
        floor.place(1, limit("BUY", 10_000, 100.02))
        floor.place(2, limit("BUY", 10_000, 100.02))

        floor.quote(100.0, 100.04, last=100.01)

        size = floor.market.quote(floor.instrument.contract_id).last_size
        assert floor.order(1).filled + floor.order(2).filled == size


class TestReferences:
    def benchmark(self, **fields: object) -> object:
        terms = {
            "reference_contract_id": IBM,
            "reference_exchange_id": "NYSE",
            "starting_price": 99.0,
            "pegged_change_amount": 0.05,
            "reference_change_amount": 0.10,
            **fields,
        }
        return order("BUY", 10, "PEG BENCH", **terms)

    def test_a_benchmark_moves_the_price_by_whole_changes(self, floor: Floor) -> None:
        floor.quote(300.0, 300.1, last=300.0, contract_id=IBM)
        floor.place(1, self.benchmark(stock_reference_price=300.0))
        assert price_of(floor) == 99.0

        floor.quote(300.25, 300.3, last=300.25, contract_id=IBM)
        assert price_of(floor) == 99.10

        floor.quote(299.85, 299.9, last=299.85, contract_id=IBM)
        assert price_of(floor) == 98.95

    def test_a_benchmark_may_move_the_price_the_other_way(self, floor: Floor) -> None:
        floor.quote(300.0, 300.1, last=300.0, contract_id=IBM)
        floor.place(1, self.benchmark(stock_reference_price=300.0, is_pegged_change_amount_decrease=True))

        floor.quote(300.25, 300.3, last=300.25, contract_id=IBM)

        assert price_of(floor) == 98.90

    def test_outside_its_range_the_order_is_cancelled(self, floor: Floor) -> None:
        floor.quote(300.0, 300.1, last=300.0, contract_id=IBM)
        floor.place(1, self.benchmark(stock_range_lower=290.0, stock_range_upper=310.0))

        floor.quote(311.0, 311.1, last=311.0, contract_id=IBM)

        assert floor.told(1)[-3:] == ["PendingCancel", "Cancelled", "202"]

    @pytest.mark.parametrize("transmit", [True, False])
    def test_a_change_to_another_benchmark_follows_that_one(self, floor: Floor, transmit: bool) -> None:
        microsoft = floor.catalogue.identify(Contract(symbol="MSFT", security_type="STK")).contract_id
        floor.quote(300.0, 300.1, last=300.0, contract_id=IBM)
        floor.quote(400.0, 400.1, last=400.0, contract_id=microsoft)
        floor.place(1, self.benchmark(stock_reference_price=300.0, transmit=transmit))
        floor.place(1, self.benchmark(stock_reference_price=400.0, reference_contract_id=microsoft))

        floor.quote(400.25, 400.3, last=400.25, contract_id=microsoft)

        assert price_of(floor) == 99.10

    def test_an_unknown_benchmark_is_refused(self, floor: Floor) -> None:
        with pytest.raises(Refusal, match=r"^321 .*Reference contract is unknown"):
            floor.place(1, self.benchmark(reference_contract_id=5))

    @pytest.mark.parametrize(
        "missing",
        ["reference_contract_id", "starting_price", "pegged_change_amount", "reference_change_amount"],
    )
    def test_all_of_the_benchmark_has_to_be_there(self, floor: Floor, missing: str) -> None:
        with pytest.raises(Refusal, match=r"^321"):
            floor.place(1, self.benchmark(**{missing: 0}))


class TestOptions:
    def option(self, floor: Floor, right: str) -> Contract:
        chain = [one for one in floor.catalogue if one.security_type == "OPT" and one.symbol == "AAPL"]
        chosen = min((one for one in chain if one.right == right), key=lambda one: abs(one.strike - 270))
        floor.quote(5.0, 5.2, contract_id=chosen.contract_id)
        return Contract(contract_id=chosen.contract_id)

    @pytest.mark.parametrize(("right", "moved"), [("C", 4.5), ("P", 3.5)])
    def test_pegged_to_the_stock_it_moves_by_delta(self, floor: Floor, right: str, moved: float) -> None:
        floor.quote(270.0, 270.2)
        terms = {"delta": 0.5, "starting_price": 4.0}
        floor.place(1, order("BUY", 1, "PEG STK", **terms), contract=self.option(floor, right))
        assert price_of(floor) == 4.0

        floor.quote(271.0, 271.2)

        assert price_of(floor) == moved

    def test_a_volatility_is_a_price(self, floor: Floor) -> None:
        floor.quote(270.0, 270.2)
        contract = self.option(floor, "C")
        value = floor.market.option_value(contract.contract_id, 270.1, 0.20)

        floor.place(1, order("BUY", 1, "VOL", volatility=20.0, volatility_type=2), contract=contract)

        assert value - 0.01 < (price_of(floor) or 0.0) <= value

    @pytest.mark.parametrize(("follows", "way"), [(True, 1), (False, 0)])
    def test_it_follows_the_underlying_when_it_is_told_to(
        self, floor: Floor, follows: bool, way: int
    ) -> None:
        floor.quote(270.0, 270.2)
        terms = {"volatility": 1.0, "volatility_type": 2, "continuous_update": follows}
        contract = self.option(floor, "C")
        floor.place(1, order("BUY", 1, "VOL", **terms), contract=contract)
        before = price_of(floor) or 0.0

        floor.quote(272.0, 272.2)

        assert ((price_of(floor) or 0.0) > before) is bool(way)

    def test_a_daily_volatility_is_a_sixteenth_of_a_yearly_one(self, floor: Floor) -> None:
        floor.quote(270.0, 270.2)
        contract = self.option(floor, "C")
        floor.place(1, order("BUY", 1, "VOL", volatility=15.8745, volatility_type=2), contract=contract)
        floor.place(2, order("BUY", 1, "VOL", volatility=1.0, volatility_type=1), contract=contract)

        assert price_of(floor, 1) == price_of(floor, 2)

    @pytest.mark.parametrize("kind", ["VOL", "PEG STK", "BOX TOP"])
    def test_types_of_options_are_refused_for_a_stock(self, floor: Floor, kind: str) -> None:
        with pytest.raises(Refusal, match=r"^387"):
            floor.place(1, order("BUY", 1, kind, volatility=20.0, volatility_type=2, delta=0.5))

    def test_a_hedge_that_the_gateway_can_not_work_out_is_refused_by_name(self, floor: Floor) -> None:
        terms = {"volatility": 20.0, "volatility_type": 2, "delta_neutral_order_type": "MKT"}
        with pytest.raises(Refusal, match=r"^321 .*delta neutral"):
            floor.place(1, order("BUY", 1, "VOL", **terms), contract=self.option(floor, "C"))


class TestSettling:
    def test_the_rest_of_a_market_to_limit_order_stays_at_the_price_of_its_first_fill(
        self, floor: Floor
    ) -> None:
        floor.quote(100.0, 100.02, size=60)

        assert floor.place(1, order("BUY", 100, "MTL"))[-1] == "filled 60 at 100.02"
        assert price_of(floor) == 100.02

        floor.quote(100.05, 100.07)
        assert floor.order(1).remaining == 40

        floor.quote(100.0, 100.01)
        assert floor.told(1)[-1] == "filled 40 at 100.01"

    def test_it_stays_a_limit_order_when_its_quantity_changes(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)
        floor.place(1, order("BUY", 100, "MTL"))
        floor.quote(100.05, 100.07)

        floor.place(1, order("BUY", 200, "MTL"))

        assert (floor.order(1).filled, price_of(floor)) == (60, 100.02)


class TestAttributes:
    def test_a_discretionary_order_shows_one_price_and_fills_at_another(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.9, discretionary_amount=0.10))
        floor.quote(99.95, 100.01)
        assert floor.order(1).filled == 0

        floor.quote(99.95, 100.0)

        assert floor.told(1)[-1] == "filled 10 at 100.0"

    def test_all_or_none_waits_until_all_is_there(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)
        assert floor.place(1, limit("BUY", 100, 100.02, all_or_none=True)) == ["order Submitted"]

        floor.quote(100.0, 100.02, size=100)

        assert floor.told(1)[-1] == "filled 100 at 100.02"

    def test_a_minimum_quantity_holds_for_the_first_fill(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=40)
        floor.place(1, limit("BUY", 100, 100.02, minimum_quantity=50))
        assert floor.order(1).filled == 0

        floor.quote(100.0, 100.02, size=60)
        floor.quote(100.0, 100.02, size=10)

        assert floor.told(1)[-2:] == ["filled 60 at 100.02", "filled 10 at 100.02"]

    def test_an_iceberg_that_rests_is_reached_one_display_size_at_a_time(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 100, 99.9, display_size=30))

        for bid in (99.80, 99.81, 99.82, 99.83):
            floor.quote(bid, 99.90)

        assert floor.told(1)[1:] == [f"filled {size} at 99.9" for size in (30, 30, 30, 10)]

    def test_an_iceberg_that_arrives_takes_what_is_there(self, floor: Floor) -> None:
        assert floor.place(1, limit("BUY", 100, 100.02, display_size=30))[-1] == "filled 100 at 100.02"

    def test_a_sweep_takes_the_levels_of_the_book_as_far_as_its_limit(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)
        best, *deeper = asks(floor)

        told = floor.place(1, limit("BUY", 15_000, deeper[1].price, sweep_to_fill=True))

        assert (best.price, best.size) == (100.02, 60)
        swept = (best, *deeper[:2])
        assert told[1:] == [f"filled {level.size:g} at {level.price}" for level in swept]

    def test_a_sweep_goes_no_deeper_than_five_levels(self, floor: Floor) -> None:
        told = floor.place(1, limit("BUY", 15_000, 110.0, sweep_to_fill=True))

        assert told[1:] == [f"filled {level.size:g} at {level.price}" for level in asks(floor)]

    def test_a_second_sweep_finds_what_the_first_has_left(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)
        _, second, third, *_ = asks(floor)
        floor.place(1, limit("BUY", 70, third.price, sweep_to_fill=True))

        told = floor.place(2, limit("BUY", 15_000, third.price, sweep_to_fill=True))

        assert told[1:] == [
            f"filled {second.size - 10:g} at {second.price}",
            f"filled {third.size:g} at {third.price}",
        ]

    @pytest.mark.parametrize(
        ("fields", "code"), [({"block_order": True}, 321), ({"minimum_quantity": 11}, 321)]
    )
    def test_attributes_that_do_not_fit_are_refused(
        self, floor: Floor, fields: dict[str, object], code: int
    ) -> None:
        with pytest.raises(Refusal, match=f"^{code} "):
            floor.place(1, limit("BUY", 10, 99.0, **fields))

    def test_a_block_is_at_least_fifty_options(self, floor: Floor) -> None:
        option = next(one for one in floor.catalogue if one.security_type == "OPT")
        with pytest.raises(Refusal, match=r"^117"):
            floor.place(
                1,
                limit("BUY", 49, 1.0, block_order=True),
                contract=Contract(contract_id=option.contract_id),
            )

    @pytest.mark.parametrize("time_in_force", ["IOC", "FOK"])
    def test_an_immediate_pegged_order_takes_what_its_price_reaches(
        self, floor: Floor, time_in_force: str
    ) -> None:
        told = floor.place(1, order("BUY", 10, "PEG MKT", time_in_force=time_in_force))

        assert told[-1] == "filled 10 at 100.02"
        assert floor.order(1).status is Status.FILLED
