"""How long a desk whose strategies have all ended goes on, for orders that can't be cancelled yet."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ibkr_actors.actors.messages import PlaceOrder
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy, StrategyStatus
from ibkr_actors.base.local_messages import ConnectionState
from ibkr_actors.base.order_checks import placement
from ibkr_actors.cli.last_orders import WAIT_FOR_CONNECTION, LastOrders
from ibkr_actors.configuration import LoadedStrategy
from tests.actors.conftest import log  # noqa: F401
from tests.actors.helpers import Clock, FakeMail, ibm, limit_order


@pytest.fixture
def clock():
    return Clock()


def last_orders(clock, policy="cancel"):
    return LastOrders(
        [LoadedStrategy("cross", StrategyActor, {}, RestartPolicy(orders_at_death=policy))], clock
    )


def desk(connection=ConnectionState.LOST, state="failed", order="Submitted"):
    """How a desk stands with one strategy and its one order, as far as it matters here."""
    placed = OwnedOrder.of(PlaceOrder(FakeMail(), "cross", placement(limit_order(), ibm(), 1)), 0.0)
    placed.status = order
    strategy = StrategyStatus("cross", "Cross", state, 1, "")
    return SimpleNamespace(connection=connection, strategies=[strategy], orders=[placed])


@pytest.mark.parametrize("connection", [ConnectionState.LOST, ConnectionState.CONNECTING])
def test_a_working_order_that_is_to_be_cancelled_needs_the_desk_without_a_connection(clock, connection, log):  # noqa: F811
    orders = last_orders(clock)
    assert orders.need_the_desk(desk(connection))
    assert orders.need_the_desk(desk(connection))
    (line,) = log.items
    assert line.startswith("WARNING")
    assert "waiting for one, 10 minutes at most: cross 1: BUY 100 IBM" in line


@pytest.mark.parametrize(
    "facts",
    [{"connection": ConnectionState.CONNECTED}, {"state": "stopped"}, {"order": "Filled"}],
    ids=str,
)
def test_any_other_does_not(clock, facts):
    assert not last_orders(clock).need_the_desk(desk(**facts))


def test_one_that_is_to_be_kept_does_not(clock):
    assert not last_orders(clock, policy="keep").need_the_desk(desk())


def test_a_desk_that_gets_no_connection_gives_up_and_names_the_orders(clock, log):  # noqa: F811
    orders = last_orders(clock)
    orders.need_the_desk(desk())
    clock.now += WAIT_FOR_CONNECTION - 1
    assert orders.need_the_desk(desk())
    clock.now += 1
    assert not orders.need_the_desk(desk())
    assert log.items[-1].startswith("ERROR")
    assert "not cancelled, and perhaps at work: cross 1: BUY 100 IBM" in log.items[-1]


def test_each_loss_of_the_connection_has_its_own_time(clock):
    orders = last_orders(clock)
    orders.need_the_desk(desk())
    clock.now += WAIT_FOR_CONNECTION
    assert not orders.need_the_desk(desk(ConnectionState.CONNECTED))
    assert orders.need_the_desk(desk())
