"""Market scans and their parameters."""

from __future__ import annotations

from datetime import UTC, date, datetime
from xml.etree.ElementTree import Element, fromstring

import pytest

from ibkr_actors.classes.scanner import Scanner
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.scans import FILTERS, LOCATIONS, SCANS, scan, scanner_parameters
from ibkr_actors.simulated_gateway.refusals import Refusal
from ibkr_actors.wire.tags import TagValue

CATALOGUE = Catalogue(date(2026, 11, 23))
NOW = datetime(2026, 11, 23, 18, tzinfo=UTC).timestamp()
STOCKS = 35
AAPL, IBM, NVDA = 265598, 8314, 4815747


@pytest.fixture
def market() -> Market:
    return Market(CATALOGUE, 1, NOW)


def wanted(scan_code: str = "TOP_PERC_GAIN", **fields: object) -> Scanner:
    given = {"instrument": "STK", "location_code": "STK.US.MAJOR", **fields}
    return Scanner(scan_code=scan_code, **given)  # type: ignore[arg-type]


def symbols(scanner: Scanner, market: Market) -> list[str]:
    return [row.contract.symbol for row in scan(scanner, market)]


class TestRanking:
    @pytest.mark.parametrize("scan_code", SCANS)
    def test_every_scan_ranks_all_stocks(self, scan_code, market):
        rows = scan(wanted(scan_code), market)
        assert [row.rank for row in rows] == list(range(STOCKS))
        assert len({row.contract.contract_id for row in rows}) == STOCKS

    def test_gainers_come_in_the_order_of_their_gains(self, market):
        changes = [
            quote.last / quote.close
            for row in scan(wanted("TOP_PERC_GAIN"), market)
            for quote in [market.quote(row.contract.contract_id)]
        ]
        assert changes == sorted(changes, reverse=True)

    def test_losers_are_the_gainers_from_the_other_end(self, market):
        assert symbols(wanted("TOP_PERC_LOSE"), market) == symbols(wanted("TOP_PERC_GAIN"), market)[::-1]

    def test_a_stock_that_jumps_leads_the_gainers(self, market):
        market.set_quote(IBM, last=round(market.quote(IBM).close * 1.5, 2))
        assert symbols(wanted("TOP_PERC_GAIN"), market)[0] == "IBM"
        assert symbols(wanted("HOT_BY_PRICE"), market)[0] == "IBM"
        assert symbols(wanted("TOP_PERC_LOSE"), market)[-1] == "IBM"

    @pytest.mark.parametrize("scan_code", ["HIGH_VS_52W_HL", "HIGH_VS_13W_HL"])
    def test_a_stock_beyond_its_range_leads_the_highs(self, scan_code, market):
        market.set_quote(IBM, last=3_000.0)
        assert symbols(wanted(scan_code), market)[0] == "IBM"

    def test_the_most_active_has_the_highest_volume(self, market):
        rows = scan(wanted("MOST_ACTIVE"), market)
        volumes = [market.quote(row.contract.contract_id).volume for row in rows]
        assert volumes == sorted(volumes, reverse=True)
        assert rows[0].contract.contract_id == NVDA

    def test_hot_by_volume_compares_with_what_is_usual(self, market):
        rows = scan(wanted("HOT_BY_VOLUME"), market)
        ratios = [
            market.quote(row.contract.contract_id).volume / CATALOGUE[row.contract.contract_id].daily_volume
            for row in rows
        ]
        assert ratios == sorted(ratios, reverse=True)


class TestRows:
    def test_a_row_holds_the_contract_as_a_real_gateway_sends_it(self, market):
        row = next(row for row in scan(wanted(), market) if row.contract.symbol == "AAPL")
        contract = row.contract
        assert (contract.contract_id, contract.security_type, contract.exchange, contract.currency) == (
            *(AAPL, "STK", "SMART", "USD"),
        )
        assert (contract.local_symbol, contract.trading_class, row.market_name) == ("AAPL", "NMS", "NMS")
        assert (row.distance, row.benchmark, row.projection, row.combo_key) == ("", "", "", "")

    @pytest.mark.parametrize(
        ("asked", "given"), [(5, 5), (-1, STOCKS), (None, STOCKS), (200, STOCKS), (0, 0)]
    )
    def test_so_many_rows_come_as_were_asked_for(self, asked, given, market):
        assert len(scan(wanted(number_of_rows=asked), market)) == given


