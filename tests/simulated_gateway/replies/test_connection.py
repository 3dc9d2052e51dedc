"""The start of a client, and the facts of the connection."""

from __future__ import annotations

import pytest
from loguru import logger

from ibkr_actors.base.messages.accounts import PositionEnd
from ibkr_actors.base.messages.connection import (
    CurrentTime,
    CurrentTimeRequest,
    IdsRequest,
    ManagedAccounts,
    ManagedAccountsRequest,
    NextValidId,
    Notice,
    StartApiRequest,
)
from ibkr_actors.base.messages.history import HistoricalDataEnd
from ibkr_actors.base.session import Undecodable
from ibkr_actors.errors import RemoteProtocolError
from ibkr_actors.simulated_gateway.clients.client import Client
from tests.simulated_gateway.helpers import ACCOUNT, NOW, Desk, Wire, codes, limit, names, only, order


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestStart:
    @pytest.mark.parametrize("version", [157, 178, 200, 201, 213, 226])
    def test_accounts_come_first_then_the_next_id_then_the_farms(self, desk: Desk, version: int) -> None:
        welcome = Wire(desk, version).welcome

        assert names(welcome) == ["ManagedAccounts", "NextValidId", "Notice", "Notice", "Notice", "Notice"]
        assert only(ManagedAccounts, welcome)[0].accounts == (ACCOUNT,)
        assert only(NextValidId, welcome)[0].order_id == 1
        assert set(codes(welcome)) == {2104, 2106, 2158}
        assert {notice.request_id for notice in only(Notice, welcome)} == {-1}

    def test_farms_are_told_in_the_recorded_words(self, desk: Desk) -> None:
        texts = {notice.text for notice in only(Notice, Wire(desk, 226).welcome)}

        assert texts == {
            "Market data farm connection is OK:usfuture",
            "Market data farm connection is OK:usfarm",
            "HMDS data farm connection is OK:ushmds",
            "Sec-def data farm connection is OK:secdefnj",
        }

    def test_nothing_is_answered_before_the_start(self, desk: Desk) -> None:
        client = desk.gateway.connect(200)

        assert desk.ask(client, CurrentTimeRequest()) == []
        assert names(desk.ask(client, StartApiRequest(1)))[0] == "ManagedAccounts"

    def test_a_client_id_in_use_is_refused_and_the_connection_closed(self, desk: Desk) -> None:
        desk.connect(client_id=4)
        second = desk.gateway.connect(200)

        (notice,) = only(Notice, desk.ask(second, StartApiRequest(4)))

        assert (notice.request_id, notice.code) == (-1, 326)
        assert second.is_closing

    def test_a_client_id_is_free_again_when_its_client_has_left(self, desk: Desk) -> None:
        desk.gateway.disconnect(desk.connect(client_id=4))

        assert not desk.connect(client_id=4).is_closing

    def test_the_next_id_is_above_every_id_that_the_client_ever_used(self, desk: Desk) -> None:
        client = desk.connect(client_id=4)
        desk.place(client, 41, order("BUY", 1))
        desk.gateway.disconnect(client)

        assert only(NextValidId, Wire(desk, 200, client_id=4).welcome)[0].order_id == 42
        assert only(NextValidId, Wire(desk, 200, client_id=5).welcome)[0].order_id == 1

    def test_live_orders_may_be_announced_before_everything_else(self) -> None:
        """As gateways since the middle of 2026 do; clients must not count on what comes first."""
        desk = Desk(announces_open_orders=True)
        client = desk.connect(client_id=4)
        desk.place(client, 1, limit("BUY", 1, 90.0))
        desk.gateway.disconnect(client)

        assert names(Wire(desk, 200, client_id=4).welcome)[:4] == [
            "OpenOrder",
            "OrderStatus",
            "OpenOrderEnd",
            "ManagedAccounts",
        ]


