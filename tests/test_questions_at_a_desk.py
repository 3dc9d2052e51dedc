"""What strategies ask without a request id, at a desk with the simulated gateway: accounts, and what is refused."""

from __future__ import annotations

import pytest

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.messages.accounts import AccountDownloadEnd, AccountValue
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.helpers import Record


@pytest.fixture
def desk():
    with Server(Options(accounts=("DU1", "DU2"))) as server:
        yield MultiClientApplication("127.0.0.1", server.port, client_id=7)


def asking(record, ask):
    """A strategy that asks when it starts, and records what it hears."""

    class Asking(StrategyActor):
        def initialize(self):
            ask(self)

        def handle(self, messages):
            for message in messages:
                record.add(message)

    return Asking


def test_account_updates_are_those_of_the_account_that_a_strategy_names(desk):
    record = Record()
    desk.register(asking(record, lambda self: self.request_account_updates(True, "DU2")), code="second")

    with desk:
        assert record.wait_for(AccountDownloadEnd).account == "DU2"

        assert {value.account for value in record.of(AccountValue)} == {"DU2"}
        assert desk.status().accounts.account == "DU2"


def test_an_account_that_the_login_has_not_is_refused_at_once(desk):
    record = Record()
    desk.register(asking(record, lambda self: self.request_account_updates(True, "DU9")), code="ninth")

    with desk:
        assert "321" in record.wait_for(RequestFailed).reason


def test_a_refusal_that_names_no_request_reaches_the_only_one_who_asked(desk):
    record, other = Record(), Record()
    desk.register(asking(record, lambda self: self.request_financial_advisor(1)), code="advisor")
    desk.register(asking(other, lambda _self: None), code="other")

    with desk:
        failure = record.wait_for(RequestFailed)

    assert failure.request.data_type == 1
    assert "321" in failure.reason
    assert 321 not in {notice.code for notice in other.of(Notice)}
