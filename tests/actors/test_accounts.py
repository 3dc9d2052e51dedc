"""Account values, positions, profit and loss: one subscription, whoever wants them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.actors.accounts import AccountsActor, AccountState
from ibkr_actors.actors.messages import Ask, Release
from ibkr_actors.base.local_messages import LOCAL, ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountDownloadEnd,
    AccountUpdateTime,
    AccountValue,
    CancelPositions,
    CancelProfitAndLoss,
    PortfolioValue,
    Position,
    PositionEnd,
    PositionsRequest,
    ProfitAndLoss,
    ProfitAndLossRequest,
)
from ibkr_actors.base.messages.connection import ManagedAccounts, Notice
from tests.actors.helpers import FakeMail, ibm


def connected(epoch=1):
    return ConnectionChanged(ConnectionState.CONNECTED, epoch)


LOST = ConnectionChanged(ConnectionState.LOST, 1)
CASH = AccountValue("Cash", "100", "USD", "DU1")
HELD = Position("DU1", ibm(), Decimal(100), 10.0)


@pytest.fixture
def bridge():
    return FakeMail("bridge")


@pytest.fixture
def accounts(bridge):
    actor = AccountsActor(bridge, FakeMail("router"), iter(range(500, 600)).__next__)
    actor.run_behind(FakeMail("accounts"))
    actor.handle([ManagedAccounts("DU1,DU2"), connected()])
    return actor


def ask(accounts, mail, request):
    accounts.receive(Ask(mail, "code", request))


def kinds(mail):
    return [type(request) for request in mail.sent]


def test_everything_is_subscribed_to_once_there_is_a_connection(accounts, bridge):
    assert kinds(bridge) == [AccountDataRequest, PositionsRequest, ProfitAndLossRequest]
    accounts.handle([ManagedAccounts("DU1,DU2"), connected()])
    assert len(bridge.sent) == 3


def test_an_actor_gets_what_is_known_then_the_changes(accounts):
    cross, end = FakeMail(), PositionEnd()
    accounts.handle([HELD, end, CASH])
    ask(accounts, cross, PositionsRequest())
    accounts.handle([Position("DU1", ibm(), Decimal(50), 10.0)])
    assert cross.messages == [HELD, end, Position("DU1", ibm(), Decimal(50), 10.0)]


def test_one_actor_s_cancellation_does_not_end_another_s_data(accounts, bridge):
    cross, momentum = FakeMail(), FakeMail()
    for mail in (cross, momentum):
        ask(accounts, mail, AccountDataRequest(True, "DU1"))
    bridge.clear()
    ask(accounts, cross, AccountDataRequest(False, "DU1"))
    accounts.handle([CASH, AccountDownloadEnd("DU1")])
    assert cross.messages == []
    assert momentum.messages == [CASH, AccountDownloadEnd("DU1")]
    assert bridge.sent == []


def test_an_actor_that_is_gone_is_left_out(accounts):
    cross, momentum = FakeMail(), FakeMail()
    for mail in (cross, momentum):
        ask(accounts, mail, PositionsRequest())
    cross.alive = False
    accounts.handle([HELD])
    accounts.receive(Release(cross, "cross"))
    ask(accounts, cross, AccountDataRequest(True, "DU1"))
    assert momentum.messages == [HELD]


def test_a_closed_position_is_gone(accounts):
    accounts.handle([HELD, Position("DU1", ibm(), Decimal(0), 0.0)])
    assert accounts.receive("state").positions == {}


def test_what_a_contract_was_worth_stays_known_when_it_is_closed(accounts):
    held = PortfolioValue(ibm(), Decimal(100), market_value=18_725.0, account="DU1")
    closed = PortfolioValue(ibm(), Decimal(0), account="DU1")
    accounts.handle([held, closed])
    state = accounts.state.copy()
    key = "DU1", ibm().contract_id
    assert (state.portfolio[key], state.held[key]) == (closed, held)


def test_the_state_that_is_given_away_does_not_change_any_more(accounts):
    state = accounts.receive("state")
    accounts.handle([HELD, ProfitAndLoss(500, 1.0)])
    assert state.positions == {}
    assert accounts.receive("state").profit_and_loss == ProfitAndLoss(500, 1.0)


def test_after_a_lost_connection_all_is_subscribed_to_again(accounts, bridge):
    accounts.handle([HELD])
    bridge.clear()
    accounts.handle([LOST, ManagedAccounts("DU1,DU2")])
    assert bridge.sent == []  # there is no connection yet that could take it
    accounts.handle([connected(2)])
    assert kinds(bridge)[:2] == [AccountDataRequest, PositionsRequest]
    assert accounts.receive("state").positions == {}  # what was closed meanwhile would stay for ever


@pytest.mark.parametrize(("code", "again"), [(1101, True), (1102, False)])
def test_when_the_bridge_lost_the_data_it_is_asked_again(accounts, bridge, code, again):
    bridge.clear()
    accounts.handle([Notice(-1, code=code, text="")])
    assert (PositionsRequest in kinds(bridge)) is again


class TestWhatWasLost:
    DATA_LOST = Notice(-1, code=1101, text="data lost")

    @pytest.fixture
    def accounts(self, accounts):
        accounts.handle([HELD, PositionEnd(), CASH, AccountUpdateTime("10:00"), AccountDownloadEnd("DU1")])
        return accounts

    @pytest.mark.parametrize(
        ("before", "behind"),
        [
            ([LOST], [connected(2)]),
            ([LOST, ManagedAccounts("DU1,DU2"), connected(2)], []),
            ([DATA_LOST], []),
        ],
        ids=["lost", "connected again", "data lost"],
    )
    @pytest.mark.parametrize(
        ("request_of", "answer"),
        [
            (PositionsRequest(), [HELD, PositionEnd()]),
            (AccountDataRequest(True, "DU1"), [CASH, AccountUpdateTime("10:01"), AccountDownloadEnd("DU1")]),
        ],
    )
    def test_is_told_to_nobody_nor_its_end(self, accounts, before, behind, request_of, answer):
        """A lone end says that nothing is held."""
        cross = FakeMail()

        accounts.handle(before)
        ask(accounts, cross, request_of)
        accounts.handle(behind)
        assert cross.messages == []

        accounts.handle(answer)
        assert cross.messages == answer

    def test_is_in_the_state_until_something_newer_can_be_had(self, accounts):
        accounts.handle([ProfitAndLoss(500, 1.0), LOST])
        assert list(accounts.receive("state").positions.values()) == [HELD]

        accounts.handle([connected(2)])
        assert accounts.receive("state") == AccountState(("DU1", "DU2"), "DU1")

    def test_is_not_missed_by_who_asks_while_the_answer_comes(self, accounts):
        cross, other = FakeMail(), Position("DU2", ibm(), Decimal(7), 10.0)
        accounts.handle([LOST, connected(2), HELD])
        ask(accounts, cross, PositionsRequest())
        accounts.handle([other, PositionEnd()])
        assert cross.messages == [HELD, other, PositionEnd()]


def test_stop_ends_every_subscription(accounts, bridge):
    bridge.clear()
    accounts.stop()
    assert bridge.sent == [AccountDataRequest(False, "DU1"), CancelPositions(), CancelProfitAndLoss(500)]


POSITIONS, ACCOUNT = PositionsRequest(), AccountDataRequest(True, "DU1")


class TestWhatTheBridgeDoesNotTell:
    @pytest.mark.parametrize("wanted", [POSITIONS, ACCOUNT])
    def test_fails_for_those_who_wait_and_is_asked_for_again_for_the_next(self, accounts, bridge, wanted):
        cross, momentum = FakeMail(), FakeMail()
        ask(accounts, cross, wanted)
        accounts.handle([HELD, CASH])
        bridge.clear()

        accounts.handle([RequestFailed(LOCAL, "no end came", wanted)])
        assert [(each.reason, each.request) for each in cross.of(RequestFailed)] == [("no end came", wanted)]
        assert bridge.sent == []

        ask(accounts, momentum, wanted)
        ask(accounts, cross, wanted)
        assert bridge.sent == [wanted]
        assert momentum.messages == []

    @pytest.mark.parametrize(
        ("wanted", "answer"),
        [(POSITIONS, [HELD, PositionEnd()]), (ACCOUNT, [CASH, AccountDownloadEnd("DU1")])],
    )
    def test_but_tells_late_is_known_to_who_asks_then(self, accounts, bridge, wanted, answer):
        cross = FakeMail()
        bridge.clear()

        accounts.handle([RequestFailed(LOCAL, "no end came", wanted), *answer])
        ask(accounts, cross, wanted)

        assert cross.messages == answer
        assert bridge.sent == []

    @pytest.mark.parametrize(
        ("wanted", "answer"), [(POSITIONS, PositionEnd()), (ACCOUNT, AccountDownloadEnd("DU1"))]
    )
    def test_twice_fails_for_nobody_who_was_told_once(self, accounts, bridge, wanted, answer):
        """It was asked twice, before and behind code 1101."""
        cross = FakeMail()
        ask(accounts, cross, wanted)
        accounts.handle([answer, RequestFailed(LOCAL, "no end came", wanted)])
        assert cross.messages == [answer]

    def test_any_more_because_another_account_was_asked_for_fails_for_those_who_follow(
        self, accounts, bridge
    ):
        cross, momentum = FakeMail(), FakeMail()
        ask(accounts, cross, ACCOUNT)
        accounts.handle([CASH, AccountDownloadEnd("DU1")])
        bridge.clear()

        accounts.handle([Notice(-1, code=2100, text="unsubscribed")])
        assert "the bridge ended it: 2100 unsubscribed" in cross.messages[-1].reason
        assert accounts.receive("state").values == {}

        ask(accounts, momentum, ACCOUNT)
        assert momentum.messages == []
        assert bridge.sent == [ACCOUNT]

    def test_because_the_desk_itself_asked_for_another_account_fails_for_nobody(self, accounts):
        cross = FakeMail()
        accounts.handle([CASH, AccountDownloadEnd("DU1")])
        ask(accounts, cross, AccountDataRequest(True, "DU2"))
        accounts.handle([Notice(-1, code=2100, text="unsubscribed"), AccountDownloadEnd("DU2")])
        assert cross.messages == [AccountDownloadEnd("DU2")]

    @pytest.mark.parametrize(
        "refusal",
        [
            Notice(500, code=321, text="no such account"),
            RequestFailed(500, "unsupported", ProfitAndLossRequest("DU1", request_id=500)),
        ],
    )
    def test_of_profit_and_loss_is_asked_for_again_on_the_next_connection(self, accounts, bridge, refusal):
        accounts.handle([refusal])
        bridge.clear()
        accounts.handle([LOST, connected(2)])
        assert ProfitAndLossRequest("DU1", request_id=501) in bridge.sent


class TestTheAccountThatAnActorNames:
    def test_is_the_one_that_is_followed_from_then_on(self, accounts, bridge):
        accounts.handle([CASH])
        cross = FakeMail()
        bridge.clear()

        ask(accounts, cross, AccountDataRequest(True, "DU2"))
        other = AccountValue("Cash", "7", "USD", "DU2")
        accounts.handle([CASH, other, AccountDownloadEnd("DU1"), AccountDownloadEnd("DU2")])

        assert bridge.sent == [AccountDataRequest(True, "DU2")]
        assert cross.messages == [other, AccountDownloadEnd("DU2")]
        state = accounts.receive("state")
        assert (state.account, list(state.values.values())) == ("DU2", [other])

    def test_can_t_be_another_than_that_of_those_who_follow_one(self, accounts, bridge):
        cross, momentum = FakeMail(), FakeMail()
        accounts.receive(Ask(cross, "cross", AccountDataRequest(True)))
        bridge.clear()

        ask(accounts, momentum, AccountDataRequest(True, "DU2"))

        (failure,) = momentum.messages
        assert failure.request == AccountDataRequest(True, "DU2")
        assert "cross follows account DU1" in failure.reason
        assert "request_account_updates_multi" in failure.reason
        assert bridge.sent == cross.messages == []

    def test_can_be_another_when_nobody_follows_the_first_any_more(self, accounts, bridge):
        cross, momentum = FakeMail(), FakeMail()
        ask(accounts, cross, AccountDataRequest(True, "DU1"))
        ask(accounts, cross, AccountDataRequest(False, "DU1"))
        bridge.clear()

        ask(accounts, momentum, AccountDataRequest(True, "DU2"))

        assert bridge.sent == [AccountDataRequest(True, "DU2")]

    @pytest.mark.parametrize(
        "refusal",
        [
            RequestFailed(
                -1, "the bridge refused it: 321 Invalid account code", AccountDataRequest(True, "DU9")
            ),
            Notice(-1, code=2101, text="another client"),
        ],
    )
    def test_is_told_to_be_refused_and_the_first_is_followed_again(self, accounts, bridge, refusal):
        cross = FakeMail()
        ask(accounts, cross, AccountDataRequest(True, "DU9"))
        bridge.clear()

        accounts.handle([refusal, CASH])

        (failure,) = cross.messages
        assert "the bridge refused it" in failure.reason
        assert bridge.sent == [AccountDataRequest(True, "DU1")]
        assert list(accounts.receive("state").values.values()) == [CASH]

    def test_is_asked_for_again_after_a_lost_connection(self, accounts, bridge):
        """What the loss left without an answer is no refusal."""
        cross = FakeMail()
        ask(accounts, cross, AccountDataRequest(True, "DU2"))
        bridge.clear()

        failure = RequestFailed(-1, "the connection was lost", AccountDataRequest(True, "DU2"))
        accounts.handle([LOST, failure, ManagedAccounts("DU1,DU2"), connected(2)])

        assert bridge.sent[0] == AccountDataRequest(True, "DU2")
        assert cross.messages == []