class TestFacts:
    def test_they_can_be_asked_again(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 7, order("BUY", 1))

        assert desk.ask(client, ManagedAccountsRequest()) == [ManagedAccounts(ACCOUNT)]
        assert desk.ask(client, IdsRequest()) == [NextValidId(8)]
        assert desk.ask(client, CurrentTimeRequest()) == [CurrentTime(int(NOW))]

    def test_an_unreadable_request_draws_an_error_and_the_client_goes_on(self, desk: Desk) -> None:
        client = desk.connect()
        error = RemoteProtocolError("no number", message_id=1, field="request_id", server_version=203)

        (notice,) = only(Notice, desk.ask(client, Undecodable(error, b"")))  # type: ignore[arg-type]

        assert (notice.request_id, notice.code) == (-1, 320)
        assert desk.ask(client, ManagedAccountsRequest())


EXECUTIONS, CONTRACT_DATA, POSITIONS, CANCEL_ORDER = 7, 9, 61, 4
OLD_CANCELLATIONS = [("1", "5", ""), ("1", "5")]
"""As of servers before 192: a version, the order's id, and later a time."""


class TestUnreadableRequests:
    @pytest.mark.parametrize("version", [157, 178, 200, 203])
    def test_the_error_names_the_request_where_its_id_can_be_read(self, desk: Desk, version: int) -> None:
        wire = Wire(desk, version)

        (notice,) = only(Notice, wire.send(CONTRACT_DATA, "8", "77", "no number"))

        assert (notice.request_id, notice.code) == (77, 320)
        assert notice.text.startswith("Error reading request. ")
        assert wire.ask(ManagedAccountsRequest())

    @pytest.mark.parametrize("version", [200, 201, 203])
    def test_executions_without_the_days_that_this_version_reads_are_such_a_request(
        self, desk: Desk, version: int
    ) -> None:
        """As older clients ask for them."""
        wire = Wire(desk, version)

        (notice,) = only(Notice, wire.send(EXECUTIONS, "3", "44", "0", "", "", "", "", "", ""))

        assert (notice.request_id, notice.code) == (44, 320)

    def test_an_id_that_can_not_be_read_is_told_as_minus_1(self, desk: Desk) -> None:
        (notice,) = only(Notice, Wire(desk, 200).send(CONTRACT_DATA, "8", "no number"))

        assert (notice.request_id, notice.code) == (-1, 320)

    @pytest.mark.parametrize("fields", OLD_CANCELLATIONS)
    @pytest.mark.parametrize("version", [192, 200, 202])
    def test_a_cancellation_as_for_older_servers_is_ignored_and_cancels_no_order(
        self, desk: Desk, version: int, fields: tuple[str, ...]
    ) -> None:
        """Not the one that it means, nor the one whose id is where newer servers look for it."""
        wire = Wire(desk, version)
        for order_id in (1, 5):
            desk.place(wire.client, order_id, limit("BUY", 1, 90.0))
        lines: list[str] = []
        sink = logger.add(lines.append, format="{message}")

        told = wire.send(CANCEL_ORDER, *fields)

        logger.remove(sink)
        assert told == []
        assert [desk.held(order_id).status for order_id in (1, 5)] == ["Submitted", "Submitted"]
        assert "ignored" in "".join(lines)

    def test_the_same_cancels_at_an_older_server(self, desk: Desk) -> None:
        wire = Wire(desk, 191)
        desk.place(wire.client, 5, limit("BUY", 1, 90.0))

        told = wire.send(CANCEL_ORDER, "1", "5", "")

        assert codes(told) == [202]

    def test_a_cancellation_without_a_readable_id_is_an_error(self, desk: Desk) -> None:
        assert codes(Wire(desk, 200).send(CANCEL_ORDER, "no number", "", "", "")) == [320]

    @pytest.mark.parametrize("version", [157, 200, 226])
    def test_fields_behind_the_last_one_are_no_obstacle(self, desk: Desk, version: int) -> None:
        """Clients of another age have other tails."""
        assert only(PositionEnd, Wire(desk, version).send(POSITIONS, "1", "more", "and more"))


class TestClient:
    def test_it_is_not_told_what_its_version_does_not_know(self) -> None:
        older, newer = Client(195), Client(196)
        for client in (older, newer):
            client.tell(HistoricalDataEnd(1), NextValidId(1))

        assert names(older.take_outbox()) == ["NextValidId"]
        assert names(newer.take_outbox()) == ["HistoricalDataEnd", "NextValidId"]
        assert newer.take_outbox() == []
