"""Option calculations: the price at a volatility, the volatility at a price."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from ibkr_actors.base.messages.market_data import TickOptionComputation
from ibkr_actors.base.messages.options import (
    CalculateImpliedVolatilityRequest,
    CalculateOptionPriceRequest,
    CancelCalculateImpliedVolatility,
    CancelCalculateOptionPrice,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.instruments.instrument import OPTIONS
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.option_pricing import OptionTerms, OptionValues, implied_volatility
from ibkr_actors.simulated_gateway.market.price_series import terms_of
from ibkr_actors.simulated_gateway.refusals import invalid
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

NOT_COMPUTED: Final = -1.0
GREEK_NOT_COMPUTED: Final = -2.0


class OptionReplies(Service):
    """Answers calculations at once, with the model that prices the market's options.

    As in the recorded answer the attribute is 0 and the dividend -1, for nothing is known of it. A price that no
    volatility explains is answered with everything else unknown.
    """

    def __init__(self, catalogue: Catalogue, market: Market) -> None:
        self._catalogue = catalogue
        self._market = market

    def handlers(self) -> Handlers:
        """Both calculations, and their cancellations."""
        return {
            CalculateImpliedVolatilityRequest: self._send_volatility,
            CalculateOptionPriceRequest: self._send_price,
            CancelCalculateImpliedVolatility: _cancel_answered,
            CancelCalculateOptionPrice: _cancel_answered,
        }

    def _send_price(self, client: Client, request: CalculateOptionPriceRequest) -> None:
        terms = self._terms(request.contract)
        volatility = _positive(request.volatility, "volatility")
        underlying = _positive(request.underlying_price, "price of the underlying")
        values = structs.replace(terms, volatility=volatility).values(underlying, self._market.now)
        client.tell(_computation(request.request_id, values))

    def _send_volatility(self, client: Client, request: CalculateImpliedVolatilityRequest) -> None:
        terms = self._terms(request.contract)
        price = _positive(request.option_price, "option price")
        underlying = _positive(request.underlying_price, "price of the underlying")
        volatility = implied_volatility(terms, price, underlying, self._market.now)
        if volatility is None:
            client.tell(_unexplained(request.request_id, price, underlying))
            return
        values = structs.replace(terms, volatility=volatility).values(underlying, self._market.now)
        client.tell(_computation(request.request_id, structs.replace(values, option_price=price)))

    def _terms(self, contract: Contract) -> OptionTerms:
        """What the model has to know. Raises Refusal: 200 when nothing fits, 321 for what is no option."""
        instrument = self._catalogue.identify(contract)
        if instrument.security_type not in OPTIONS:
            raise invalid(f"Security type {instrument.security_type} has no option calculation")
        return terms_of(instrument)


def _positive(value: float, name: str) -> float:
    if not 0 < value < float("inf"):
        raise invalid(f"Invalid {name}: {value:g}")
    return value


def _computation(request_id: int, values: OptionValues) -> TickOptionComputation:
    return TickOptionComputation(
        request_id,
        TickType.CUSTOM_OPTION_COMPUTATION,
        implied_volatility=values.implied_volatility,
        delta=values.delta,
        option_price=values.option_price,
        present_value_of_dividend=NOT_COMPUTED,
        gamma=values.gamma,
        vega=values.vega,
        theta=values.theta,
        underlying_price=values.underlying_price,
    )


def _unexplained(request_id: int, price: float, underlying: float) -> TickOptionComputation:
    return TickOptionComputation(
        request_id,
        TickType.CUSTOM_OPTION_COMPUTATION,
        implied_volatility=NOT_COMPUTED,
        delta=GREEK_NOT_COMPUTED,
        option_price=price,
        present_value_of_dividend=NOT_COMPUTED,
        gamma=GREEK_NOT_COMPUTED,
        vega=GREEK_NOT_COMPUTED,
        theta=GREEK_NOT_COMPUTED,
        underlying_price=underlying,
    )


def _cancel_answered(
    _client: Client, _request: CancelCalculateImpliedVolatility | CancelCalculateOptionPrice
) -> None:
    """Silent: the calculation was answered at once."""
