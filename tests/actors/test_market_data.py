"""One line a contract, however many actors want it."""

from __future__ import annotations

import pytest

from ibkr_actors.actors.market_data import MarketDataActor
from ibkr_actors.actors.messages import Ask, MarketDataStale, Release, Subscribe, Unsubscribe
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.market_data import (
    CancelMarketData,
    MarketDataRequest,
    MarketDataType,
    MarketDataTypeRequest,
    RerouteMarketData,
    TickPrice,
    TickRequestParameters,
)
from ibkr_actors.classes.contracts.bag import Bag
from ibkr_actors.classes.contracts.contract import ComboLeg
from ibkr_actors.classes.contracts.stock import Stock
from tests.actors.helpers import Clock, FakeMail, ibm

LOST = ConnectionChanged(ConnectionState.LOST, 1)
FOUND = ConnectionChanged(ConnectionState.CONNECTED, 2)


class Arrangement:
    def __init__(self):
        self.bridge, self.router, self.clock = FakeMail("bridge"), FakeMail("router"), Clock()
        self.actor = MarketDataActor(self.bridge, self.router, stale_after=60.0, clock=self.clock)
        self.actor.run_behind(FakeMail("market_data"))
        self.cross, self.momentum = FakeMail("cross"), FakeMail("momentum")

    def want(self, mail, request_id, contract=None, **fields):
        request = MarketDataRequest(contract or ibm(), request_id=request_id, **fields)
        self.actor.receive(Ask(mail, "code", request))

    def tick(self, *ticks):
        """What the router does with them: each goes into the memory of its line."""
        for tick in ticks:
            for wanted in self.router.of(Subscribe):
                if wanted.memory is not None and wanted.request_id == tick.request_id:
                    wanted.memory[tick.tick_type] = tick

    def wait(self, seconds):
        self.clock.now += seconds
        self.actor.act()

    def cancel(self, mail, request_id):
        self.actor.receive(Ask(mail, "code", CancelMarketData(request_id)))


@pytest.fixture
def desk():
    return Arrangement()


def tick(request_id, price=1.0, tick_type=4):
    return TickPrice(request_id, tick_type, price)


class TestSharing:
    def test_two_actors_need_one_request(self, desk):
        desk.want(desk.cross, 100)
        desk.want(desk.momentum, 200)
        assert [request.request_id for request in desk.bridge.sent] == [100]
        relabelled = [wanted.as_id for wanted in desk.router.of(Subscribe) if wanted.mail is desk.momentum]
        assert relabelled == [200]

    def test_the_router_knows_the_line_before_the_bridge_does(self, desk):
        """Else the first ticks would find nobody."""
        order = []
        desk.router.tell, desk.bridge.tell = order.append, order.append
        desk.want(desk.cross, 100)
        assert [type(message).__name__ for message in order][:2] == ["Subscribe", "Send"]

    def test_who_comes_later_gets_the_newest_values_at_once_under_its_own_id(self, desk):
        desk.want(desk.cross, 100)
        desk.actor.handle([TickRequestParameters(100, 0.01), MarketDataType(100, 3)])
        desk.tick(tick(100, 1.0), tick(100, 2.0), tick(100, 3.0, 1))
        desk.want(desk.momentum, 200)
        assert desk.momentum.batches == [
            [TickRequestParameters(200, 0.01), MarketDataType(200, 3), tick(200, 2.0), tick(200, 3.0, 1)]
        ]

    @pytest.mark.parametrize(
        "other",
        [
            {"generic_ticks": "233"},
            {"contract": Stock("IBM", "NYSE", contract_id=8314)},
            {"contract": Stock("BAC")},
        ],
    )
    def test_requests_that_differ_have_lines_of_their_own(self, desk, other):
        desk.want(desk.cross, 100)
        desk.want(desk.momentum, 200, **other)
        assert [request.request_id for request in desk.bridge.sent] == [100, 200]

    def test_combinations_are_shared_too(self, desk):
        legs = (
            ComboLeg(contract_id=1, ratio=1, action="BUY"),
            ComboLeg(contract_id=2, ratio=1, action="SELL"),
        )
        for mail, request_id in ((desk.cross, 100), (desk.momentum, 200)):
            desk.want(mail, request_id, Bag("IBM", combo_legs=legs))
        assert len(desk.bridge.sent) == 1

    def test_snapshots_are_not(self, desk):
        desk.want(desk.cross, 100, snapshot=True)
        desk.want(desk.momentum, 200, snapshot=True)
        assert len(desk.bridge.sent) == 2

    def test_an_actor_that_is_gone_already_disturbs_nobody(self, desk):
        desk.want(desk.cross, 100)
        desk.tick(tick(100))
        desk.momentum.alive = False
        desk.want(desk.momentum, 200)
        desk.wait(1)
        desk.wait(100)
        assert len(desk.cross.of(MarketDataStale)) == 1


