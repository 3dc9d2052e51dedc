"""Orders whose price follows another contract, or the quotes of competitors."""

from __future__ import annotations

import math
from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.checks import distance, optional, positive, price, refusal, whole
from ibkr_actors.classes.orders.simple_order import Quantity, SimpleOrder


class PeggedToBenchmarkOrder(SimpleOrder):
    """Its price moves by `pegged_change_amount` whenever a reference contract moves by `reference_change_amount`.

    It begins at `starting_price`, and falls when the reference rises if `decreases`. The reference needs its
    contract_id and exchange (`request_contract_data`). `stock_reference_price` is the price of the reference from
    which the change counts; outside the range the order is cancelled.
    """

    type_of_class = OrderType.PEGGED_TO_BENCHMARK

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        reference: Contract | None = None,
        starting_price: float | None = None,
        pegged_change_amount: float | None = None,
        reference_change_amount: float | None = None,
        decreases: bool = False,
        stock_reference_price: float | None = None,
        stock_range_lower: float | None = None,
        stock_range_upper: float | None = None,
        **fields: Any,
    ) -> None:
        if reference is None or not reference.contract_id:
            raise refusal(self, "reference", reference, "a contract with its contract_id")
        pegging = {
            "reference_contract_id": reference.contract_id,
            "reference_exchange_id": reference.exchange,
            "starting_price": price(self, "starting_price", starting_price),
            "pegged_change_amount": positive(self, "pegged_change_amount", pegged_change_amount),
            "reference_change_amount": positive(self, "reference_change_amount", reference_change_amount),
            "is_pegged_change_amount_decrease": decreases,
            "stock_reference_price": optional(price, self, "stock_reference_price", stock_reference_price),
            "stock_range_lower": optional(price, self, "stock_range_lower", stock_range_lower),
            "stock_range_upper": optional(price, self, "stock_range_upper", stock_range_upper),
        }
        self._fill(action, contract, total_quantity, fields, **pegging)


class PeggedToStockOrder(SimpleOrder):
    """An option order whose price moves by `delta` times the move of the underlying, from a starting price.

    The delta is an absolute value: 0.5 for calls and for puts. Without `stock_reference_price` the move counts from
    the underlying's midpoint when the order arrives; outside the range the order is cancelled.
    """

    type_of_class = OrderType.PEGGED_TO_STOCK

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        delta: float | None = None,
        starting_price: float | None = None,
        stock_reference_price: float | None = None,
        stock_range_lower: float | None = None,
        stock_range_upper: float | None = None,
        **fields: Any,
    ) -> None:
        if (wanted := positive(self, "delta", delta)) > 1:
            raise refusal(
                self, "delta", delta, "an absolute delta up to 1 (0.5 is half the underlying's move)"
            )
        pegging = {
            "delta": wanted,
            "starting_price": optional(price, self, "starting_price", starting_price),
            "stock_reference_price": optional(price, self, "stock_reference_price", stock_reference_price),
            "stock_range_lower": optional(price, self, "stock_range_lower", stock_range_lower),
            "stock_range_upper": optional(price, self, "stock_range_upper", stock_range_upper),
        }
        self._fill(action, contract, total_quantity, fields, **pegging)


class PeggedToBestOrder(SimpleOrder):
    """At IBKRATS: better than the best competing quote by `best_offset`, never beyond the limit price.

    Without `best_offset` it goes up to the midpoint, less `mid_offset_at_whole` where that is a whole number of ticks
    and `mid_offset_at_half` where it is between two. The bridge carries none of this before server version 170.
    """

    type_of_class = OrderType.PEGGED_TO_BEST

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        best_offset: float | None = None,
        mid_offset_at_whole: float | None = None,
        mid_offset_at_half: float | None = None,
        minimum_trade_quantity: int | None = None,
        minimum_compete_size: int | None = None,
        **fields: Any,
    ) -> None:
        offsets = self._offsets(best_offset, mid_offset_at_whole, mid_offset_at_half)
        sizes = {
            "minimum_trade_quantity": optional(whole, self, "minimum_trade_quantity", minimum_trade_quantity),
            "minimum_compete_size": optional(whole, self, "minimum_compete_size", minimum_compete_size),
        }
        limit = optional(price, self, "limit_price", limit_price)
        self._fill(
            action,
            contract,
            total_quantity,
            {"not_held": True, **fields},
            limit_price=limit,
            **sizes,
            **offsets,
        )

    def _offsets(
        self, best: float | None, at_whole: float | None, at_half: float | None
    ) -> dict[str, float | None]:
        if best is not None and (at_whole is not None or at_half is not None):
            raise refusal(self, "best_offset", best, "none beside offsets from the midpoint")
        return {
            "compete_against_best_offset": (
                math.inf if best is None else distance(self, "best_offset", best)
            ),
            "mid_offset_at_whole": optional(distance, self, "mid_offset_at_whole", at_whole),
            "mid_offset_at_half": optional(distance, self, "mid_offset_at_half", at_half),
        }
