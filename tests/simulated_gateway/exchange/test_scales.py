"""Scale orders: components along a ladder, and the profits taken on them."""

from __future__ import annotations

import pytest

from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.refusals import Refusal
from tests.simulated_gateway.floor import Floor
from tests.simulated_gateway.helpers import limit


@pytest.fixture
def floor() -> Floor:
    return Floor()


def scale(action: str = "BUY", quantity: float = 500, price: float = 99.0, **fields: object) -> Order:
    terms = {"scale_initial_level_size": 100, "scale_price_increment": 0.5, **fields}
    return limit(action, quantity, price, **terms)


def fills(floor: Floor) -> list[tuple[str, int, float]]:
    return [
        (trade.execution.side, int(trade.execution.shares), trade.execution.price)
        for trade in floor.witness.trades
    ]


class TestTheLadder:
    def test_each_component_waits_for_a_better_price_than_the_one_before(self, floor: Floor) -> None:
        floor.place(1, scale())

        floor.quote(98.98, 99.0)
        assert floor.order(1).filled == 100

        floor.quote(98.58, 98.6)
        assert floor.order(1).filled == 100

        floor.quote(98.48, 98.5)
        assert floor.order(1).filled == 200

    def test_a_market_that_falls_far_fills_several(self, floor: Floor) -> None:
        floor.place(1, scale())

        floor.quote(97.98, 98.0)

        assert fills(floor) == [("BOT", 100, 98.0)] * 3

    def test_a_sale_climbs(self, floor: Floor) -> None:
        floor.place(1, scale("SELL", price=101.0))

        floor.quote(101.5, 101.52)

        assert fills(floor) == [("SLD", 100, 101.5)] * 2

    def test_later_components_may_have_another_size(self, floor: Floor) -> None:
        floor.place(1, scale(scale_subsequent_level_size=30))

        floor.quote(98.48, 98.5)

        assert floor.order(1).filled == 130

    def test_a_component_that_is_partly_filled_goes_on(self, floor: Floor) -> None:
        floor.place(1, scale())
        floor.quote(98.98, 99.0, size=60)
        assert floor.order(1).filled == 60

        floor.quote(98.97, 99.0, size=1000)

        assert floor.order(1).filled == 100

    def test_it_may_begin_further_up_the_ladder(self, floor: Floor) -> None:
        floor.place(1, scale(scale_initial_position=100, scale_initial_fill_quantity=40))

        floor.quote(98.48, 98.5)

        assert fills(floor) == [("BOT", 60, 98.5)]

    def test_its_start_may_move_with_time_and_never_beyond_the_limit(self, floor: Floor) -> None:
        floor.place(1, scale(scale_price_adjust_value=-0.1, scale_price_adjust_interval=60))
        floor.place(2, scale(scale_price_adjust_value=0.1, scale_price_adjust_interval=60))
        floor.wait(120)

        floor.quote(98.83, 98.85)
        assert (floor.order(1).filled, floor.order(2).filled) == (0, 100)

        floor.quote(98.78, 98.8)
        assert floor.order(1).filled == 100

    def test_sizes_may_vary(self, floor: Floor) -> None:
        floor.place(1, scale(scale_random_percent=True))

        floor.quote(97.48, 97.5)

        sizes = [size for _, size, _ in fills(floor)]
        assert all(80 <= size <= 120 for size in sizes[:-1])
        assert len(set(sizes)) > 1

    def test_all_of_it_ends_the_order(self, floor: Floor) -> None:
        floor.place(1, scale(quantity=150))

        floor.quote(97.98, 98.0)

        assert floor.order(1).status is Status.FILLED

    def test_a_change_begins_at_what_is_filled(self, floor: Floor) -> None:
        floor.place(1, scale())
        floor.quote(98.98, 99.0)

        floor.place(1, scale(quantity=600, price=98.8))
        floor.quote(98.28, 98.3)

        assert floor.order(1).filled == 200


class TestProfits:
    def test_what_was_bought_is_offered_at_a_profit(self, floor: Floor) -> None:
        floor.place(1, scale(scale_profit_offset=0.25))
        floor.quote(98.98, 99.0)

        (taker,) = [one for one in floor.exchange.book.open_orders() if one.order_id != 1]
        assert (taker.order.action, taker.total, taker.order.limit_price) == ("SELL", 100, 99.25)

        floor.quote(99.25, 99.27)
        assert fills(floor)[-1] == ("SLD", 100, 99.25)
        assert floor.order(1).remaining == 400

    def test_each_component_takes_its_own(self, floor: Floor) -> None:
        floor.place(1, scale(scale_profit_offset=0.25))
        floor.quote(98.48, 98.5)

        takers = [one for one in floor.exchange.book.open_orders() if one.order_id != 1]

        assert sorted(one.order.limit_price or 0.0 for one in takers) == [98.75, 99.25]
        assert len({one.order_id for one in takers}) == 2

    def test_with_auto_reset_the_component_is_bought_again(self, floor: Floor) -> None:
        floor.place(1, scale(scale_profit_offset=0.25, scale_auto_reset=True))
        for bid in (98.98, 99.25, 98.98):
            floor.quote(bid, bid + 0.02)

        assert fills(floor) == [("BOT", 100, 99.0), ("SLD", 100, 99.25), ("BOT", 100, 99.0)]
        assert floor.order(1).total == 600
        assert floor.order(1).remaining == 400

    def test_profit_takers_outlive_the_ladder(self, floor: Floor) -> None:
        floor.place(1, scale(quantity=100, scale_profit_offset=0.25, scale_auto_reset=True))
        floor.quote(98.98, 99.0)
        assert floor.order(1).status is Status.FILLED

        floor.quote(99.25, 99.27)

        assert fills(floor)[-1] == ("SLD", 100, 99.25)
        assert floor.exchange.book.open_orders() == []


class TestChecks:
    @pytest.mark.parametrize(
        "fields",
        [
            {"scale_initial_level_size": None},
            {"scale_initial_level_size": 0},
            {"scale_subsequent_level_size": -1},
            {"scale_table": "1 2 3"},
            {"scale_auto_reset": True},
            {"order_type": "MKT"},
        ],
    )
    def test_a_ladder_that_can_not_be_climbed_is_refused(
        self, floor: Floor, fields: dict[str, object]
    ) -> None:
        wanted = scale()
        for name, value in fields.items():
            setattr(wanted, name, value)

        with pytest.raises(Refusal, match=r"^321"):
            floor.place(1, wanted)
