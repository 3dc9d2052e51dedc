"""Wall Street Horizon: the order of requests, and what the calendar holds."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.wall_street_horizon import (
    CancelWallStreetHorizonEventData,
    CancelWallStreetHorizonMetaData,
    WallStreetHorizonEventData,
    WallStreetHorizonEventDataRequest,
    WallStreetHorizonMetaData,
    WallStreetHorizonMetaDataRequest,
)
from tests.simulated_gateway.helpers import AAPL, Desk, Wire, codes, only, order

IBM = 8314


@pytest.fixture(params=[161, 178, 200, 226])
def wire(request: pytest.FixtureRequest) -> Wire:
    return Wire(Desk(), request.param)


@pytest.fixture
def newest() -> Wire:
    """Informed of the kinds of events, at a version that filters them."""
    wire = Wire(Desk(), 226)
    wire.ask(metadata())
    return wire


def metadata(request_id: int = 3) -> WallStreetHorizonMetaDataRequest:
    return WallStreetHorizonMetaDataRequest(request_id=request_id)


def events(request_id: int = 4, **wanted: Any) -> WallStreetHorizonEventDataRequest:
    wanted = wanted or {"contract_id": IBM}
    return WallStreetHorizonEventDataRequest(**wanted, request_id=request_id)


def told(wire: Wire, **wanted: Any) -> list[dict[str, Any]]:
    """The events that a request finds; it is cancelled then."""
    (message,) = wire.ask(events(**wanted))
    assert isinstance(message, WallStreetHorizonEventData)
    wire.ask(CancelWallStreetHorizonEventData(4))
    found: list[dict[str, Any]] = json.loads(message.data_json)
    return found


class TestTheOrderOfRequests:
    def test_the_kinds_of_events_come_first(self, wire: Wire) -> None:
        (too_early,) = wire.ask(events())
        (kinds,) = wire.ask(metadata())
        (found,) = wire.ask(events())

        assert isinstance(too_early, Notice)
        assert (too_early.request_id, too_early.code) == (4, 10282)
        assert isinstance(kinds, WallStreetHorizonMetaData)
        assert kinds.request_id == 3
        tags = [kind["tag"] for kind in json.loads(kinds.data_json)["meta_data"]["event_types"]]
        assert isinstance(found, WallStreetHorizonEventData)
        assert found.request_id == 4
        assert {event["event_type"] for event in json.loads(found.data_json)} <= set(tags)

    def test_a_second_request_of_a_kind_is_a_duplicate_until_the_first_is_cancelled(self, wire: Wire) -> None:
        wire.ask(metadata(3))
        wire.ask(events(4))

        assert codes(wire.ask(metadata(5))) == [10278]
        assert codes(wire.ask(events(6))) == [10281]
        assert wire.ask(CancelWallStreetHorizonMetaData(3)) == []
        assert wire.ask(CancelWallStreetHorizonEventData(4)) == []
        assert codes([*wire.ask(metadata(5)), *wire.ask(events(6))]) == []

    def test_what_is_not_there_cannot_be_cancelled(self, wire: Wire) -> None:
        assert codes(wire.ask(CancelWallStreetHorizonMetaData(3))) == [10280]
        assert codes(wire.ask(CancelWallStreetHorizonEventData(4))) == [10284]

    def test_a_new_connection_begins_with_the_kinds_again(self) -> None:
        desk = Desk()
        client = desk.connect(1)
        desk.ask(client, metadata())
        desk.ask(client, events())
        desk.gateway.disconnect(client)
        again = desk.connect(1)

        assert codes(desk.ask(again, events())) == [10282]
        assert codes([*desk.ask(again, metadata()), *desk.ask(again, events())]) == []

    def test_a_login_without_it_is_not_allowed(self) -> None:
        wire = Wire(Desk(has_horizon=False), 226)

        assert codes(wire.ask(metadata())) == [10276]
        assert codes(wire.ask(events())) == [10276]


class TestEvents:
    def test_of_one_contract_are_about_it_in_the_order_of_time(self, newest: Wire) -> None:
        found = told(newest, contract_id=IBM, start_date="20261001", end_date="20270301")

        assert {tuple(event["conids"]) for event in found} == {("8314",)}
        days = [event["index_date"] for event in found]
        assert days == sorted(days)
        assert days[0] >= "20261001"
        assert days[-1] <= "20270301"
        assert {event["status"] for event in found if event["index_date"] < "20261123"} == {"CONFIRMED"}

    def test_every_quarter_has_every_kind(self, newest: Wire) -> None:
        found = told(newest, contract_id=IBM, start_date="20260101", end_date="20261231")

        assert len([event for event in found if event["event_type"] == "wshe_ed"]) in (3, 4, 5)

    def test_are_the_same_for_the_same_seed_only(self) -> None:
        answers = []
        for seed in (1, 1, 2):
            wire = Wire(Desk(seed=seed), 226)
            wire.ask(metadata())
            answers.append(told(wire, contract_id=IBM))

        assert answers[0] == answers[1] != answers[2]

    def test_a_filter_chooses_contracts_kinds_and_number(self, newest: Wire) -> None:
        wanted = json.dumps({"watchlist": [str(IBM), str(AAPL)], "wshe_ed": "true", "limit": 3})

        found = told(newest, filter=wanted, start_date="20260101", end_date="20261231")

        assert {event["event_type"] for event in found} == {"wshe_ed"}
        assert {event["conids"][0] for event in found} <= {str(IBM), str(AAPL)}
        assert len(found) == 3
        assert len(told(newest, filter=wanted, total_limit=2, start_date="20260101")) <= 2

    def test_a_filter_without_contracts_finds_all_stocks(self, newest: Wire) -> None:
        found = told(newest, filter=json.dumps({"country": "All"}))

        assert len({event["symbol"] for event in found}) > 20

    def test_the_portfolio_and_its_competitors_can_be_asked_for(self, newest: Wire) -> None:
        newest.desk.place(newest.client, 1, order("BUY", 1))
        newest.step()
        wanted = json.dumps({"wshe_ed": "true"})

        held = told(newest, filter=wanted, fill_portfolio=True)
        rivals = told(newest, filter=wanted, fill_portfolio=True, fill_competitors=True)

        assert {event["symbol"] for event in held} == {"AAPL"}
        assert {event["symbol"] for event in rivals} == {"AAPL", "IBM"}

    def test_the_calendar_ends(self, newest: Wire) -> None:
        found = told(newest, contract_id=IBM, start_date="00010101", end_date=date.max.strftime("%Y%m%d"))

        assert "20241101" < found[0]["index_date"] < found[-1]["index_date"] < "20271124"

    @pytest.mark.parametrize(
        ("wanted", "code"),
        [
            ({"contract_id": 5}, 200),
            ({"total_limit": 5}, 10283),
            ({"contract_id": IBM, "filter": "{}"}, 10283),
            ({"filter": "no JSON"}, 10283),
            ({"filter": "[]"}, 10283),
            ({"filter": '{"watchlist": 5}'}, 10283),
            ({"filter": '{"limit": "many"}'}, 10283),
            ({"contract_id": IBM, "start_date": "soon"}, 10283),
        ],
    )
    def test_what_cannot_be_understood_is_refused(
        self, newest: Wire, wanted: dict[str, Any], code: int
    ) -> None:
        (notice,) = only(Notice, newest.ask(events(**wanted)))

        assert (notice.request_id, notice.code) == (4, code)
        assert told(newest), "the request that was refused is no duplicate"
