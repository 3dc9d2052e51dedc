"""Streams and snapshots of ticks."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.contracts import ContractData, ContractDataRequest
from ibkr_actors.base.messages.market_data import (
    CancelMarketData,
    MarketDataRequest,
    MarketDataType,
    MarketDataTypeRequest,
    Tick,
    TickOptionComputation,
    TickPrice,
    TickRequestParameters,
    TickSize,
    TickString,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.generic_tick import GenericTick
from tests.simulated_gateway.helpers import AAPL, Desk, Wire, apple, codes, names, only


@pytest.fixture
def desk() -> Desk:
    return Desk()


def ticks(messages: list) -> dict[int, Tick]:  # type: ignore[type-arg]
    """The last tick of each type."""
    return {message.tick_type: message for message in messages if isinstance(message, Tick)}


class TestStream:
    def test_it_begins_with_its_type_its_parameters_and_one_round_of_ticks(self, desk: Desk) -> None:
        told = desk.ask(desk.connect(), MarketDataRequest(apple(), request_id=9))

        assert told[0] == MarketDataType(9, 1)
        parameters = told[1]
        assert isinstance(parameters, TickRequestParameters)
        assert (parameters.request_id, parameters.minimum_tick) == (9, 0.01)
        assert {1, 2, 4, 6, 7, 8, 9, 14, 32, 33, 45, 49, 84} == set(ticks(told))
        assert ticks(told)[1] == TickPrice(9, 1, 100.0, 1000.0, 1)

    def test_it_goes_on_with_what_changes(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, MarketDataRequest(apple(), request_id=9))
        desk.quote(100.01, 100.02)
        desk.step()

        told = ticks(desk.heard(client))

        assert told[1] == TickPrice(9, 1, 100.01, 1000.0, 1)
        assert 2 not in told  # the ask is as it was

    def test_a_size_that_changes_alone_is_told_alone(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, MarketDataRequest(apple(), request_id=9))
        desk.quote(100.0, 100.02, size=500.0)
        desk.step()

        told = ticks(desk.heard(client))

        assert (told[0], told[3]) == (TickSize(9, 0, 500.0), TickSize(9, 3, 500.0))
        assert 1 not in told

    def test_all_who_follow_a_contract_are_told_each_under_its_id(self, desk: Desk) -> None:
        first, second = desk.connect(1), desk.connect(2)
        desk.ask(first, MarketDataRequest(apple(), request_id=9))
        desk.ask(second, MarketDataRequest(apple(), request_id=5))
        desk.quote(101.0, 101.02)
        desk.step()

        assert ticks(desk.heard(first))[1].request_id == 9
        assert ticks(desk.heard(second))[1].request_id == 5

    def test_it_ends_silently_when_cancelled(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, MarketDataRequest(apple(), request_id=9))

        assert desk.ask(client, CancelMarketData(request_id=9)) == []
        desk.quote(101.0, 101.02)
        desk.step()
        assert desk.heard(client) == []

    def test_it_ends_with_its_client(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, MarketDataRequest(apple(), request_id=9))
        desk.gateway.disconnect(client)
        desk.quote(101.0, 101.02)
        desk.step()

        assert desk.heard(client) == []

    def test_volumes_of_stocks_are_in_lots_for_clients_before_220(self, desk: Desk) -> None:
        older, newer = desk.connect(1, version=219), desk.connect(2, version=220)

        lots = ticks(desk.ask(older, MarketDataRequest(apple(), request_id=1)))[8]
        shares = ticks(desk.ask(newer, MarketDataRequest(apple(), request_id=1)))[8]

        assert isinstance(lots, TickSize)
        assert isinstance(shares, TickSize)
        assert lots.size == shares.size // 100


class TestRefusals:
    def test_an_id_in_use_is_refused_and_the_stream_goes_on(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, MarketDataRequest(apple(), request_id=9))

        assert codes(desk.ask(client, MarketDataRequest(apple(), request_id=9))) == [102]
        assert desk.ask(client, CancelMarketData(request_id=9)) == []

    def test_an_unknown_id_can_not_be_cancelled(self, desk: Desk) -> None:
        (notice,) = only(Notice, desk.ask(desk.connect(), CancelMarketData(request_id=9)))

        assert (notice.request_id, notice.code) == (9, 300)
        assert notice.text == "Can't find EId with tickerId:9"

    def test_an_unknown_contract_draws_an_error_and_nothing_else(self, desk: Desk) -> None:
        told = desk.ask(
            desk.connect(), MarketDataRequest(Contract(symbol="NOPE", security_type="STK"), request_id=9)
        )

        assert names(told) == ["Notice"]
        assert codes(told) == [200]

    def test_a_snapshot_takes_no_generic_ticks(self, desk: Desk) -> None:
        request = MarketDataRequest(apple(), generic_ticks="233", snapshot=True, request_id=9)

        assert codes(desk.ask(desk.connect(), request)) == [414]


class TestSnapshot:
    def test_it_is_one_round_of_ticks_and_an_end(self, desk: Desk) -> None:
        client = desk.connect()

        told = desk.ask(client, MarketDataRequest(apple(), snapshot=True, request_id=9))

        assert {1, 2, 4} <= set(ticks(told))
        assert names(told)[-1] == "TickSnapshotEnd"

    def test_its_id_is_free_afterwards_and_nothing_follows(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, MarketDataRequest(apple(), snapshot=True, request_id=9))
        desk.quote(101.0, 101.02)
        desk.step()

        assert desk.heard(client) == []
        assert codes(desk.ask(client, MarketDataRequest(apple(), request_id=9))) == []


class TestDelayed:
    def test_delayed_data_come_under_their_own_tick_types(self, desk: Desk) -> None:
        client = desk.connect()
        assert desk.ask(client, MarketDataTypeRequest(3)) == []

        told = desk.ask(client, MarketDataRequest(apple(), request_id=9))

        assert told[0] == MarketDataType(9, 3)
        assert set(ticks(told)) == {66, 67, 68, 72, 73, 74, 75, 76, 88, 90}

    def test_their_last_trade_was_a_quarter_of_an_hour_ago(self, desk: Desk) -> None:
        client = desk.connect()
        live = ticks(desk.ask(client, MarketDataRequest(apple(), request_id=8)))[45]
        desk.ask(client, MarketDataTypeRequest(3))

        delayed = ticks(desk.ask(client, MarketDataRequest(apple(), request_id=9)))[88]

        assert isinstance(live, TickString)
        assert isinstance(delayed, TickString)
        assert int(delayed.value) == int(live.value) - 900

    def test_the_choice_holds_for_later_requests_of_the_same_client(self, desk: Desk) -> None:
        client, other = desk.connect(1), desk.connect(2)
        desk.ask(client, MarketDataRequest(apple(), request_id=1))
        desk.ask(client, MarketDataTypeRequest(3))
        desk.quote(101.0, 101.02)
        desk.step()

        assert 1 in ticks(desk.heard(client))
        assert desk.ask(other, MarketDataRequest(apple(), request_id=1))[0] == MarketDataType(1, 1)


BRINGS_NO_TICKS = (GenericTick.NEWS, GenericTick.FUNDAMENTAL_RATIOS, GenericTick.IPO_PRICES)
"""Headlines are messages of their own, ratios are retired, and no listed instrument is new."""


class TestGenericTicks:
    @pytest.mark.parametrize("generic", [each for each in GenericTick if each not in BRINGS_NO_TICKS])
    def test_a_number_brings_its_ticks(self, desk: Desk, generic: GenericTick) -> None:
        """To an instrument of the right kind: a stock, a fund, an index, a future or a bond."""
        client, kinds = desk.connect(version=226), ("AAPL", "SPY", "SPX", "ES", "US-T")
        brought = []
        for number, symbol in enumerate(kinds):
            instrument = next(each for each in desk.gateway.catalogue if each.symbol == symbol)
            request = MarketDataRequest(instrument.contract(), f"mdoff,{int(generic)}", request_id=number)
            brought.append(set(ticks(desk.ask(client, request))))

        assert set(generic.tick_types) in brought
        assert all(types <= set(generic.tick_types) for types in brought)

    @pytest.mark.parametrize("generic", BRINGS_NO_TICKS)
    def test_news_and_what_is_no_more_bring_no_ticks(self, desk: Desk, generic: GenericTick) -> None:
        request = MarketDataRequest(apple(), f"mdoff,{int(generic)}", request_id=9)

        assert ticks(desk.ask(desk.connect(), request)) == {}

    def test_odd_lots_are_newer_than_most_clients(self, desk: Desk) -> None:
        request = MarketDataRequest(apple(), "mdoff,787", request_id=9)

        assert ticks(desk.ask(desk.connect(version=224), request)) == {}

    @pytest.mark.parametrize("names", ["nonsense", "7", "233,9999", "23x"])
    def test_what_is_no_generic_tick_is_refused_with_the_legal_ones(self, desk: Desk, names: str) -> None:
        client = desk.connect()

        (notice,) = only(Notice, desk.ask(client, MarketDataRequest(apple(), names, request_id=9)))

        assert (notice.request_id, notice.code) == (9, 321)
        assert "Incorrect generic tick list of " in notice.text
        assert "Legal ones for (STK) are: 100," in notice.text
        assert only(TickPrice, desk.ask(client, MarketDataRequest(apple(), "233", request_id=9)))

    def test_they_change_with_the_market(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, MarketDataRequest(apple(), generic_ticks="232,233", request_id=9))
        desk.quote(101.0, 101.02)
        desk.step()

        told = ticks(desk.heard(client))
        mark, volume = told[37], told[48]
        assert isinstance(mark, TickPrice)
        assert isinstance(volume, TickString)
        assert mark.price == 101.0
        assert volume.value.startswith("101.0;")

    def test_what_a_new_quote_does_not_change_is_not_told_again(self, desk: Desk) -> None:
        client = desk.connect()
        first = desk.ask(client, MarketDataRequest(apple(), generic_ticks="232,236,293,318", request_id=9))
        assert {37, 46, 54, 57, 89} <= set(ticks(first))
        desk.quote(100.0, 100.02, size=2000.0)
        desk.step(0.25)

        told = ticks(desk.heard(client))

        assert 0 in told
        assert not {37, 46, 57, 89} & set(told)


class TestOtherInstruments:
    def test_options_come_with_the_models_results(self, desk: Desk) -> None:
        option = desk.gateway.catalogue.options_on(AAPL) or desk.gateway.catalogue.options_on(756733)
        client = desk.connect()

        told = desk.ask(client, MarketDataRequest(option[0].contract(), request_id=9))

        computations = only(TickOptionComputation, told)
        assert {tick.tick_type for tick in computations} >= {13}
        assert all(tick.underlying_price for tick in computations)

    def test_an_index_has_no_bid_and_ask(self, desk: Desk) -> None:
        index = Contract(symbol="SPX", security_type="IND", exchange="CBOE", currency="USD")

        told = ticks(desk.ask(desk.connect(), MarketDataRequest(index, request_id=9)))

        assert told[1] == TickPrice(9, 1, -1.0, 0.0, 0)


class TestContracts:
    def test_an_exact_description_finds_one_contract_and_an_end(self, desk: Desk) -> None:
        told = desk.ask(desk.connect(), ContractDataRequest(apple(), request_id=3))

        assert names(told) == ["ContractData", "ContractDataEnd"]
        (data,) = only(ContractData, told)
        assert (data.contract.contract_id, data.details.minimum_tick) == (AAPL, 0.01)

    def test_a_partial_description_finds_many(self, desk: Desk) -> None:
        told = desk.ask(
            desk.connect(), ContractDataRequest(Contract(symbol="ES", security_type="FUT"), request_id=3)
        )

        assert len(only(ContractData, told)) > 1

    def test_an_unknown_one_draws_error_200_and_no_end(self, desk: Desk) -> None:
        told = desk.ask(desk.connect(), ContractDataRequest(Contract(symbol="NOPE"), request_id=3))

        assert names(told) == ["Notice"]
        assert codes(told) == [200]


@pytest.mark.parametrize("version", [157, 178, 200, 206, 226])
def test_ticks_and_contracts_survive_the_wire_at(version: int) -> None:
    wire = Wire(Desk(), version)

    told = wire.ask(MarketDataRequest(apple(), generic_ticks="100,233,236", request_id=9))
    details = wire.ask(ContractDataRequest(apple(), request_id=3))

    assert ticks(told)[1] == TickPrice(9, 1, 100.0, 1000.0, 1)
    assert {29, 48, 89} <= set(ticks(told))
    assert names(details) == ["ContractData", "ContractDataEnd"]
    assert ticks(wire.step())