class TestCancelling:
    def test_the_line_lives_as_long_as_somebody_wants_it(self, desk):
        desk.want(desk.cross, 100)
        desk.want(desk.momentum, 200)
        desk.bridge.clear()
        desk.cancel(desk.cross, 100)
        assert desk.bridge.sent == []
        assert desk.router.of(Unsubscribe) == [Unsubscribe(desk.cross, 100)]
        desk.cancel(desk.momentum, 200)
        assert desk.bridge.sent == [CancelMarketData(100)]

    def test_cancelling_twice_does_not_end_the_line_of_others(self, desk):
        """The line at the bridge has the id of the actor that wanted it first, and left."""
        desk.want(desk.cross, 100)
        desk.want(desk.momentum, 200)
        desk.bridge.clear()
        desk.cancel(desk.cross, 100)
        desk.cancel(desk.cross, 100)
        assert desk.bridge.sent == []

    def test_nobody_can_cancel_for_another(self, desk, log):
        desk.want(desk.cross, 100)
        desk.bridge.clear()
        desk.cancel(desk.momentum, 100)
        assert desk.bridge.sent == []
        assert desk.router.of(Unsubscribe) == []
        assert any("another's" in line for line in log.items)

    def test_a_snapshot_is_cancelled_at_the_bridge(self, desk):
        desk.want(desk.cross, 100, snapshot=True)
        desk.cancel(desk.cross, 100)
        assert desk.bridge.sent[-1] == CancelMarketData(100)

    def test_the_end_of_an_actor_ends_what_it_alone_wanted(self, desk):
        desk.want(desk.cross, 100)
        desk.want(desk.cross, 101, Stock("BAC"))
        desk.want(desk.momentum, 200)
        desk.bridge.clear()
        desk.actor.receive(Release(desk.cross, "cross"))
        assert desk.bridge.sent == [CancelMarketData(101)]

    def test_stop_ends_every_line(self, desk):
        desk.want(desk.cross, 100)
        desk.want(desk.momentum, 200, Stock("BAC"))
        desk.bridge.clear()
        desk.actor.stop()
        assert desk.bridge.sent == [CancelMarketData(100), CancelMarketData(200)]
        assert not desk.actor.still_running

    def test_after_a_while_nothing_is_kept_of_lines_that_ended(self, desk):
        for request_id in range(100, 200):
            desk.want(desk.cross, request_id)
            desk.cancel(desk.cross, request_id)
        assert (desk.actor._lines, desk.actor._line_of, desk.actor._line_of_id) == ({}, {}, {})


