"""What a strategy has to reckon with of a contract: what it found, and what it has traded since."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged
from ibkr_actors.base.messages.accounts import Position, PositionEnd
from ibkr_actors.classes.contracts.stock import Stock
from tests.actors.helpers import FakeMail, fake_desk, ibm, limit_order

TESLA = Stock("TSLA", contract_id=76792991)
EARLIER = 7
"""The id of an order that an earlier life placed."""


@pytest.fixture
def strategy():
    order_ids = OrderIds()
    order_ids.at_least(50)
    strategy = StrategyActor("cross")
    strategy.attach(fake_desk(order_ids=order_ids))
    strategy.run_behind(FakeMail("cross"))
    return strategy


def told(strategy, quantity, contract=None, account="DU1"):
    strategy.handle([Position(account, contract or ibm(), Decimal(quantity))])


def end(strategy):
    strategy.handle([PositionEnd()])


def fill(strategy, quantity, action="BUY", contract=None):
    """Place an order, and let it fill as far as that."""
    order = strategy.place_order(limit_order(action=action), contract or ibm())
    change(strategy, order.order_id, "Submitted", quantity)
    return order


def change(strategy, order_id, status, filled=0):
    strategy.handle([OrderChanged(order_id, status, Decimal(filled), Decimal(100 - filled), 10.0)])


class TestThePosition:
    def test_is_not_known_before_the_bridge_has_told_of_all(self, strategy):
        assert strategy.position_of(ibm()) is None
        told(strategy, 100)
        assert strategy.position_of(ibm()) is None
        end(strategy)
        assert (strategy.position_of(ibm()), strategy.position_of(TESLA)) == (100, 0)

    def test_is_that_of_all_accounts(self, strategy):
        told(strategy, 100)
        told(strategy, -30, account="DU2")
        end(strategy)

        assert strategy.position_of(ibm()) == 70

    def test_can_be_asked_by_a_description(self, strategy):
        told(strategy, 100)
        end(strategy)

        fill(strategy, 30)

        assert strategy.position_of(Stock("IBM")) == 130

    def test_is_changed_by_own_fills_at_once(self, strategy):
        end(strategy)
        order = fill(strategy, 30)
        change(strategy, order.order_id, "Filled", 100)
        fill(strategy, 40, "SELL")
        fill(strategy, 5, contract=TESLA)

        assert (strategy.position_of(ibm()), strategy.position_of(TESLA)) == (60, 5)

    def test_counts_own_fills_once_when_the_bridge_tells_of_them_too(self, strategy):
        told(strategy, 100)
        end(strategy)
        fill(strategy, 30)
        told(strategy, 130)

        assert strategy.position_of(ibm()) == 130

    def test_is_left_alone_by_what_others_trade(self, strategy):
        end(strategy)
        told(strategy, 50)

        assert strategy.position_of(ibm()) == 0

    def test_counts_fills_of_an_order_that_describes_the_contract(self, strategy):
        end(strategy)
        fill(strategy, 30, contract=Stock("IBM"))

        assert strategy.position_of(ibm()) == 30

    def test_that_was_not_known_at_the_first_order_is_never(self, strategy):
        fill(strategy, 30)
        told(strategy, 30)
        end(strategy)

        assert strategy.position_of(ibm()) is None

    def test_outlives_a_lost_connection(self, strategy):
        told(strategy, 100)
        end(strategy)
        strategy.handle([ConnectionChanged(ConnectionState.LOST, 1)])

        assert strategy.position_of(ibm()) == 100


class TestOrdersOfAnEarlierLife:
    def test_that_fill_now_change_it_as_the_bridge_says(self, strategy):
        change(strategy, EARLIER, "Submitted")
        end(strategy)
        change(strategy, EARLIER, "Filled", 100)
        told(strategy, 100)

        assert strategy.position_of(ibm()) == 100

    def test_are_past_at_the_first_order_of_this_one(self, strategy):
        change(strategy, EARLIER, "Filled", 100)
        told(strategy, 100)
        end(strategy)
        fill(strategy, 30)
        told(strategy, 130)
        told(strategy, 999)

        assert strategy.position_of(ibm()) == 130

    def test_that_are_told_of_behind_the_first_order_of_this_one_change_nothing(self, strategy):
        told(strategy, 100)
        end(strategy)
        fill(strategy, 30)
        change(strategy, EARLIER, "Filled", 100)
        told(strategy, 230)

        assert strategy.position_of(ibm()) == 130

    def test_leave_it_unknown_while_the_connection_is_lost(self, strategy):
        """What was closed meanwhile would not be told of any more."""
        change(strategy, EARLIER, "Submitted")
        told(strategy, 100)
        end(strategy)
        strategy.handle([ConnectionChanged(ConnectionState.LOST, 1)])

        assert strategy.position_of(ibm()) is None
        end(strategy)
        assert strategy.position_of(ibm()) == 0
