"""The strategy of two averages: what it does with ticks and with news of its orders, then on a real desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from loguru import logger

from ibkr_actors.actors.supervisor import RestartPolicy
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState
from ibkr_actors.base.messages.accounts import Position, PositionEnd, PositionsRequest
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.contracts import ContractData, ContractDataRequest
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.desk_status import DeskStatus
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway.server import Server
from strategies import moving_average_cross
from strategies.moving_average_cross import MovingAverageCross
from tests.trading import ASK, BID, LAST, PaperDesk, changed, price, still_market, wait_for

AAPL = 265598
APPLE = Contract(contract_id=AAPL, symbol="AAPL", security_type="STK", exchange="SMART", currency="USD")
RISING = (100.0, 101.0, 102.0, 103.0)
FALLING = (103.0, 102.0, 101.0, 100.0)


@pytest.fixture
def desk() -> PaperDesk:
    return PaperDesk()


@pytest.fixture
def strategy(desk) -> MovingAverageCross:
    """On a line of AAPL, with averages of two and four midpoints."""
    seated = desk.seat(MovingAverageCross, symbol="AAPL", fast=2, slow=4, quantity=100, position_limit=250)
    seated.contract_data(ContractData(seated.details, APPLE))
    seated.handle([PositionEnd()])
    return seated


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time that the strategy sees; the test moves it."""
    now = [1000.0]
    monkeypatch.setattr(moving_average_cross.time, "monotonic", lambda: now[0])
    return now


def show(strategy: MovingAverageCross, *midpoints: float) -> None:
    """Let bid and ask be one cent around each midpoint, in one batch each."""
    for midpoint in midpoints:
        strategy.tick_price(price(strategy.line, BID, midpoint - 0.01))
        strategy.tick_price(price(strategy.line, ASK, midpoint + 0.01))
        strategy.act()


def fill(strategy: MovingAverageCross, order_id: int, quantity: int = 100) -> None:
    strategy.handle([changed(order_id, "Filled", quantity)])


class TestTheLine:
    @pytest.mark.usefixtures("strategy")
    def test_is_of_the_contract_as_the_bridge_knows_it(self, desk):
        (question,) = desk.asked(ContractDataRequest)
        (line,) = desk.asked(MarketDataRequest)

        assert question.contract.symbol == "AAPL"
        assert line.contract.contract_id == AAPL

    def test_is_one_though_several_contracts_fit(self, desk, strategy):
        strategy.contract_data(ContractData(strategy.details, Contract(contract_id=1)))

        assert len(desk.asked(MarketDataRequest)) == 1
        assert strategy.contract == APPLE

    def test_is_asked_for_though_the_connection_broke_before_the_contract_was_known(self, desk):
        seated = desk.seat(MovingAverageCross, symbol="AAPL")
        for state in (ConnectionState.LOST, ConnectionState.CONNECTED):
            seated.handle([ConnectionChanged(state, 2)])
        seated.contract_data(ContractData(seated.details, APPLE))

        assert len(desk.asked(ContractDataRequest)) == 2
        assert len(desk.asked(MarketDataRequest)) == 1

    @pytest.mark.usefixtures("strategy")
    def test_once_there_survives_a_lost_connection_by_the_desk(self, desk, strategy):
        strategy.handle([ConnectionChanged(ConnectionState.CONNECTED, 2)])

        assert len(desk.asked(ContractDataRequest)) == 1


