"""One subscription for each different scan, and the parameters once."""

from __future__ import annotations

import pytest

from ibkr_actors.actors.messages import Ask, AwaitAnswer, Release, Subscribe, Unsubscribe
from ibkr_actors.actors.scanners import ScannersActor
from ibkr_actors.base.local_messages import LOCAL, ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.scanners import (
    CancelScannerSubscription,
    ScannerData,
    ScannerParameters,
    ScannerParametersRequest,
    ScannerSubscriptionRequest,
)
from ibkr_actors.classes.scanner import Scanner
from tests.actors.helpers import FakeMail


class Arrangement:
    def __init__(self):
        self.bridge, self.router = FakeMail("bridge"), FakeMail("router")
        self.actor = ScannersActor(self.bridge, self.router)
        self.actor.run_behind(FakeMail("scanners"))
        self.cross, self.momentum = FakeMail("cross"), FakeMail("momentum")

    def want(self, mail, request_id, code="HOT_BY_VOLUME"):
        request = ScannerSubscriptionRequest(Scanner(scan_code=code), request_id=request_id)
        self.actor.receive(Ask(mail, "code", request))

    def cancel(self, mail, request_id):
        self.actor.receive(Ask(mail, "code", CancelScannerSubscription(request_id)))


@pytest.fixture
def desk():
    return Arrangement()


def test_two_actors_with_the_same_scan_need_one_subscription(desk):
    desk.want(desk.cross, 100)
    desk.want(desk.momentum, 200)
    desk.want(desk.momentum, 201, "TOP_PERC_GAIN")
    assert [request.request_id for request in desk.bridge.sent] == [100, 201]
    assert Subscribe(desk.momentum, desk.bridge.sent[0], 100, 200) in desk.router.told


def test_who_comes_later_gets_the_last_result_under_its_own_id(desk):
    desk.want(desk.cross, 100)
    desk.actor.handle([ScannerData(100)])
    desk.want(desk.momentum, 200)
    assert desk.momentum.messages == [ScannerData(200)]


def test_the_scan_lives_as_long_as_somebody_wants_it(desk):
    desk.want(desk.cross, 100)
    desk.want(desk.momentum, 200)
    desk.cancel(desk.cross, 100)
    desk.cancel(desk.cross, 100)
    desk.cancel(desk.cross, 200)  # another's
    assert len(desk.bridge.sent) == 1
    desk.actor.receive(Release(desk.momentum, "momentum"))
    assert desk.bridge.sent[-1] == CancelScannerSubscription(100)
    assert Unsubscribe(desk.momentum, 200) in desk.router.told


def test_results_are_kept_after_the_first_actor_has_left(desk):
    """The scan at the bridge goes on under that actor's id."""
    desk.want(desk.cross, 100)
    desk.want(desk.momentum, 200)
    desk.cancel(desk.cross, 100)
    desk.actor.handle([ScannerData(100)])
    desk.want(desk.cross, 300)
    assert desk.cross.messages == [ScannerData(300)]
    desk.actor.handle([Notice(100, code=162, text="ended")])
    desk.want(desk.cross, 400)
    assert desk.bridge.sent[-1].request_id == 400


def test_parameters_are_asked_for_once_and_told_to_all(desk):
    for mail in (desk.cross, desk.momentum):
        desk.actor.receive(Ask(mail, "code", ScannerParametersRequest()))
    assert len(desk.bridge.sent) == 1
    desk.cross.alive = False
    desk.actor.handle([ScannerParameters("<xml/>")])
    assert desk.momentum.messages == [ScannerParameters("<xml/>")]
    late = FakeMail()
    desk.actor.receive(Ask(late, "code", ScannerParametersRequest()))
    assert late.messages == [ScannerParameters("<xml/>")]
    assert len(desk.bridge.sent) == 1


def test_parameters_that_do_not_come_fail_for_all_who_wait_and_can_be_asked_for_again(desk):
    for mail in (desk.cross, desk.momentum):
        desk.actor.receive(Ask(mail, "code", ScannerParametersRequest()))
    assert desk.router.of(AwaitAnswer) == [AwaitAnswer(desk.actor.mail, ScannerParametersRequest())]
    failure = RequestFailed(LOCAL, "no ScannerParameters came", ScannerParametersRequest())
    desk.actor.handle([failure])
    assert desk.cross.messages == desk.momentum.messages == [failure]
    desk.actor.receive(Ask(desk.momentum, "code", ScannerParametersRequest()))
    desk.actor.handle([ScannerParameters("<xml/>")])
    assert desk.bridge.sent == [ScannerParametersRequest()] * 2
    assert desk.cross.messages == [failure]
    assert desk.momentum.messages == [failure, ScannerParameters("<xml/>")]


def test_a_scan_that_can_t_be_asked_for_is_shared_by_nobody(desk):
    desk.want(desk.cross, 100)
    cancelled = CancelScannerSubscription(100)
    desk.actor.handle([RequestFailed(100, "no connection", cancelled)])
    desk.want(desk.momentum, 200)
    assert len(desk.bridge.sent) == 1
    desk.actor.handle([RequestFailed(100, "a value that can't be written", desk.bridge.sent[0])])
    desk.want(desk.momentum, 300)
    assert [request.request_id for request in desk.bridge.sent] == [100, 300]


def test_a_new_connection_gets_every_scan_again(desk):
    desk.want(desk.cross, 100)
    for epoch, requests in ((1, 1), (2, 2)):
        desk.actor.handle([ConnectionChanged(ConnectionState.CONNECTED, epoch)])
        assert len(desk.bridge.sent) == requests


def test_a_scan_that_is_wanted_while_there_is_no_connection_is_asked_for_once(desk):
    """The bridge refuses a second request with the same id."""
    desk.actor.handle([ConnectionChanged(ConnectionState.LOST, 1)])
    desk.want(desk.cross, 100)
    assert desk.bridge.sent == []
    desk.actor.handle([ConnectionChanged(ConnectionState.CONNECTED, 2)])
    assert [request.request_id for request in desk.bridge.sent] == [100]


def test_a_result_of_before_a_lost_connection_is_told_to_nobody_behind_it(desk):
    desk.want(desk.cross, 100)
    desk.actor.handle([ScannerData(100)])
    desk.actor.handle([ConnectionChanged(ConnectionState.LOST, 1)])
    desk.want(desk.momentum, 200)
    desk.actor.handle([ConnectionChanged(ConnectionState.CONNECTED, 2)])
    desk.want(desk.momentum, 201)
    assert desk.momentum.messages == []


def test_stop_ends_every_scan(desk):
    desk.want(desk.cross, 100)
    desk.actor.stop()
    assert desk.bridge.sent[-1] == CancelScannerSubscription(100)
