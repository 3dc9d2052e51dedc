"""Short sales, and the shares that have to be found for them."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickGeneric, TickSize
from ibkr_actors.base.messages.orders import OrderStatus
from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.simulated_gateway.clients.client import Client
from tests.simulated_gateway.helpers import AAPL, Desk, apple, codes, limit, only, order, statuses


@pytest.fixture
def desk() -> Desk:
    return Desk()


def lend(desk: Desk, shares: float) -> None:
    desk.gateway.market.set_quote(AAPL, shortable_shares=shares)
    desk.step()


class TestLocating:
    def test_a_sale_that_nobody_lends_for_is_held_with_404(self, desk: Desk) -> None:
        lend(desk, 0)

        told = desk.place(desk.connect(), 1, limit("SELL", 100, 101.0))

        assert statuses(told) == ["(PreSubmitted)", "PreSubmitted", "404"]
        assert only(OrderStatus, told)[0].why_held == "locate"
        assert only(Notice, told)[0].text.startswith(
            "Shares for this order are not immediately available for short sale."
        )

    def test_it_does_not_fill_meanwhile_and_works_when_shares_are_found(self, desk: Desk) -> None:
        client = desk.connect()
        lend(desk, 50)
        desk.place(client, 1, order("SELL", 100))
        desk.step()
        assert desk.heard(client) == []

        lend(desk, 100)

        told = desk.heard(client)
        assert statuses(told)[:2] == ["(PreSubmitted)", "PreSubmitted"]
        assert only(OrderStatus, told)[-1].status == "Filled"

    def test_what_the_account_holds_needs_no_lender(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))
        lend(desk, 50)

        assert codes(desk.place(client, 2, limit("SELL", 150, 101.0))) == []
        assert codes(desk.place(client, 3, limit("SELL", 151, 101.0))) == [404]

    def test_usually_there_are_enough(self, desk: Desk) -> None:
        assert codes(desk.place(desk.connect(), 1, order("SELL", 100))) == []

    @pytest.mark.parametrize("always_open", [True, False])
    def test_what_was_found_stays_found(self, always_open: bool) -> None:
        """Fewer shares later on hold no order that works; a larger one has to look again."""
        desk = Desk(always_open=always_open)
        client = desk.connect()
        desk.place(client, 1, limit("SELL", 100, 101.0))

        lend(desk, 0)

        assert desk.heard(client) == []
        assert codes(desk.place(client, 1, limit("SELL", 200, 101.0))) == [404]

    def test_the_stop_of_a_bracket_is_no_short_sale_when_its_parent_is_filled(self, desk: Desk) -> None:
        client = desk.connect()
        lend(desk, 0)
        desk.place(client, 1, order("BUY", 10, transmit=False))

        told = desk.place(client, 2, order("SELL", 10, "STP", auxiliary_price=95.0, parent_id=1))

        assert codes(told) == []
        assert only(OrderStatus, told)[-1].why_held == "trigger"

    def test_a_held_sale_can_be_cancelled_or_made_smaller(self, desk: Desk) -> None:
        client = desk.connect()
        lend(desk, 50)
        desk.place(client, 1, limit("SELL", 100, 101.0))

        assert statuses(desk.place(client, 1, limit("SELL", 50, 101.0))) == ["(Submitted)", "Submitted"]


class TestTicks:
    """Generic tick 236 shows the supply that decides."""

    def follow(self, desk: Desk, client: Client) -> tuple[float, float]:
        told = desk.ask(client, MarketDataRequest(apple(), "mdoff,236", request_id=9))
        return _difficulty(told), _shares(told)

    @pytest.mark.parametrize(("shares", "difficulty"), [(5000, 3.0), (999, 2.0), (0, 1.0)])
    def test_they_agree(self, desk: Desk, shares: int, difficulty: float) -> None:
        lend(desk, shares)

        assert self.follow(desk, desk.connect()) == (difficulty, shares)

    def test_a_change_is_told(self, desk: Desk) -> None:
        client = desk.connect()
        self.follow(desk, client)

        lend(desk, 700)

        told = desk.heard(client)
        assert (_difficulty(told), _shares(told)) == (2.0, 700)


def _difficulty(told: list) -> float:  # type: ignore[type-arg]
    (tick,) = [each for each in only(TickGeneric, told) if each.tick_type == TickType.SHORTABLE]
    return tick.value


def _shares(told: list) -> float:  # type: ignore[type-arg]
    (tick,) = [each for each in only(TickSize, told) if each.tick_type == TickType.SHORTABLE_SHARES]
    return float(tick.size)
