"""The vendor's calls for option chains, calculations and exercises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages import options
from ibkr_actors.base.messages.declaration import Message
from tests.oracles.vendor_names import vendor_contract, vendor_tags

CALLS: Final[dict[type[Message], Callable[[Any, Any], object]]] = {
    options.OptionChainsRequest: lambda client, request: client.reqSecDefOptParams(
        request.request_id,
        request.underlying_symbol,
        request.futures_option_exchange,
        request.underlying_security_type,
        request.underlying_contract_id,
    ),
    options.CalculateImpliedVolatilityRequest: lambda client, request: client.calculateImpliedVolatility(
        request.request_id,
        vendor_contract(request.contract),
        request.option_price,
        request.underlying_price,
        vendor_tags(request.options),
    ),
    options.CancelCalculateImpliedVolatility: lambda client, request: client.cancelCalculateImpliedVolatility(
        request.request_id
    ),
    options.CalculateOptionPriceRequest: lambda client, request: client.calculateOptionPrice(
        request.request_id,
        vendor_contract(request.contract),
        request.volatility,
        request.underlying_price,
        vendor_tags(request.options),
    ),
    options.CancelCalculateOptionPrice: lambda client, request: client.cancelCalculateOptionPrice(
        request.request_id
    ),
    options.ExerciseOptionsRequest: lambda client, request: client.exerciseOptions(
        request.order_id,
        vendor_contract(request.contract),
        request.exercise_action,
        request.exercise_quantity,
        request.account,
        int(request.override),
        request.manual_order_time,
        request.customer_account,
        request.professional_customer,
    ),
}
"""The vendor's call for each request of ours."""

_REFUSES_OPTIONS: Final = {"options": "the vendor's client refuses options of calculations in text"}

NOT_SENT: Final[dict[type[Message], dict[str, str]]] = {
    options.CalculateImpliedVolatilityRequest: _REFUSES_OPTIONS,
    options.CalculateOptionPriceRequest: _REFUSES_OPTIONS,
}
"""Fields that the vendor's client will not put into a text frame, with the reason."""
