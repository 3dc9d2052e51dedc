"""What a `ClientApplication` asks without a request id, when the bridge refuses it."""

from __future__ import annotations

import pytest

from ibkr_actors.base.local_messages import ConnectionState, RequestFailed
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.financial_advisors import (
    FinancialAdvisorConfiguration,
    FinancialAdvisorRequest,
)
from ibkr_actors.base.messages.market_data import MarketDataTypeRequest
from ibkr_actors.errors import ConnectionLost
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.scripted_bridge import ScriptedBridge
from tests.client_applications import Noting

REFUSAL = Notice(-1, code=321, text="not an advisor")


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        bridge.answers[FinancialAdvisorRequest] = lambda _asked: [REFUSAL]
        yield bridge


def test_a_refusal_that_names_no_request_is_told_as_the_end_of_the_only_one_it_can_mean(bridge):
    app = Noting(
        bridge,
        at_start=lambda app: app.request_financial_advisor(1),
        until=lambda app: app.of(RequestFailed),
    )
    app.run()

    told = [message for message in app.noted if isinstance(message, Notice | RequestFailed)]
    asked = bridge.requests.wait_for(FinancialAdvisorRequest)
    assert told == [REFUSAL, RequestFailed(-1, "the bridge refused it: 321 not an advisor", asked)]


def test_what_was_refused_is_not_told_again_when_the_connection_is_lost(bridge):
    app = Noting(
        bridge,
        at_start=lambda app: app.request_financial_advisor(1),
        each_time=lambda app: app.of(RequestFailed) and bridge.hang_up(),
    )
    with pytest.raises(ConnectionLost):
        app.run()

    assert len(app.of(RequestFailed)) == 1


def test_the_refusal_of_a_setting_ends_no_question(bridge):
    bridge.answers[MarketDataTypeRequest] = lambda _asked: [REFUSAL]
    bridge.answers[FinancialAdvisorRequest] = lambda _asked: [FinancialAdvisorConfiguration(1, "mine")]

    def ask(app):
        app.request_market_data_type(9)
        app.request_financial_advisor(1)

    app = Noting(bridge, at_start=ask, until=lambda app: app.of(FinancialAdvisorConfiguration))
    app.run()

    assert app.of(Notice) == [REFUSAL]
    assert app.of(RequestFailed) == []


def test_nor_does_that_of_one_which_a_new_connection_is_asked_again(bridge):
    bridge.answers[MarketDataTypeRequest] = lambda _asked: [REFUSAL] if bridge.connections == 2 else []
    bridge.answers[FinancialAdvisorRequest] = lambda _asked: [FinancialAdvisorConfiguration(1, "mine")]

    class Asking(Noting):
        def connection_changed(self, change):
            if change.state is ConnectionState.CONNECTED and change.epoch == 2:
                self.request_financial_advisor(1)

    def start(app):
        app.request_market_data_type(3)
        bridge.requests.wait_for(MarketDataTypeRequest)
        bridge.hang_up()

    app = Asking(
        bridge, at_start=start, until=lambda app: app.of(FinancialAdvisorConfiguration), reconnect=True
    )
    app.run()

    assert app.of(Notice) == [REFUSAL]
    assert app.of(RequestFailed) == []


@pytest.mark.parametrize("version", [157, 226])
def test_a_gateway_without_advisors_refuses_at_once(version):
    with Server(Options(), server_version=version) as gateway:
        app = Noting(
            gateway,
            at_start=lambda app: app.request_financial_advisor(1),
            until=lambda app: app.of(RequestFailed),
        )
        app.run()

    (failed,) = app.of(RequestFailed)
    assert failed.request.data_type == 1
    assert "321" in failed.reason
