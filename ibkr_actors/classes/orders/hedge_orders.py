"""Children that hedge what their parent fills; the bridge works out how much.

`attached(parent, ids, [CurrencyHedgeOrder("BUY", Forex("EURUSD"))])` gives them their parent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.hedge_type import HedgeType
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.checks import number, refusal
from ibkr_actors.classes.orders.simple_order import SimpleOrder


class HedgeOrder(SimpleOrder):
    """A market order for the contract to hedge with. Its quantity is zero until the parent fills."""

    type_of_class = OrderType.MARKET

    def _hedge(
        self,
        action: OrderAction | str,
        contract: Contract | None,
        fields: dict[str, Any],
        hedge_type: HedgeType,
        parameter: str = "",
    ) -> None:
        hedge = {"hedge_type": hedge_type, "hedge_parameter": parameter}
        self._fill(action, contract, Decimal(0), fields, **hedge)

    def _check_size(self, parameter: str, size: Decimal | None) -> None:
        if size != 0:
            raise refusal(self, parameter, size, "none: the bridge works out how much it takes")


class DeltaHedgeOrder(HedgeOrder):
    """Hedges an option with its underlying."""

    def __init__(self, action: OrderAction | str, contract: Contract | None = None, **fields: Any) -> None:
        self._hedge(action, contract, fields, HedgeType.DELTA)


class CurrencyHedgeOrder(HedgeOrder):
    """Buys or sells the currency that a parent in a foreign currency takes or brings."""

    def __init__(self, action: OrderAction | str, contract: Contract | None = None, **fields: Any) -> None:
        self._hedge(action, contract, fields, HedgeType.CURRENCY)


class BetaHedgeOrder(HedgeOrder):
    """Hedges a stock with another contract, by the beta between the two."""

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        beta: float | None = None,
        **fields: Any,
    ) -> None:
        parameter = f"beta={number(self, 'beta', beta):.12g}"
        self._hedge(action, contract, fields, HedgeType.BETA, parameter)


class PairHedgeOrder(HedgeOrder):
    """Trades another contract in a ratio to what the parent fills."""

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        ratio: float | None = None,
        **fields: Any,
    ) -> None:
        parameter = f"ratio={number(self, 'ratio', ratio):.12g}"
        self._hedge(action, contract, fields, HedgeType.PAIR, parameter)
