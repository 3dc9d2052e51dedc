"""What strategies ask without a request id, at a desk with the simulated gateway: accounts, and what is refused."""

from __future__ import annotations

import pytest
from loguru import logger

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.messages.accounts import AccountDownloadEnd, AccountValue
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.errors import DeskError
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


NOSUCH = Stock("NOSUCH")


def test_nothing_that_is_refused_is_silent_even_if_the_strategy_has_no_handler_for_it(desk):
    log = Record()

    def ask(strategy):
        strategy.request_contract_data(Stock("NOSUCH"))
        strategy.request_financial_advisor(1)
        strategy.place_order(LimitOrder("BUY", Stock("NOSUCH"), 1, 1.0))

    class Asking(StrategyActor):
        initialize = ask

    desk.register(Asking, code="asker")
    handler = logger.add(log.add, level="WARNING", format="{message}")
    try:
        with desk:
            log.wait(lambda text: "200 No security" in text and f"ContractDataRequest of {NOSUCH})" in text)
            log.wait(lambda text: "asker: FinancialAdvisorRequest failed" in text and "321" in text)
            log.wait(lambda text: f"(to asker, about 1, PlaceOrderRequest of {NOSUCH})" in text)
    finally:
        logger.remove(handler)


def test_what_is_printed_of_a_desk_is_short(desk):
    desk.register(asking(Record(), lambda _self: None), code="asker")

    with desk:
        assert repr(desk).endswith("1 strategies, connected>")
        assert str(desk.status()).startswith("connected, server version 226, ")
        assert str(desk.status()).endswith("0 orders (0 working); asker running")


def test_what_is_no_strategy_can_not_be_registered(desk):
    with pytest.raises(DeskError, match="a class that derives from StrategyActor, got 'momentum'"):
        desk.register("momentum", code="momentum")


def test_a_refusal_that_names_no_request_reaches_the_only_one_who_asked(desk):
    record, other = Record(), Record()
    desk.register(asking(record, lambda self: self.request_financial_advisor(1)), code="advisor")
    desk.register(asking(other, lambda _self: None), code="other")

    with desk:
        failure = record.wait_for(RequestFailed)

    assert failure.request.data_type == 1
    assert "321" in failure.reason
    assert 321 not in {notice.code for notice in other.of(Notice)}