class TestFilters:
    def test_price_and_volume_bounds_hold(self, market):
        rows = scan(wanted(above_price=100.0, below_price=300.0, above_volume=3_000_000), market)
        quotes = [market.quote(row.contract.contract_id) for row in rows]
        assert 0 < len(quotes) < STOCKS
        assert all(100 < quote.last < 300 and quote.volume > 3_000_000 for quote in quotes)

    def test_filters_by_name_do_the_same_as_fields(self, market):
        named = (TagValue("priceAbove", "100"), TagValue("volumeAbove", "3000000"))
        assert symbols(wanted(filter_options=named), market) == symbols(
            wanted(above_price=100.0, above_volume=3_000_000), market
        )

    def test_a_change_can_be_asked_for(self, market):
        rising = symbols(wanted(filter_options=(TagValue("changePercAbove", "0"),)), market)
        falling = symbols(wanted(filter_options=(TagValue("changePercBelow", "0"),)), market)
        assert rising
        assert falling
        assert not set(rising) & set(falling)

    def test_nothing_that_fits_is_an_empty_answer(self, market):
        assert scan(wanted(above_price=1e9), market) == []

    def test_a_location_holds_the_stocks_listed_there(self, market):
        nasdaq = symbols(wanted(location_code="STK.NASDAQ"), market)
        assert "AAPL" in nasdaq
        assert "IBM" not in nasdaq
        both = symbols(wanted(location_code="STK.NASDAQ,STK.NYSE"), market)
        assert {"AAPL", "IBM"} <= set(both)

    def test_funds_can_be_left_out_or_taken_alone(self, market):
        assert set(symbols(wanted(stock_type_filter="ETF"), market)) == {"SPY", "QQQ"}
        assert not {"SPY", "QQQ"} & set(symbols(wanted(stock_type_filter="STOCK"), market))


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "text"),
        [
            ({"scan_code": "TOP_GOSSIP"}, "TOP_GOSSIP"),
            ({"instrument": "FUT.US"}, "FUT.US"),
            ({"location_code": "STK.MARS"}, "STK.MARS"),
            ({"location_code": ""}, "location"),
            ({"stock_type_filter": "GOSSIP"}, "GOSSIP"),
            ({"filter_options": (TagValue("gossipAbove", "1"),)}, "Scanner filter gossipAbove is disabled."),
            ({"filter_options": (TagValue("priceAbove", "much"),)}, "priceAbove"),
            ({"market_cap_above": 1e9}, "Scanner filter marketCapAbove is disabled."),
            ({"moody_rating_above": "A"}, "moodyRatingAbove"),
        ],
    )
    def test_what_this_market_does_not_know_is_refused(self, fields, text, market):
        """A filter that the user set must not vanish silently."""
        with pytest.raises(Refusal) as refused:
            scan(wanted(**fields), market)
        assert refused.value.code == 162
        assert text in refused.value.text


class TestParameters:
    @pytest.fixture
    def root(self) -> Element:
        return fromstring(scanner_parameters())  # noqa: S314 - our own text

    def test_the_parts_are_those_of_a_real_gateway(self, root):
        assert root.tag == "ScanParameterResponse"
        assert [part.tag for part in root] == ["InstrumentList", "LocationTree", "ScanTypeList", "FilterList"]

    def test_all_that_is_listed_can_be_asked_for(self, root, market):
        for scan_type in root.iter("ScanType"):
            assert "STK" in scan_type.findtext("instruments", "")
            assert scan_type.findtext("displayName")
            for location in root.iter("locationCode"):
                scanner = wanted(scan_type.findtext("scanCode", ""), location_code=location.text)
                assert scan(scanner, market) or location.text == "STK.AMEX"

    def test_all_that_can_be_asked_for_is_listed(self, root):
        assert {each.text for each in root.iter("scanCode")} == set(SCANS)
        assert {each.text for each in root.iter("locationCode")} == set(LOCATIONS)
        assert {each.findtext("code") for each in root.iter("AbstractField")} == set(FILTERS)

    def test_the_exchanges_are_parts_of_the_united_states(self, root):
        outer = root.find("LocationTree/Location")
        assert outer is not None
        assert outer.findtext("locationCode") == "STK.US"
        assert "STK.NYSE" in {each.text for each in outer.iter("locationCode")}