class TestTheCross:
    def test_nothing_is_done_before_the_slow_average_is_full(self, desk, strategy):
        show(strategy, *RISING[:3])

        assert desk.orders == []

    def test_above_it_buys_at_the_ask(self, desk, strategy):
        show(strategy, *RISING)

        (placed,) = desk.orders
        assert (placed.order.action, placed.order.order_type) == ("BUY", "LMT")
        assert placed.order.total_quantity == 100
        assert placed.order.limit_price == pytest.approx(103.01)
        assert placed.contract.contract_id == AAPL

    def test_below_without_a_position_it_stays_out(self, desk, strategy):
        show(strategy, *FALLING)

        assert desk.orders == []

    def test_below_it_sells_what_it_holds_at_the_bid(self, desk, strategy):
        show(strategy, *RISING)
        fill(strategy, 1)
        show(strategy, 99.0)

        placed = desk.orders[-1]
        assert (placed.order.action, placed.order.total_quantity) == ("SELL", 100)
        assert placed.order.limit_price == pytest.approx(98.99)

    def test_a_midpoint_that_stands_still_counts_once(self, desk, strategy):
        show(strategy, 100.0, 101.0, 101.0, 101.0, 101.0)

        assert desk.orders == []

    @pytest.mark.parametrize("amount", [-1.0, 0.0])
    def test_a_side_without_a_price_makes_no_midpoint(self, strategy, amount):
        show(strategy, *RISING[:3])
        strategy.tick_price(price(strategy.line, ASK, amount))
        strategy.act()

        assert list(strategy.midpoints) == pytest.approx(RISING[:3])

    def test_bid_and_ask_of_one_batch_make_one_midpoint(self, strategy):
        strategy.tick_price(price(strategy.line, BID, 99.0))
        strategy.tick_price(price(strategy.line, ASK, 101.0))
        strategy.tick_price(price(strategy.line, BID, 100.0))
        strategy.act()

        assert list(strategy.midpoints) == [100.5]

    def test_other_prices_are_none_of_its_business(self, strategy):
        strategy.tick_price(price(strategy.line, LAST, 50.0))

        assert (strategy.bid, strategy.ask) == (0.0, 0.0)


class TestThePosition:
    def test_grows_to_the_limit_and_not_beyond(self, desk, strategy):
        show(strategy, *RISING)
        for order_id, midpoint in ((1, 104.0), (2, 105.0), (3, 106.0)):
            fill(strategy, order_id, int(desk.orders[order_id - 1].order.total_quantity))
            show(strategy, midpoint)

        assert [placed.order.total_quantity for placed in desk.orders] == [100, 100, 50]
        assert strategy.position_of(APPLE) == 250

    def test_counts_a_partial_fill_once(self, strategy):
        show(strategy, *RISING)
        for status, filled in (("Submitted", 30), ("Submitted", 30), ("Submitted", 70), ("Filled", 100)):
            strategy.handle([changed(1, status, filled, 100 - filled)])

        assert strategy.position_of(APPLE) == 100

    def test_keeps_what_a_cancelled_order_had_filled(self, strategy):
        show(strategy, *RISING)
        strategy.handle([changed(1, "Cancelled", 40, 60)])

        assert strategy.position_of(APPLE) == 40

    def test_never_goes_below_nothing(self, desk, strategy):
        show(strategy, *RISING)
        strategy.handle([changed(1, "Cancelled", 40, 60)])
        show(strategy, 99.0)

        assert desk.orders[-1].order.total_quantity == 40


class TestTheBeginning:
    @pytest.fixture
    def again(self, desk) -> MovingAverageCross:
        """One that has its line, and has been told of no position yet."""
        seated = desk.seat(
            MovingAverageCross, symbol="AAPL", fast=2, slow=4, quantity=100, position_limit=250
        )
        seated.contract_data(ContractData(seated.details, APPLE))
        return seated

    def test_waits_until_the_bridge_has_told_all_positions(self, desk, again):
        show(again, *RISING)
        assert (len(desk.asked(PositionsRequest)), desk.orders) == (1, [])

        again.handle([PositionEnd()])
        show(again, 104.0)
        assert len(desk.orders) == 1

    def test_is_what_the_account_holds(self, desk, again):
        again.handle([Position("DU1", APPLE, Decimal(200)), PositionEnd()])
        show(again, *RISING)

        assert desk.orders[0].order.total_quantity == 50

    def test_ends_what_an_earlier_life_left_working_before_anything_is_placed(self, desk, again):
        again.handle([changed(7, "Submitted", 0, 100), PositionEnd()])
        show(again, *RISING, 104.0)
        assert (desk.cancelled, desk.orders) == ([7], [])

        again.handle([changed(7, "Cancelled", 40, 60)])
        again.act()
        assert desk.orders == []

        again.handle([Position("DU1", APPLE, Decimal(240))])
        show(again, 105.0, 106.0, 107.0)
        assert [placed.order.total_quantity for placed in desk.orders] == [10]


