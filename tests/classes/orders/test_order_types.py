"""The types of orders beyond the simple ones: the fields that each sets, and the parameters that each refuses."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from ibkr_actors.classes.contracts.bag import Bag, leg
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.auction_strategy import AuctionStrategy
from ibkr_actors.classes.orders.adjusted_stops import (
    AdjustedToStopLimitOrder,
    AdjustedToStopOrder,
    AdjustedToTrailOrder,
)
from ibkr_actors.classes.orders.auction_orders import (
    AuctionLimitOrder,
    AuctionOrder,
    AuctionPeggedToStockOrder,
    AuctionRelativeOrder,
    BoxTopOrder,
)
from ibkr_actors.classes.orders.combo_orders import (
    ComboLimitAndMarketOrder,
    ComboLimitOrder,
    ComboMarketOrder,
    ComboRelativeAndLimitOrder,
    ComboRelativeAndMarketOrder,
)
from ibkr_actors.classes.orders.hedge_orders import (
    BetaHedgeOrder,
    CurrencyHedgeOrder,
    DeltaHedgeOrder,
    PairHedgeOrder,
)
from ibkr_actors.classes.orders.limit_orders import (
    BlockOrder,
    DiscretionaryOrder,
    IcebergOrder,
    LimitIfTouchedOrder,
    LimitOrder,
    MidpriceOrder,
    SweepToFillOrder,
)
from ibkr_actors.classes.orders.market_orders import (
    MarketIfTouchedOrder,
    MarketOrder,
    MarketWithProtectionOrder,
)
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.pegged_orders import (
    PassiveRelativeOrder,
    PeggedToMarketOrder,
    PeggedToMidpointOrder,
    PeggedToPrimaryOrder,
    RelativeOrder,
    SnapToMarketOrder,
    SnapToMidpointOrder,
    SnapToPrimaryOrder,
)
from ibkr_actors.classes.orders.reference_orders import (
    PeggedToBenchmarkOrder,
    PeggedToBestOrder,
    PeggedToStockOrder,
)
from ibkr_actors.classes.orders.scale_orders import ScaleOrder
from ibkr_actors.classes.orders.stop_orders import (
    StopLimitOrder,
    StopOrder,
    StopWithProtectionOrder,
    TrailingStopLimitOrder,
    TrailingStopOrder,
)
from ibkr_actors.classes.orders.volatility_orders import VolatilityOrder
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest
from ibkr_actors.wire.tags import TagValue

XOM = Stock("XOM", contract_id=13977)
PAIR = Bag("BAC,XOM", [leg(Stock("BAC", contract_id=10098), "BUY"), leg(XOM, "SELL")])
NOT_GUARANTEED = (TagValue("NonGuaranteed", "1"),)
OFFSET = {"auxiliary_price": 0.02, "limit_price": 27.5}
ADJUSTED = {"auxiliary_price": 25.0, "trigger_price": 30.0, "adjusted_stop_price": 28.0}

# class, what comes behind the side, the contract and the quantity of one, order type, and the fields it sets
TYPES: list[tuple[Any, dict[str, Any], str, dict[str, Any]]] = [
    (MarketWithProtectionOrder, {}, "MKT PRT", {}),
    (StopWithProtectionOrder, {"stop_price": 25}, "STP PRT", {"auxiliary_price": 25.0}),
    (
        DiscretionaryOrder,
        {"limit_price": 27.5, "discretionary_amount": 0.1},
        "LMT",
        {"limit_price": 27.5, "discretionary_amount": 0.1},
    ),
    (SweepToFillOrder, {"limit_price": 27.5}, "LMT", {"limit_price": 27.5, "sweep_to_fill": True}),
    (BlockOrder, {"limit_price": 27.5}, "LMT", {"limit_price": 27.5, "block_order": True}),
    (
        AdjustedToStopOrder,
        {"stop_price": 25, "trigger_price": 30, "adjusted_stop_price": 28},
        "STP",
        {**ADJUSTED, "adjusted_order_type": "STP"},
    ),
    (
        AdjustedToStopLimitOrder,
        {"stop_price": 25, "trigger_price": 30, "adjusted_stop_price": 28, "adjusted_stop_limit_price": 27},
        "STP",
        {**ADJUSTED, "adjusted_order_type": "STP LMT", "adjusted_stop_limit_price": 27.0},
    ),
    (
        AdjustedToTrailOrder,
        {"stop_price": 25, "trigger_price": 30, "adjusted_stop_price": 28, "trailing_amount": 0.5},
        "STP",
        {**ADJUSTED, "adjusted_order_type": "TRAIL", "adjusted_trailing_amount": 0.5},
    ),
    (
        AdjustedToTrailOrder,
        {"stop_price": 25, "trigger_price": 30, "adjusted_stop_price": 28, "trailing_percent": 2},
        "STP",
        {
            **ADJUSTED,
            "adjusted_order_type": "TRAIL",
            "adjusted_trailing_amount": 2.0,
            "adjustable_trailing_unit": 100,
        },
    ),
    (PeggedToPrimaryOrder, {"offset": 0.02, "limit_price": 27.5}, "REL", OFFSET),
    (RelativeOrder, {"percent_offset": 0.001}, "REL", {"percent_offset": 0.001}),
    (PassiveRelativeOrder, {"offset": 0.02, "limit_price": 27.5}, "PASSV REL", OFFSET),
    (PeggedToMarketOrder, {"offset": 0.02, "limit_price": 27.5}, "PEG MKT", OFFSET),
    (SnapToMarketOrder, {"offset": 0.02, "limit_price": 27.5}, "SNAP MKT", OFFSET),
    (SnapToMidpointOrder, {"offset": 0.02, "limit_price": 27.5}, "SNAP MID", OFFSET),
    (SnapToPrimaryOrder, {"offset": 0.02, "limit_price": 27.5}, "SNAP PRIM", OFFSET),
    (
        PeggedToMidpointOrder,
        {"mid_offset_at_whole": 0.02, "mid_offset_at_half": 0.01},
        "PEG MID",
        {"mid_offset_at_whole": 0.02, "mid_offset_at_half": 0.01},
    ),
    (
        PeggedToBenchmarkOrder,
        {
            "reference": XOM,
            "starting_price": 27,
            "pegged_change_amount": 0.02,
            "reference_change_amount": 0.1,
            "decreases": True,
            "stock_reference_price": 118,
            "stock_range_lower": 110,
            "stock_range_upper": 125,
        },
        "PEG BENCH",
        {
            "reference_contract_id": 13977,
            "reference_exchange_id": "SMART",
            "starting_price": 27.0,
            "pegged_change_amount": 0.02,
            "reference_change_amount": 0.1,
            "is_pegged_change_amount_decrease": True,
            "stock_reference_price": 118.0,
            "stock_range_lower": 110.0,
            "stock_range_upper": 125.0,
        },
    ),
    (
        PeggedToStockOrder,
        {"delta": 0.5, "starting_price": 1.2, "stock_reference_price": 60},
        "PEG STK",
        {"delta": 0.5, "starting_price": 1.2, "stock_reference_price": 60.0},
    ),
    (
        PeggedToBestOrder,
        {"limit_price": 27.5, "best_offset": 0.02, "minimum_trade_quantity": 10, "minimum_compete_size": 20},
        "PEG BEST",
        {
            "limit_price": 27.5,
            "compete_against_best_offset": 0.02,
            "minimum_trade_quantity": 10,
            "minimum_compete_size": 20,
            "not_held": True,
        },
    ),
    (
        PeggedToBestOrder,
        {"limit_price": 27.5, "mid_offset_at_whole": 0.02, "mid_offset_at_half": 0.01},
        "PEG BEST",
        {
            "limit_price": 27.5,
            "compete_against_best_offset": math.inf,
            "mid_offset_at_whole": 0.02,
            "mid_offset_at_half": 0.01,
            "not_held": True,
        },
    ),
    (AuctionOrder, {"limit_price": 27.5}, "MTL", {"limit_price": 27.5, "time_in_force": "AUC"}),
    (BoxTopOrder, {}, "BOX TOP", {}),
    (
        AuctionLimitOrder,
        {"limit_price": 1.2, "auction_strategy": AuctionStrategy.MATCH},
        "LMT",
        {"limit_price": 1.2, "auction_strategy": 1},
    ),
    (AuctionPeggedToStockOrder, {"delta": 0.5}, "PEG STK", {"delta": 0.5}),
    (AuctionRelativeOrder, {"offset": 0.02, "limit_price": 27.5}, "REL", OFFSET),
    (
        VolatilityOrder,
        {"volatility": 40, "continuous_update": True, "reference_price_type": 1},
        "VOL",
        {"volatility": 40.0, "volatility_type": 2, "continuous_update": True, "reference_price_type": 1},
    ),
    (
        ScaleOrder,
        {
            "limit_price": 27.5,
            "initial_level_size": 100,
            "price_increment": 0.1,
            "subsequent_level_size": 50,
            "profit_offset": 0.2,
            "auto_reset": True,
            "random_percent": True,
            "price_adjust_value": 0.01,
            "price_adjust_interval": 60,
            "initial_position": 0,
            "initial_fill_quantity": 0,
        },
        "LMT",
        {
            "limit_price": 27.5,
            "scale_initial_level_size": 100,
            "scale_price_increment": 0.1,
            "scale_subsequent_level_size": 50,
            "scale_profit_offset": 0.2,
            "scale_auto_reset": True,
            "scale_random_percent": True,
            "scale_price_adjust_value": 0.01,
            "scale_price_adjust_interval": 60,
            "scale_initial_position": 0,
            "scale_initial_fill_quantity": 0,
        },
    ),
]

COMBOS: list[tuple[Any, dict[str, Any], str, dict[str, Any]]] = [
    (ComboMarketOrder, {}, "MKT", {"smart_combo_routing_parameters": ()}),
    (ComboMarketOrder, {"non_guaranteed": True}, "MKT", {}),
    (ComboLimitOrder, {"limit_price": -0.5, "non_guaranteed": True}, "LMT", {"limit_price": -0.5}),
    (ComboLimitAndMarketOrder, {"limit_price": -0.5}, "LMT + MKT", {"limit_price": -0.5}),
    (ComboRelativeAndLimitOrder, {"offset": 0.02, "limit_price": 27.5}, "REL + LMT", OFFSET),
    (ComboRelativeAndMarketOrder, {"offset": 0.02}, "REL + MKT", {"auxiliary_price": 0.02}),
]

HEDGES: list[tuple[Any, dict[str, Any], str, str]] = [
    (DeltaHedgeOrder, {}, "D", ""),
    (CurrencyHedgeOrder, {}, "F", ""),
    (BetaHedgeOrder, {"beta": 1.2}, "B", "beta=1.2"),
    (PairHedgeOrder, {"ratio": -0.5}, "P", "ratio=-0.5"),
]


def plain(order_type: str, contract: Contract, quantity: int, **fields: Any) -> Order:
    """What an order is on the wire."""
    values = {"time_in_force": "DAY", **fields}
    return snapshot(
        Order(
            action="BUY", contract=contract, total_quantity=Decimal(quantity), order_type=order_type, **values
        ),
        Order,
    )


class TestFields:
    @pytest.mark.parametrize(("kind", "parameters", "order_type", "fields"), TYPES)
    def test_of_each_type(
        self, kind: Any, parameters: dict[str, Any], order_type: str, fields: dict[str, Any]
    ) -> None:
        order = kind("BUY", XOM, 1, **parameters)

        assert snapshot(order, Order) == plain(order_type, XOM, 1, **fields)

    @pytest.mark.parametrize(("kind", "parameters", "order_type", "fields"), COMBOS)
    def test_of_each_combination(
        self, kind: Any, parameters: dict[str, Any], order_type: str, fields: dict[str, Any]
    ) -> None:
        order = kind("BUY", PAIR, 1, **parameters)

        fields = {"smart_combo_routing_parameters": NOT_GUARANTEED, **fields}
        assert snapshot(order, Order) == plain(order_type, PAIR, 1, **fields)

    @pytest.mark.parametrize(("kind", "parameters", "hedge_type", "parameter"), HEDGES)
    def test_of_each_hedge(
        self, kind: Any, parameters: dict[str, Any], hedge_type: str, parameter: str
    ) -> None:
        order = kind("BUY", XOM, **parameters)

        assert snapshot(order, Order) == plain(
            "MKT", XOM, 0, hedge_type=hedge_type, hedge_parameter=parameter
        )

    def test_of_an_iceberg(self) -> None:
        order = IcebergOrder("BUY", XOM, 1000, 27.5, 100)

        assert snapshot(order, Order) == plain("LMT", XOM, 1000, limit_price=27.5, display_size=100)

    def test_prices_of_legs_go_into_a_copy_of_the_combination(self) -> None:
        order = ComboLimitOrder("BUY", PAIR, 1, leg_prices=[27.5, None])

        assert order.contract is not None
        assert [each.price for each in order.contract.combo_legs] == [27.5, None]
        assert [each.price for each in PAIR.combo_legs] == [None, None]
        assert order.limit_price is None

    def test_a_trailing_stop_limit_may_begin_at_a_limit(self) -> None:
        order = TrailingStopLimitOrder("SELL", XOM, 1, 0.5, trail_stop_price=26, limit_price=25.9)

        assert (order.limit_price, order.limit_price_offset, order.trail_stop_price) == (25.9, None, 26.0)

    def test_a_midprice_order_needs_no_limit(self) -> None:
        assert MidpriceOrder("BUY", XOM, 1).limit_price is None

    @pytest.mark.parametrize("price", [28, 28.0, "28", Decimal(28), Fraction(28)])
    def test_a_price_may_be_any_kind_of_number(self, price: Any) -> None:
        """A whole number of numpy is none of Python's, but is registered as one, as a fraction is."""
        order = LimitOrder("BUY", XOM, 1, price)
        assert (type(order.limit_price), order.limit_price) == (float, 28.0)


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (LimitOrder, {}, "LimitOrder: limit_price is missing; expected a price"),
    (LimitOrder, {"limit_price": math.nan}, "LimitOrder: limit_price is nan; expected a price"),
    (LimitOrder, {"limit_price": math.inf}, "limit_price is inf"),
    (LimitOrder, {"limit_price": 10**400}, "limit_price is 1000"),
    (LimitOrder, {"limit_price": "cheap"}, "limit_price is 'cheap'"),
    (LimitOrder, {"limit_price": True}, "limit_price is True"),
    (
        LimitOrder,
        {"limit_price": 1, "cash_quantity": 5},
        "total_quantity is .*; expected none beside a cash_q",
    ),
    (MarketIfTouchedOrder, {}, "touch_price is missing"),
    (LimitIfTouchedOrder, {"limit_price": 1}, "touch_price is missing"),
    (StopOrder, {}, "StopOrder: stop_price is missing"),
    (StopLimitOrder, {"limit_price": 1}, "stop_price is missing"),
    (TrailingStopOrder, {}, "expected one of trailing_amount, trailing_percent; got none"),
    (
        TrailingStopOrder,
        {"trailing_amount": 1, "trailing_percent": 1},
        "got trailing_amount and trailing_percent",
    ),
    (TrailingStopOrder, {"trailing_amount": 0}, "trailing_amount is 0; expected a number above zero"),
    (TrailingStopOrder, {"trailing_percent": 100}, "trailing_percent is 100; expected a percentage"),
    (TrailingStopLimitOrder, {"trailing_amount": 1}, "expected one of limit_price_offset, limit_price"),
    (DiscretionaryOrder, {"limit_price": 1}, "discretionary_amount is missing"),
    (
        IcebergOrder,
        {"limit_price": 1, "display_size": 1},
        "display_size is 1; expected less than the quantity of 1",
    ),
    (
        IcebergOrder,
        {"limit_price": 1, "display_size": 0.5},
        "display_size is 0.5; expected a whole number from 1",
    ),
    (AdjustedToStopOrder, {"stop_price": 1}, "trigger_price is missing"),
    (RelativeOrder, {"offset": -0.1}, "offset is -0.1; expected a distance of zero or more"),
    (
        RelativeOrder,
        {"offset": 1, "percent_offset": 0.1},
        "percent_offset is 0.1; expected none beside an offset",
    ),
    (RelativeOrder, {"percent_offset": 1}, "percent_offset is 1; expected a fraction below 1"),
    (
        PeggedToBenchmarkOrder,
        {"reference": Stock("XOM")},
        "reference is .*; expected a contract with its contract_id",
    ),
    (PeggedToStockOrder, {"delta": 50}, "delta is 50; expected an absolute delta up to 1"),
    (
        PeggedToBestOrder,
        {"best_offset": 1, "mid_offset_at_half": 1},
        "best_offset is 1; expected none beside",
    ),
    (AuctionLimitOrder, {"limit_price": 1}, "auction_strategy is missing"),
    (
        AuctionLimitOrder,
        {"limit_price": 1, "auction_strategy": 0},
        "expected a member of AuctionStrategy but NONE",
    ),
    (AuctionRelativeOrder, {}, "offset is missing"),
    (VolatilityOrder, {}, "volatility is missing"),
    (
        VolatilityOrder,
        {"volatility": 40, "volatility_type": 0},
        "volatility_type is 0; expected DAILY or ANNUAL",
    ),
    (VolatilityOrder, {"volatility": 40, "reference_price_type": 9}, "reference_price_type is 9"),
    (ScaleOrder, {"limit_price": 1}, "initial_level_size is missing"),
    (
        ScaleOrder,
        {"limit_price": 1, "initial_level_size": 1, "price_increment": 0},
        "price_increment is 0; expected a number above zero",
    ),
    (ScaleOrder, {"price_adjust_value": 1}, "price_adjust_value and price_adjust_interval go together"),
    (ScaleOrder, {"auto_reset": True}, "profit_offset is missing"),
    (ComboMarketOrder, {}, "contract is .*; expected a combination"),
    (ComboLimitOrder, {}, "expected one of limit_price, leg_prices; got none"),
]


