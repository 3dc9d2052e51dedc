"""The catalogue: who is in it, and how descriptions find them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.instruments.listings import MADE_UP
from ibkr_actors.simulated_gateway.refusals import Refusal
from ibkr_actors.wire.tags import TagValue

TODAY = date(2026, 4, 5)
NOW = datetime(2026, 4, 5, 21, 49, tzinfo=UTC).timestamp()

DOW_30 = {
    *("AAPL", "AMGN", "AMZN", "AXP", "BA", "CAT", "CRM", "CSCO", "CVX", "DIS"),
    *("GS", "HD", "HON", "IBM", "JNJ", "JPM", "KO", "MCD", "MMM", "MRK"),
    *("MSFT", "NKE", "NVDA", "PG", "SHW", "TRV", "UNH", "V", "VZ", "WMT"),
}

REAL_IDS = {
    "AAPL": 265598,
    "IBM": 8314,
    "AMZN": 3691937,
    "MSFT": 272093,
    "SPY": 756733,
    "QQQ": 320227571,
    "EUR.USD": 12087792,
    "SPX": 416904,
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(TODAY)


def aapl(**fields: object) -> Contract:
    return Contract(symbol="AAPL", security_type="STK", currency="USD", exchange="SMART", **fields)  # type: ignore[arg-type]


class TestListing:
    def test_the_dow_30_two_funds_and_those_of_the_documentation_are_the_stocks_in_dollars(self, catalogue):
        stocks = {each.symbol for each in catalogue if each.security_type == "STK" and each.currency == "USD"}
        assert stocks == DOW_30 | {"SPY", "QQQ"} | {"BAC", "TSLA", "XOM", "SAP"}

    def test_real_instruments_have_their_real_ids(self, catalogue):
        found = {
            each.local_symbol: each.contract_id
            for each in catalogue
            if each.local_symbol in REAL_IDS and not each.kind.is_derivative
        }
        assert found == REAL_IDS
        futures = Catalogue(date(2026, 11, 23))
        real = {
            515416632: "ESZ6",
            649180671: "ESU6",
            793356217: "MESU6",
            815824257: "MESZ6",
            840227391: "MESH7",
        }
        assert {number: futures[number].local_symbol for number in real} == real

    def test_all_other_ids_are_plainly_made_up(self, catalogue):
        """A wrong id below the made-up range would be taken for a real one."""
        options = [each for each in catalogue if each.security_type == "OPT"]
        assert len(options) > 500
        assert all(each.contract_id > MADE_UP for each in options)
        assert catalogue.identify(Contract(symbol="TRV", security_type="STK")).contract_id > MADE_UP

    def test_an_option_keeps_its_id_on_another_day(self, catalogue):
        week_later = Catalogue(date(2026, 4, 12))
        wanted = Contract(symbol="SPY", security_type="OPT", strike=690.0, right="C")
        wanted.last_trade_date_or_contract_month = "20260417"
        assert catalogue.identify(wanted).contract_id == week_later.identify(wanted).contract_id

    def test_no_two_instruments_share_an_id_or_a_symbol_of_their_own(self, catalogue):
        names = {(each.local_symbol, each.security_type, each.currency) for each in catalogue}
        assert len(names) == len({each.contract_id for each in catalogue}) == len(catalogue)

    def test_every_known_isin_has_its_right_check_digit(self, catalogue):
        isins = [each.isin for each in catalogue if each.isin]
        assert len(isins) >= 5
        for isin in isins:
            digits = [int(digit) for digit in "".join(str(int(letter, 36)) for letter in isin)]
            doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
            assert (sum(doubled) + sum(digits[-1::-2])) % 10 == 0, isin

    def test_every_cusip_has_its_right_check_digit(self, catalogue):
        cusips = [
            each.facts.cusip or each.local_symbol
            for each in catalogue
            if each.security_type in ("BOND", "FUND")
        ]
        assert len(cusips) >= 3
        for cusip in cusips:
            values = [int(sign, 36) * (1 + place % 2) for place, sign in enumerate(cusip[:8])]
            assert (10 - sum(sum(divmod(value, 10)) for value in values) % 10) % 10 == int(cusip[8]), cusip


class TestDetails:
    """As recorded from a real gateway on 5 April 2026."""

    def test_aapl_is_described_as_recorded(self, catalogue):
        contract, details = catalogue[265598].described_contract(), catalogue[265598].details(NOW)
        assert (contract.local_symbol, contract.trading_class, contract.primary_exchange) == (
            *("AAPL", "NMS", "NASDAQ"),
        )
        assert (contract.exchange, contract.last_trade_date_or_contract_month) == ("SMART", "")
        assert (details.market_name, details.minimum_tick, details.long_name) == ("NMS", 0.01, "APPLE INC")
        assert (details.industry, details.category, details.subcategory) == (
            *("Technology", "Computers", "Computers"),
        )
        assert details.order_types_text.startswith("ACTIVETIM,AD,")
        assert details.order_types_text.endswith(",WHATIF")
        assert " " not in details.order_types_text
        assert details.valid_exchanges_text.startswith("SMART,AMEX,")
        assert details.valid_exchanges_text.endswith(",T24X")
        assert set(details.market_rule_ids_text.split(",")) == {"26"}
        assert details.time_zone_id == "US/Eastern"
        assert details.trading_hours_text.startswith("20260405:CLOSED;20260406:0400-20260406:2000;")
        assert details.liquid_hours_text.startswith("20260405:CLOSED;20260406:0930-20260406:1600;")
        assert details.security_ids == (TagValue("ISIN", "US0378331005"),)
        assert (details.aggregation_group, details.stock_type, details.price_magnifier) == (1, "COMMON", 1)
        assert (details.minimum_size, details.size_increment, details.suggested_size_increment) == (
            *(Decimal("0.0001"), Decimal("0.0001"), Decimal(100)),
        )

    def test_es_is_described_as_recorded(self):
        future = Catalogue(date(2026, 11, 23))[515416632]
        contract, details = future.described_contract(), future.details(NOW)
        assert contract.last_trade_date_or_contract_month == "20261218 08:30:00 US/Central"
        assert contract.last_trade_date == "20261218"
        assert (contract.symbol, contract.local_symbol, contract.exchange, contract.multiplier) == (
            *("ES", "ESZ6", "CME", "50"),
        )
        assert (details.minimum_tick, details.valid_exchanges_text, details.underlying_contract_id) == (
            *(0.25, "CME,QBALGO", 11004968),
        )
        assert (details.long_name, details.contract_month, details.real_expiration_date) == (
            *("E-mini S&P 500", "202612", "20261218"),
        )
        assert (details.underlying_symbol, details.underlying_security_type) == ("ES", "IND")
        assert (details.market_rule_ids_text, details.aggregation_group) == ("67,67", None)
        assert details.trading_hours_text.startswith(";20260405:1700-20260406:1600;")

    def test_elsewhere_a_future_shows_its_expiry_alone(self):
        assert (
            Catalogue(date(2026, 11, 23))[515416632].contract().last_trade_date_or_contract_month
            == "20261218"
        )

    def test_each_valid_exchange_has_a_market_rule(self, catalogue):
        for instrument in catalogue:
            details = instrument.details(NOW)
            assert details.market_rule_ids_text.count(",") == details.valid_exchanges_text.count(",")

    def test_an_id_is_in_the_catalogue_or_not(self, catalogue):
        assert 265598 in catalogue
        assert 1 not in catalogue

    def test_a_contract_is_new_each_time(self, catalogue):
        """Contracts can be changed; the catalogue must not change with them."""
        catalogue[265598].contract().symbol = "CHANGED"
        assert catalogue[265598].contract().symbol == "AAPL"

    def test_an_index_can_not_be_traded(self, catalogue):
        assert not catalogue[REAL_IDS["SPX"]].is_tradable
        assert catalogue[REAL_IDS["SPY"]].is_tradable

    def test_positions_never_show_smart_as_exchange(self, catalogue):
        assert catalogue[265598].listing_exchange == "NASDAQ"
        for each in catalogue:
            assert each.listing_exchange != "SMART" or each.venue.valid_exchanges == ("SMART",)


class TestFinding:
    @pytest.mark.parametrize(
        "description",
        [
            Contract(contract_id=265598),
            Contract(contract_id=265598, exchange="SMART"),
            Contract(contract_id=265598, symbol="whatever the id says"),
            aapl(),
            aapl(primary_exchange="NASDAQ"),
            aapl(primary_exchange="ISLAND"),
            Contract(symbol="aapl", security_type="STK", exchange="ARCA"),
            Contract(local_symbol="AAPL", security_type="STK"),
            Contract(symbol="AAPL", security_type="STK", strike=0.0, right="?"),
            Contract(security_id_type="ISIN", security_id="US0378331005"),
        ],
    )
    def test_apple_is_found_by(self, catalogue, description):
        assert [each.contract_id for each in catalogue.find(description)] == [265598]

    @pytest.mark.parametrize(
        "description",
        [
            Contract(),
            Contract(security_type="STK", currency="USD"),
            Contract(contract_id=1),
            Contract(contract_id=265598, exchange="LSE"),
            aapl(primary_exchange="NYSE"),
            aapl(trading_class="SCM"),
            aapl(right="C"),
            aapl(multiplier="100"),
            aapl(multiplier="many"),
            Contract(symbol="AAPL", security_type="STK", currency="EUR"),
            Contract(symbol="AAPL", security_type="STK", exchange="LSE"),
            Contract(symbol="NOSUCH", security_type="STK"),
            Contract(security_id_type="CUSIP", security_id="US0378331005"),
        ],
    )
    def test_nothing_is_found_by(self, catalogue, description):
        assert catalogue.find(description) == []

    def test_a_symbol_alone_finds_whatever_is_called_so(self, catalogue):
        found = catalogue.find(Contract(symbol="spy"))
        assert found == [each for each in catalogue if each.symbol == "SPY"]
        assert {each.security_type for each in found} == {"STK", "OPT"}

    def test_a_month_gives_all_options_of_the_month_and_a_day_those_of_the_day(self, catalogue):
        def expiries(text: str) -> set[str]:
            wanted = Contract(symbol="SPY", security_type="OPT", last_trade_date_or_contract_month=text)
            return {each.expiry for each in catalogue.find(wanted)}

        assert expiries("202604") == {"20260410", "20260417", "20260424"}
        assert expiries("20260417") == {"20260417"}

    def test_strike_and_right_leave_one_option(self, catalogue):
        wanted = Contract(symbol="AAPL", security_type="OPT", strike=270.0, right="PUT", multiplier="100")
        wanted.last_trade_date_or_contract_month = "20260417"
        found = catalogue.identify(wanted)
        assert found.local_symbol == "AAPL  260417P00270000"
        assert found in catalogue.options_on(265598)

    def test_the_month_of_a_future_is_its_contract_month(self, catalogue):
        """The contract of June crude oil stops trading in May."""
        wanted = Contract(symbol="CL", security_type="FUT", last_trade_date_or_contract_month="202606")
        assert catalogue.identify(wanted).expiry == "20260519"

    def test_an_expiry_with_time_and_zone_is_read_as_its_day(self):
        wanted = Contract(symbol="ES", security_type="FUT")
        wanted.last_trade_date_or_contract_month = "20261218 08:30:00 US/Central"
        assert Catalogue(date(2026, 11, 23)).identify(wanted).contract_id == 515416632

    def test_a_currency_pair_is_found_by_its_two_currencies(self, catalogue):
        wanted = Contract(symbol="EUR", currency="USD", security_type="CASH", exchange="IDEALPRO")
        assert catalogue.identify(wanted).local_symbol == "EUR.USD"

    def test_an_unknown_contract_is_refused_in_the_bridges_words(self, catalogue):
        with pytest.raises(Refusal) as refused:
            catalogue.identify(Contract(symbol="NOSUCH", security_type="STK"))
        assert (refused.value.code, refused.value.text) == (
            200,
            "No security definition has been found for the request",
        )

    def test_an_ambiguous_contract_is_refused_in_the_bridges_words(self, catalogue):
        with pytest.raises(Refusal) as refused:
            catalogue.identify(Contract(symbol="ES", security_type="FUT", exchange="CME"))
        assert refused.value.code == 200
        assert refused.value.text.startswith("The contract description specified for ES is ambiguous")