class TestTrouble:
    def test_an_error_ends_the_line_so_that_it_can_be_wanted_again(self, desk):
        desk.want(desk.cross, 100)
        desk.actor.handle([Notice(100, code=354, text="not subscribed")])
        desk.want(desk.momentum, 200)
        assert [request.request_id for request in desk.bridge.sent] == [100, 200]

    def test_a_warning_does_not(self, desk):
        desk.want(desk.cross, 100)
        desk.actor.handle([Notice(100, code=10167, text="delayed")])
        desk.want(desk.momentum, 200)
        assert len(desk.bridge.sent) == 1

    def test_a_line_that_can_t_be_asked_for_is_no_line(self, desk):
        desk.want(desk.cross, 100)
        desk.actor.handle([RequestFailed(100, "unsupported", desk.bridge.sent[0])])
        desk.want(desk.momentum, 200)
        assert [request.request_id for request in desk.bridge.sent] == [100, 200]

    def test_a_contract_whose_data_are_another_s_has_no_line(self, desk):
        """The bridge says so to whoever asks, and says no more; nor is it asked again on a new connection."""
        desk.want(desk.cross, 100)
        desk.actor.handle([RerouteMarketData(100, 265598, "SMART"), RerouteMarketData(7, 265598, "SMART")])
        desk.want(desk.momentum, 200)
        assert [request.request_id for request in desk.bridge.sent] == [100, 200]
        desk.actor.handle([RerouteMarketData(200, 265598, "SMART"), LOST, FOUND])
        assert len(desk.bridge.sent) == 2

    def test_a_new_connection_gets_every_line_once_after_the_type_of_data(self, desk):
        desk.actor.receive(Ask(desk.cross, "cross", MarketDataTypeRequest(3)))
        desk.want(desk.cross, 100)
        desk.actor.handle([LOST])
        desk.want(desk.momentum, 200, Stock("BAC"))  # while there is no connection
        desk.bridge.clear()
        desk.actor.handle([FOUND])
        assert [getattr(request, "request_id", "type") for request in desk.bridge.sent] == ["type", 100, 200]

    def test_values_of_before_a_lost_connection_are_told_to_nobody_behind_it(self, desk):
        desk.want(desk.cross, 100)
        desk.tick(tick(100))
        desk.actor.handle([LOST])
        desk.want(desk.momentum, 200)
        desk.actor.handle([FOUND])
        desk.want(desk.momentum, 201)
        assert desk.momentum.messages == []

    def test_the_first_connection_makes_no_line_twice(self, desk):
        desk.want(desk.cross, 100)
        desk.actor.handle([ConnectionChanged(ConnectionState.CONNECTED, 1)])
        assert len(desk.bridge.sent) == 1

    @pytest.mark.parametrize(("code", "requests"), [(1101, 2), (1102, 1), (1100, 1)])
    def test_only_1101_makes_lines_again(self, desk, code, requests):
        desk.want(desk.cross, 100)
        desk.actor.handle([Notice(-1, code=code, text="")])
        assert len(desk.bridge.sent) == requests

    def test_old_values_are_not_served_after_a_loss(self, desk):
        desk.want(desk.cross, 100)
        desk.tick(tick(100))
        desk.actor.handle([LOST, FOUND])
        desk.want(desk.momentum, 200)
        assert desk.momentum.messages == []


class TestStaleness:
    def test_a_line_that_falls_silent_is_reported_once_until_it_lives_again(self, desk):
        desk.want(desk.cross, 100)
        desk.tick(tick(100))
        for _ in range(4):
            desk.wait(61)
        assert desk.cross.of(MarketDataStale) == [MarketDataStale(100, 61.0)]
        desk.tick(tick(100))
        for _ in range(4):
            desk.wait(61)
        assert len(desk.cross.of(MarketDataStale)) == 2

    def test_a_line_whose_values_come_again_and_again_is_not_stale(self, desk):
        """Two equal ticks are two ticks."""
        desk.want(desk.cross, 100)
        for _ in range(10):
            desk.tick(tick(100))
            desk.wait(30)
        assert desk.cross.of(MarketDataStale) == []

    def test_without_a_connection_no_line_is_stale(self, desk):
        desk.want(desk.cross, 100)
        desk.tick(tick(100))
        desk.wait(1)
        desk.actor.handle([LOST])
        desk.wait(61)
        assert desk.cross.of(MarketDataStale) == []

    def test_a_line_that_never_had_a_tick_is_not_stale(self, desk):
        desk.want(desk.cross, 100)
        desk.wait(61)
        desk.wait(61)
        assert desk.cross.messages == []
