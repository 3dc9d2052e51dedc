"""One subscription to bulletins for all who want it, and each bulletin to each of them once."""

from __future__ import annotations

import pytest

from ibkr_actors.actors import bulletins
from ibkr_actors.actors.bulletins import BulletinsActor
from ibkr_actors.actors.messages import Ask, Release, SubscribeTypes
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState
from ibkr_actors.base.messages.news import CancelNewsBulletins, NewsBulletin, NewsBulletinsRequest
from tests.actors.helpers import FakeMail

FIRST, SECOND = NewsBulletin(1, 1, "the exchange is closed"), NewsBulletin(2, 1, "it is open again")
NEW_ONES, ALL = NewsBulletinsRequest(False), NewsBulletinsRequest(True)


class Arrangement:
    def __init__(self):
        self.bridge, self.router = FakeMail("bridge"), FakeMail("router")
        self.actor = BulletinsActor(self.bridge, self.router)
        self.actor.run_behind(FakeMail("bulletins"))
        self.cross, self.momentum = FakeMail("cross"), FakeMail("momentum")

    def want(self, mail, *, all_messages=False):
        self.actor.receive(Ask(mail, "code", NewsBulletinsRequest(all_messages)))

    def cancel(self, mail):
        self.actor.receive(Ask(mail, "code", CancelNewsBulletins()))

    def hear(self, *messages):
        self.actor.handle(messages)


@pytest.fixture
def desk():
    return Arrangement()


def test_bulletins_are_asked_of_the_router_by_their_type(desk):
    desk.actor.initialize()

    assert desk.router.told == [SubscribeTypes(desk.actor.mail, (NewsBulletin,))]


def test_two_actors_need_one_subscription_and_both_hear(desk):
    desk.want(desk.cross)
    desk.want(desk.momentum)
    desk.hear(FIRST)

    assert desk.bridge.sent == [NEW_ONES]
    assert desk.cross.messages == desk.momentum.messages == [FIRST]


def test_one_that_the_bridge_repeats_is_told_once(desk):
    desk.want(desk.cross)
    desk.hear(FIRST, SECOND, FIRST)

    assert desk.cross.messages == [FIRST, SECOND]


def test_an_id_of_yesterday_with_another_text_is_a_new_bulletin(desk):
    desk.want(desk.cross)
    desk.hear(FIRST, NewsBulletin(1, 1, "another day"))

    assert len(desk.cross.messages) == 2


def test_who_asks_for_all_of_the_day_gets_what_is_known_and_the_bridge_is_asked_for_the_rest(desk):
    desk.want(desk.cross)
    desk.hear(SECOND)
    desk.want(desk.momentum, all_messages=True)
    desk.hear(FIRST, SECOND)

    assert desk.bridge.sent == [NEW_ONES, ALL]
    assert desk.momentum.messages == [SECOND, FIRST]
    assert desk.cross.messages == [SECOND, FIRST]


def test_all_of_the_day_is_asked_for_once(desk):
    desk.want(desk.cross, all_messages=True)
    desk.want(desk.momentum, all_messages=True)

    assert desk.bridge.sent == [ALL]


@pytest.mark.parametrize(
    "leave", [lambda desk: desk.cancel, lambda desk: lambda mail: desk.actor.receive(Release(mail, "code"))]
)
def test_the_subscription_ends_with_the_last_who_wants_it(desk, leave):
    desk.want(desk.cross)
    desk.want(desk.momentum)

    leave(desk)(desk.cross)
    desk.hear(FIRST)
    assert (desk.bridge.sent, desk.cross.messages, desk.momentum.messages) == ([NEW_ONES], [], [FIRST])

    leave(desk)(desk.momentum)
    assert desk.bridge.sent == [NEW_ONES, CancelNewsBulletins()]


def test_who_never_asked_ends_nothing(desk):
    desk.want(desk.cross)
    desk.cancel(desk.momentum)

    assert desk.bridge.sent == [NEW_ONES]


def test_a_new_subscription_begins_with_nothing_known(desk):
    desk.want(desk.cross, all_messages=True)
    desk.hear(FIRST)
    desk.cancel(desk.cross)
    desk.want(desk.cross, all_messages=True)
    desk.hear(FIRST)

    assert desk.bridge.sent == [ALL, CancelNewsBulletins(), ALL]
    assert desk.cross.messages == [FIRST, FIRST]


def test_a_new_connection_is_asked_for_what_was_missed(desk):
    desk.want(desk.cross)
    desk.hear(FIRST)
    desk.hear(ConnectionChanged(ConnectionState.CONNECTED, 2), FIRST, SECOND)

    assert desk.bridge.sent == [NEW_ONES, ALL]
    assert desk.cross.messages == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("state", "epoch"), [(ConnectionState.CONNECTED, 1), (ConnectionState.LOST, 2)], ids=["first", "lost"]
)
def test_nothing_is_asked_again_before_a_new_connection(desk, state, epoch):
    desk.want(desk.cross)
    desk.hear(ConnectionChanged(state, epoch))

    assert desk.bridge.sent == [NEW_ONES]


def test_nobody_s_bulletins_are_not_asked_for_again(desk):
    desk.want(desk.cross)
    desk.cancel(desk.cross)
    desk.hear(ConnectionChanged(ConnectionState.CONNECTED, 2))

    assert desk.bridge.sent == [NEW_ONES, CancelNewsBulletins()]


def test_the_oldest_are_forgotten_beyond_a_bound(desk, monkeypatch):
    monkeypatch.setattr(bulletins, "MOST_KEPT", 2)
    desk.want(desk.cross)
    desk.hear(FIRST, SECOND, NewsBulletin(3, 1, "a third"))
    desk.want(desk.momentum, all_messages=True)

    assert [bulletin.bulletin_id for bulletin in desk.momentum.messages] == [2, 3]


def test_stopping_ends_the_subscription(desk):
    desk.want(desk.cross)
    desk.actor.stop()

    assert desk.bridge.sent == [NEW_ONES, CancelNewsBulletins()]
    assert not desk.actor.still_running