class TestTheWorkingOrder:
    def test_is_the_only_one(self, desk, strategy):
        show(strategy, *RISING, 104.0, 105.0)

        assert len(desk.orders) == 1

    def test_is_cancelled_when_it_works_too_long(self, desk, strategy, clock):
        show(strategy, *RISING)
        clock[0] += strategy.parameters.patience
        strategy.act()
        patient = list(desk.cancelled)
        clock[0] += 0.1
        strategy.act()

        assert (patient, desk.cancelled) == ([], [1])

    @pytest.mark.parametrize(
        "status", ["Filled", "Cancelled", "ApiCancelled", "Inactive", "Refused", "Unknown"]
    )
    def test_makes_room_for_the_next_however_it_ended(self, desk, strategy, status):
        show(strategy, *RISING)
        strategy.handle([changed(1, status)])
        show(strategy, 104.0)

        assert len(desk.orders) == 2

    @pytest.mark.parametrize(
        "status", ["Sent", "PendingSubmit", "PreSubmitted", "Submitted", "PendingCancel"]
    )
    def test_blocks_the_next_as_long_as_it_may_fill(self, desk, strategy, status):
        show(strategy, *RISING)
        strategy.handle([changed(1, status)])
        show(strategy, 104.0)

        assert len(desk.orders) == 1


class TestTheEnd:
    def test_cancels_the_order_and_the_line(self, desk, strategy):
        show(strategy, *RISING)

        strategy.stop()

        assert desk.cancelled == [1]
        assert [cancel.request_id for cancel in desk.asked(CancelMarketData)] == [strategy.line]
        assert not strategy.still_running

    def test_is_possible_before_the_bridge_has_said_anything(self, desk):
        seated = desk.seat(MovingAverageCross, symbol="AAPL")

        seated.stop()

        assert desk.cancelled == desk.asked(CancelMarketData) == []


def test_an_unknown_symbol_is_logged(strategy):
    lines: list[str] = []
    handler = logger.add(lines.append, format="{message}")
    strategy.notice(Notice(strategy.details, code=200, text="No security definition has been found"))
    logger.remove(handler)

    assert len(lines) == 1
    assert "200 No security definition has been found" in lines[0]
    assert "AAPL" in lines[0]


@pytest.fixture
def apple_market() -> Iterator[Server]:
    """The simulated gateway, over a socket; the test sets each quote of AAPL."""
    with still_market(
        lambda gateway: gateway.market.set_quote(AAPL, bid=100.0, ask=100.02, last=100.0)
    ) as server:
        yield server


def quote(server: Server, bid: float) -> None:
    with server.hold() as gateway:
        gateway.market.set_quote(AAPL, bid=bid, ask=bid + 0.02, last=bid, bid_size=1000, ask_size=1000)


class Watched(MovingAverageCross):
    """Tells the test of its lives."""

    lives: list[Watched]

    def initialize(self) -> None:
        super().initialize()
        self.lives.append(self)


class FailsOnce(Watched):
    """Fails when it has bought, and then not again."""

    def act(self) -> None:
        super().act()
        if len(self.lives) == 1 and self.position_of(APPLE) == 100:
            raise OSError("something happened")


@pytest.fixture(params=[Watched, FailsOnce])
def kind(request) -> type[Watched]:
    chosen: type[Watched] = request.param
    chosen.lives = []
    return chosen


def test_on_a_desk_it_buys_when_the_price_rises_and_sells_when_it_falls(apple_market, kind):
    """Also when it was started again meanwhile: it holds no more, and sells all of it."""

    def knows(bid: float) -> Callable[[DeskStatus], bool]:
        def has_seen(_status: DeskStatus) -> bool:
            newest = kind.lives[-1] if kind.lives else None
            return (
                newest is not None
                and newest.position_of(APPLE) is not None
                and any(bid < last < bid + 0.02 for last in list(newest.midpoints)[-1:])
            )

        return has_seen

    desk = MultiClientApplication(apple_market.host, apple_market.port)
    policy = RestartPolicy(first_delay=0.01)
    desk.register(kind, code="cross", policy=policy, symbol="AAPL", fast=1, slow=2, position_limit=100)
    with desk:
        wait_for(desk, knows(100.0))
        quote(apple_market, 101.0)
        wait_for(desk, lambda status: [order.status for order in status.orders] == ["Filled"])
        wait_for(desk, lambda _: len(kind.lives) == 1 + (kind is FailsOnce))
        quote(apple_market, 102.0)
        wait_for(desk, knows(102.0))
        quote(apple_market, 99.0)
        status = wait_for(desk, lambda status: [order.status for order in status.orders] == ["Filled"] * 2)
        wait_for(desk, lambda status: status.totals["USD"].commission > 1)

    bought, sold = status.orders
    assert (bought.request.order.action, bought.average_price) == ("BUY", 101.02)
    assert (sold.request.order.action, sold.average_price) == ("SELL", 99.0)
    assert bought.filled == sold.filled == 100
    assert status.totals["USD"].realized == pytest.approx(-202)