class TestRefusals:
    @pytest.mark.parametrize(("kind", "parameters", "said"), REFUSED)
    def test_say_order_parameter_and_what_was_expected(
        self, kind: Any, parameters: dict[str, Any], said: str
    ) -> None:
        with pytest.raises(InvalidRequest, match=said):
            kind("BUY", XOM, 1, **parameters)

    @pytest.mark.parametrize("action", ["buy", "", "HOLD"])
    def test_of_a_side_that_is_none(self, action: str) -> None:
        with pytest.raises(InvalidRequest, match=f"action is '{action}'; expected one of BUY, SELL, SSHORT"):
            MarketOrder(action, XOM, 1)

    @pytest.mark.parametrize("quantity", [None, 0, -1, "nan", "Infinity"])
    def test_of_a_quantity_that_is_none(self, quantity: Any) -> None:
        with pytest.raises(
            InvalidRequest, match=r"MarketOrder: total_quantity .*; expected a quantity above zero"
        ):
            MarketOrder("BUY", XOM, quantity)

    @pytest.mark.parametrize("cash", [0, -5, "nan"])
    def test_of_an_amount_of_cash_that_is_none(self, cash: Any) -> None:
        with pytest.raises(InvalidRequest, match=r"cash_quantity .*; expected a quantity above zero"):
            MarketOrder("BUY", XOM, cash_quantity=cash)

    def test_do_not_meet_an_order_that_an_allocation_sizes(self) -> None:
        assert MarketOrder("BUY", XOM, advisor_group="All").total_quantity is None

    def test_of_a_hedge_with_a_quantity(self) -> None:
        with pytest.raises(InvalidRequest, match="the bridge works out how much it takes"):
            DeltaHedgeOrder("BUY", XOM, total_quantity=Decimal(5))

    @pytest.mark.parametrize(("kind", "parameter"), [(BetaHedgeOrder, "beta"), (PairHedgeOrder, "ratio")])
    def test_of_a_hedge_without_its_parameter(self, kind: Any, parameter: str) -> None:
        with pytest.raises(InvalidRequest, match=f"{parameter} is missing; expected a number"):
            kind("BUY", XOM)

    @pytest.mark.parametrize("prices", [[], [1.0], [1.0, 2.0, 3.0]])
    def test_of_prices_that_are_not_one_for_each_leg(self, prices: list[float]) -> None:
        with pytest.raises(InvalidRequest, match="as many prices as the combination has legs, which is 2"):
            ComboLimitOrder("BUY", PAIR, 1, leg_prices=prices)

    def test_of_a_contract_that_is_none_however_it_is_given(self) -> None:
        with pytest.raises(
            InvalidRequest, match="MarketOrder: the second parameter is the contract, got 'BAC'"
        ):
            MarketOrder("BUY", contract="BAC", total_quantity=1)  # type: ignore[arg-type]

    def test_of_prices_of_legs_without_legs(self) -> None:
        with pytest.raises(InvalidRequest, match="leg_prices belong to its legs"):
            ComboLimitOrder("BUY", None, 1, leg_prices=[1.0, 2.0])
