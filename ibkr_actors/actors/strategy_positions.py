"""What one strategy holds: what there was when it started, and what it has traded since."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ibkr_actors.actors.strategy_orders import StrategyOrder
from ibkr_actors.base.handlers import Handler
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged
from ibkr_actors.base.messages.accounts import Position, PositionEnd
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction

Told = dict[tuple[str, int], Position]
"""Positions as the bridge tells them, by account and contract id."""


class StrategyPositions:
    """The positions of one strategy, by contract.

    Responsible for: a position that its own fills change at once, though the bridge tells of positions later; that
    others' trades leave it alone; and that nothing is known before the bridge has told of all positions. Orders of an
    earlier life are nobody's fills: where there are such, the bridge's positions count up to the first order of this
    one. Not thread-safe: belongs to the strategy's thread. Not responsible for: asking the bridge.
    """

    def __init__(self, orders: Mapping[int, StrategyOrder]) -> None:
        """`orders` are those of the strategy."""
        self._orders = orders
        self._told: Told = {}
        self._is_whole = False
        self._at_start: Told | None = None
        self._has_earlier_orders = False
        self._found: list[tuple[Contract, Decimal | None]] = []
        """What was held of contracts when their first order was placed, where later it would be seen as something else;
        None when that was not known."""

    def listeners(self) -> dict[type, Handler]:
        """What each kind of message does to the positions."""
        return {
            Position: self._hear,
            PositionEnd: self._hear_end,
            OrderChanged: self._hear_order_change,
            ConnectionChanged: self._hear_connection_change,
        }

    def place(self, contract: Contract) -> None:
        """An order of a contract is about to be placed: from the first one on its own fills count."""
        if self._has_earlier_orders:
            self._keep(contract)

    def _keep(self, contract: Contract) -> None:
        if not any(_are_one(contract, known) for known, _ in self._found):
            self._found.append((contract, self._held(contract)))

    def _keep_all(self) -> None:
        """What is held now of all that was ordered, before something makes another thing of it."""
        for order in self._orders.values():
            self._keep(order.tracked.request.contract)

    def of(self, contract: Contract) -> Decimal | None:
        """The position in a contract; None while that is not known."""
        found = (held for known, held in self._found if _are_one(contract, known))
        held = next(found, self._held(contract))
        return None if held is None else held + self._traded(contract)

    def _held(self, contract: Contract) -> Decimal | None:
        now = self._told if self._is_whole else None
        rows = now if self._has_earlier_orders else self._at_start
        if rows is None:
            return None
        return sum((row.position for row in rows.values() if row.contract.fits(contract)), Decimal(0))

    def _traded(self, contract: Contract) -> Decimal:
        filled = [order.tracked for order in self._orders.values() if order.filled]
        own = [order for order in filled if _are_one(contract, order.request.contract)]
        signed = (
            order.filled if order.request.order.action == OrderAction.BUY else -order.filled for order in own
        )
        return sum(signed, Decimal(0))

    def _hear(self, told: Position) -> None:
        self._told[told.account, told.contract.contract_id] = told

    def _hear_end(self, _end: PositionEnd) -> None:
        if self._at_start is None:
            self._keep_all()
            self._at_start = self._told.copy()
        self._is_whole = True

    def _hear_order_change(self, change: OrderChanged) -> None:
        if change.order_id not in self._orders and not self._has_earlier_orders:
            self._keep_all()
            self._has_earlier_orders = True

    def _hear_connection_change(self, change: ConnectionChanged) -> None:
        if change.state is ConnectionState.LOST:
            self._told.clear()
            self._is_whole = False


def _are_one(contract: Contract, other: Contract) -> bool:
    """Whichever of them is only described."""
    return contract.fits(other) or other.fits(contract)
