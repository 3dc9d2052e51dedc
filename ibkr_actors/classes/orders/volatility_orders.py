"""Orders whose price is a volatility."""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.volatility_type import ReferencePriceType, VolatilityType
from ibkr_actors.classes.orders.checks import positive, refusal
from ibkr_actors.classes.orders.simple_order import Quantity, SimpleOrder


class VolatilityOrder(SimpleOrder):
    """An option order at the price that a volatility gives, in percent: 40 is 40%.

    With `continuous_update` the price follows the underlying's, of the kind that `reference_price_type` says. The
    bridge hedges with the underlying when `delta_neutral_order_type` is given, at `delta_neutral_auxiliary_price`
    where that type has one.
    """

    type_of_class = OrderType.VOLATILITY

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        volatility: float | None = None,
        volatility_type: VolatilityType | int = VolatilityType.ANNUAL,
        reference_price_type: ReferencePriceType | int | None = None,
        continuous_update: bool = False,
        **fields: Any,
    ) -> None:
        if volatility_type not in (VolatilityType.DAILY, VolatilityType.ANNUAL):
            raise refusal(self, "volatility_type", volatility_type, "DAILY or ANNUAL of VolatilityType")
        if reference_price_type is not None and reference_price_type not in tuple(ReferencePriceType):
            raise refusal(
                self, "reference_price_type", reference_price_type, "a member of ReferencePriceType"
            )
        pricing = {
            "volatility": positive(self, "volatility", volatility),
            "volatility_type": volatility_type,
            "reference_price_type": reference_price_type,
            "continuous_update": continuous_update,
        }
        self._fill(action, contract, total_quantity, fields, **pricing)
