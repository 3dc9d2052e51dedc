"""The log of trades: what it forgets, and what it still counts."""

from __future__ import annotations

from ibkr_actors.simulated_gateway.orders.trades import KEPT_FOR
from tests.simulated_gateway.floor import Floor
from tests.simulated_gateway.helpers import order


def test_trades_are_counted_from_the_first_there_ever_was_whatever_is_forgotten() -> None:
    """Whoever remembers how many there were (an order that waits for an execution) is told of the later ones only."""
    floor = Floor()
    log = floor.exchange.trades
    for number in (1, 2, 3):
        floor.place(number, order("BUY", 10))
    counted = len(log)

    floor.wait(KEPT_FOR + 1)
    log.forget_old(floor.now)
    floor.place(4, order("BUY", 10))

    assert (counted, len(log)) == (3, 4)
    assert [trade.execution.order_id for trade in log.since(counted)] == [4]
    assert [trade.execution.order_id for trade in log.since(0)] == [4]
