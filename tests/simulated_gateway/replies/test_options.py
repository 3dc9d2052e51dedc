"""Option calculations."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.market_data import TickOptionComputation
from ibkr_actors.base.messages.options import (
    CalculateImpliedVolatilityRequest,
    CalculateOptionPriceRequest,
    CancelCalculateImpliedVolatility,
    CancelCalculateOptionPrice,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from tests.simulated_gateway.helpers import AAPL, Desk, Wire, apple, only

CUSTOM = 53


@pytest.fixture(params=[157, 200, 226])
def wire(request: pytest.FixtureRequest) -> Wire:
    return Wire(Desk(), request.param)


def a_call(wire: Wire) -> Instrument:
    """The last call on AAPL whose strike is 260 or more."""
    options = wire.desk.gateway.catalogue.options_on(AAPL)
    return [option for option in options if option.right == "C" and option.strike >= 260][-1]


def price_of(wire: Wire, volatility: float, underlying: float) -> TickOptionComputation:
    (tick,) = wire.ask(
        CalculateOptionPriceRequest(a_call(wire).contract(), volatility, underlying, request_id=3)
    )
    assert isinstance(tick, TickOptionComputation)
    return tick


class TestPrices:
    def test_one_computation_answers_as_recorded(self, wire: Wire) -> None:
        """The recorded answer has the attribute 0 and the dividend -1."""
        tick = price_of(wire, 0.3, 270.0)

        assert (tick.request_id, tick.tick_type, tick.tick_attribute) == (3, CUSTOM, 0)
        assert (tick.implied_volatility, tick.underlying_price) == (0.3, 270.0)
        assert tick.present_value_of_dividend == -1
        assert tick.option_price is not None
        assert tick.option_price > 0
        assert tick.delta is not None
        assert 0 < tick.delta < 1
        assert None not in (tick.gamma, tick.vega, tick.theta)

    def test_more_volatility_is_dearer(self, wire: Wire) -> None:
        cheap, dear = price_of(wire, 0.2, 270.0).option_price, price_of(wire, 0.4, 270.0).option_price

        assert cheap is not None
        assert dear is not None
        assert dear > cheap


class TestVolatilities:
    def test_the_volatility_at_a_price_is_the_one_that_gives_the_price(self, wire: Wire) -> None:
        price = price_of(wire, 0.35, 268.0).option_price
        assert price is not None

        (tick,) = wire.ask(
            CalculateImpliedVolatilityRequest(a_call(wire).contract(), price, 268.0, request_id=4)
        )

        assert isinstance(tick, TickOptionComputation)
        assert (tick.request_id, tick.tick_type, tick.option_price) == (4, CUSTOM, price)
        assert tick.implied_volatility == pytest.approx(0.35, abs=1e-3)

    def test_a_price_that_no_volatility_explains_leaves_the_rest_unknown(self, wire: Wire) -> None:
        (tick,) = wire.ask(
            CalculateImpliedVolatilityRequest(a_call(wire).contract(), 10_000.0, 268.0, request_id=4)
        )

        assert isinstance(tick, TickOptionComputation)
        assert (tick.implied_volatility, tick.option_price, tick.underlying_price) == (-1, 10_000, 268)
        assert (tick.delta, tick.gamma, tick.vega, tick.theta) == (-2, -2, -2, -2)


class TestRefusals:
    @pytest.mark.parametrize(
        "request_",
        [
            CalculateOptionPriceRequest(apple(), 0.3, 270.0, request_id=5),
            CalculateImpliedVolatilityRequest(apple(), 3.0, 270.0, request_id=5),
        ],
    )
    def test_a_stock_has_no_calculation(
        self, wire: Wire, request_: CalculateOptionPriceRequest | CalculateImpliedVolatilityRequest
    ) -> None:
        (notice,) = only(Notice, wire.ask(request_))

        assert (notice.request_id, notice.code) == (5, 321)

    @pytest.mark.parametrize(("volatility", "underlying"), [(0.0, 270.0), (0.3, 0.0), (-1.0, 270.0)])
    def test_what_is_not_above_zero_is_not_valid(
        self, wire: Wire, volatility: float, underlying: float
    ) -> None:
        contract = a_call(wire).contract()

        (notice,) = only(
            Notice, wire.ask(CalculateOptionPriceRequest(contract, volatility, underlying, request_id=5))
        )

        assert (notice.request_id, notice.code) == (5, 321)

    def test_an_unknown_option_is_not_found(self, wire: Wire) -> None:
        unknown = Contract(symbol="AAPL", security_type="OPT", exchange="SMART", strike=1.0, right="C")

        (notice,) = only(Notice, wire.ask(CalculateOptionPriceRequest(unknown, 0.3, 270.0, request_id=5)))

        assert (notice.request_id, notice.code) == (5, 200)


@pytest.mark.parametrize("cancellation", [CancelCalculateImpliedVolatility(3), CancelCalculateOptionPrice(3)])
def test_cancellations_are_silent(
    wire: Wire, cancellation: CancelCalculateImpliedVolatility | CancelCalculateOptionPrice
) -> None:
    assert wire.ask(cancellation) == []
