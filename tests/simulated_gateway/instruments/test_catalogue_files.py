"""Catalogue files: what they add, replace and refuse, in TOML and in CSV."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.connection import CurrentTimeRequest, StartApiRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.future import Future
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway.gateway import Gateway, Options
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.instruments.listings import MADE_UP
from ibkr_actors.simulated_gateway.replies.market_data import BBO_EXCHANGE
from tests.simulated_gateway.helpers import Desk

TODAY = date(2026, 11, 23)

STOCK = """\
[[stocks]]
symbol = "ACME"
exchange = "NYSE"
name = "ACME CORP"
price = 42.0
volatility = 0.3
daily_volume = 1_000_000
"""


FUTURE = """\
[[futures]]
symbol = "{symbol}"
venue = "cme"
name = "Nikkei"
rule = "third_friday"
months = [3, 12]
expiry_time = "09:00:00 US/Central"
multiplier = "5"
tick = 5
price = 48000
carry = 0.01
volatility = 0.2
daily_volume = 10_000
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str, name: str = "catalogue.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def named(symbol: str, security_type: str = "STK") -> Contract:
    return Contract(symbol=symbol, security_type=security_type)


class TestExtending:
    def test_an_entry_is_listed_beside_the_built_in_ones(self, write):
        catalogue = Catalogue(TODAY, write(STOCK))

        acme = catalogue.identify(named("ACME"))

        assert (acme.price, acme.primary_exchange, acme.exchange) == (42.0, "NYSE", "SMART")
        assert acme.contract_id > MADE_UP
        assert catalogue.identify(named("AAPL")).contract_id == 265598

    def test_a_made_up_id_is_the_same_whenever_it_is_made(self, write):
        first = Catalogue(TODAY, write(STOCK)).identify(named("ACME"))
        other = STOCK.replace("ACME", "OTHER") + STOCK

        assert Catalogue(TODAY, write(other)).identify(named("ACME")).contract_id == first.contract_id

    def test_an_entry_that_means_a_built_in_one_takes_its_place(self, write):
        text = STOCK.replace("ACME", "AAPL").replace("NYSE", "NASDAQ") + "contract_id = 265598\n"

        catalogue = Catalogue(TODAY, write(text))

        assert catalogue[265598].price == 42.0
        assert len(catalogue.find(named("AAPL"))) == 1

    def test_a_replacing_file_lists_what_it_has_and_nothing_else(self, write):
        catalogue = Catalogue(TODAY, write("replace = true\n" + STOCK))

        assert [each.symbol for each in catalogue] == ["ACME"]

    def test_a_gateway_of_one_future_serves_every_request(self, write):
        """Parts that look for a stock or for options have to do without."""
        text = FUTURE.format(symbol="NKD")
        now = datetime(2026, 11, 23, 15, 0, tzinfo=UTC).timestamp()
        gateway = Gateway(Options(catalogue=write("replace = true\n" + text)), now)
        client = gateway.connect(226)
        gateway.handle(client, StartApiRequest(1), now)

        for request in REQUESTS.values():
            fields = {"contract": Future("NKD", "202612", "CME"), "bbo_exchange": BBO_EXCHANGE}
            known = {name: value for name, value in fields.items() if name in request.__struct_fields__}
            gateway.handle(client, request(**known), now)
        gateway.advance(now + 1)

        assert gateway.handle(client, CurrentTimeRequest(), now + 1)[0][1]

    def test_every_table_can_be_extended(self, write):
        path = write(
            STOCK
            + FUTURE.format(symbol="NKD")
            + """
            [hours.tokyo]
            zone = "Asia/Tokyo"
            opening = "09:00"
            closing = "15:30"

            [venues.tokyo]
            hours = "tokyo"
            valid_exchanges = ["TSEJ"]
            order_types = "LMT,MKT"
            market_rule = 5000

            [[indices]]
            symbol = "N225"
            name = "Nikkei 225"
            exchange = "OSE.JPN"
            venue = "tokyo"
            currency = "JPY"
            tick = 1
            price = 48000
            volatility = 0.2

            [[currencies]]
            pair = "NZD.USD"
            name = "New Zealand dollar"
            price = 0.57
            volatility = 0.1

            [[cryptos]]
            symbol = "SOL"
            name = "Solana"
            price = 130
            volatility = 0.9
            daily_volume = 10_000

            [[commodities]]
            symbol = "XPTUSD"
            name = "London Platinum"
            price = 1550
            volatility = 0.3

            [[funds]]
            symbol = "ACMEX"
            cusip = "000000000"
            name = "Acme Fund"
            price = 10
            volatility = 0.1

            [[bonds]]
            symbol = "ACME"
            cusip = "00000AAA0"
            name = "ACME CORP"
            coupon = 5
            issue_date = "20200101"
            maturity = "20300101"
            price = 101
            volatility = 0.05

            [[options]]
            underlying = "ACME"
            weekly_expiries = 1
            monthly_expiries = 1
            strike_step = 1
            strikes_each_side = 2
            daily_volume = 100

            [[futures_options]]
            underlying = "NKD"
            strike_step = 100
            strikes_each_side = 1
            daily_volume = 10

            [[cfds]]
            underlying = "ACME"
            """
        )
        added = set(_kinds(Catalogue(TODAY, path))) - set(_kinds(Catalogue(TODAY)))

        assert {security_type for security_type, _ in added} == {
            *("STK", "IND", "CASH", "CRYPTO", "CMDTY", "FUND", "BOND", "FUT", "OPT", "FOP", "CFD"),
        }
        nikkei = Catalogue(TODAY, path).identify(named("N225", "IND"))
        assert (nikkei.currency, nikkei.hours.zone) == ("JPY", "Asia/Tokyo")

    def test_all_that_a_file_lists_has_quotes(self, write):
        desk = Desk(catalogue=write(STOCK))

        acme = desk.gateway.catalogue.identify(named("ACME"))

        assert desk.gateway.market.quote(acme.contract_id).last == pytest.approx(42.0, rel=0.1)


def _kinds(catalogue: Catalogue) -> list[tuple[str, str]]:
    return [(each.security_type, each.symbol) for each in catalogue]


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("stocks = 3", "key stocks: expected array"),
            ("nonsense = 1", "key nonsense: is not known; expected one of replace, hours, venues, stocks"),
            (STOCK + "colour = 1", "key stocks[0].colour: is not known; expected one of name, venue"),
            (STOCK.replace("price = 42.0\n", ""), "key stocks[0].price: is missing, and has no default"),
            (STOCK.replace("42.0", '"dear"'), "key stocks[0].price: expected float, got str"),
            (STOCK.replace("42.0", "-1.0"), "key stocks[0].price: expected float > 0.0"),
            (STOCK + 'venue = "moon"', "key stocks[0].venue: expected one of "),
            (STOCK + STOCK, "key stocks[1]: ACME NYSE USD is listed by key stocks[0] already"),
            (
                STOCK + "contract_id = 8314",
                "key stocks[0].contract_id: expected an id of its own; 8314 is taken by IBM STK",
            ),
            (
                '[[cfds]]\nunderlying = "NONE"',
                "key cfds[0].underlying: expected the local symbol of a listed",
            ),
            (
                '[venues.x]\nhours = "never"\nvalid_exchanges = ["X"]\norder_types = ""\nmarket_rule = 1',
                "key venues.x.hours: expected one of ",
            ),
            (
                '[hours.x]\nzone = "Asia/Tokyo"\nopening = "09:00"\nclosing = "15:00"\ncalendar = "XXXX"',
                "key hours.x.calendar: expected FX, 24/7 or a code of exchange_calendars, got 'XXXX'",
            ),
            (
                '[hours.x]\nzone = "Tokyo"\nopening = "09:00"\nclosing = "15:00"',
                "key hours.x.zone: expected a time zone such as Asia/Tokyo, got 'Tokyo'",
            ),
            ("[[stocks]\n", "is not TOML"),
        ],
    )
    def test_a_mistake_is_told_by_file_key_and_what_was_expected(self, write, text, words):
        path = write(text)

        with pytest.raises(ConfigurationError) as told:
            Catalogue(TODAY, path)

        assert str(told.value).startswith(f"{path}: ")
        assert words in str(told.value)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (
                'rule = "full_moon"',
                "futures[0].rule: expected one of third_friday, crude_oil, gold, currency",
            ),
            ('expiry_time = "noon"', "futures[0].expiry_time: expected a time and a zone"),
            ("months = [13]", "futures[0].months[0]: expected int <= 12"),
            ("months = []", "futures[0].months: expected array of length >= 1"),
        ],
    )
    def test_mistakes_in_chains_too(self, write, change, words):
        lines = {
            "symbol": '"X"',
            "venue": '"cme"',
            "name": '"X"',
            "rule": '"gold"',
            "months": "[3]",
            "expiry_time": '"09:00:00 US/Central"',
            "multiplier": '"5"',
            "tick": "1",
            "price": "100",
            "carry": "0",
            "volatility": "0.2",
            "daily_volume": "10",
        }
        key, _, value = change.partition(" = ")
        lines[key] = value
        path = write("[[futures]]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items()))

        with pytest.raises(ConfigurationError) as told:
            Catalogue(TODAY, path)

        assert words in str(told.value)

    def test_a_file_that_is_not_there_is_told(self, tmp_path):
        with pytest.raises(ConfigurationError, match=r"none\.toml: can't be read: No such file"):
            Catalogue(TODAY, tmp_path / "none.toml")


HEADER = "security_type,symbol,exchange,name,price,volatility,daily_volume\n"


class TestCsv:
    def test_a_row_is_an_entry_of_the_table_of_its_type(self, write):
        text = HEADER + "STK,ACME,NYSE,ACME CORP,42,0.3,1000000\nCRYPTO,SOL,,Solana,130,0.9,1000\n"

        catalogue = Catalogue(TODAY, write(text, "more.csv"))

        assert catalogue.identify(named("ACME")).price == 42.0
        assert catalogue.identify(named("SOL", "CRYPTO")).exchange == "PAXOS"

    def test_cells_with_several_values_have_blanks_between_them(self, write):
        text = (
            "security_type,symbol,venue,name,rule,months,expiry_time,multiplier,tick,price,carry,volatility,"
            "daily_volume\nFUT,NKD,cme,Nikkei,third_friday,3 12,09:00:00 US/Central,5,5,48000,0,0.2,100\n"
        )

        catalogue = Catalogue(TODAY, write(text, "more.csv"))

        futures = catalogue.find(named("NKD", "FUT"))
        assert [each.contract_month for each in futures] == ["202612", "202703"]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("symbol\nACME\n", "line 1: expected a header with a column security_type"),
            ("", "line 1: expected a header with a column security_type"),
            (HEADER + "\nXXX,ACME,NYSE,A,1,0,1", "line 3, column security_type: expected one of STK, IND"),
            (HEADER + "STK,ACME,NYSE,A,cheap,0,1", "line 2, column price: expected float, got str"),
            (HEADER + "STK,ACME,NYSE,A,,0,1", "line 2, column price: is missing, and has no default"),
            (HEADER + "STK,ACME,NYSE", "line 2: expected as many cells as the header has"),
            (HEADER + "STK,ACME,NYSE,A,1,0,1,7", "line 2: expected as many cells as the header has"),
            (
                HEADER + "STK,ACME,NYSE,A,1,0,1\nSTK,ACME,NYSE,A,1,0,1",
                "line 3: ACME NYSE USD is listed by line 2",
            ),
            (HEADER.strip() + ",venue\nSTK,ACME,NYSE,A,1,0,1,moon", "line 2, column venue: expected one of"),
        ],
    )
    def test_a_mistake_is_told_by_file_line_and_column(self, write, text, words):
        path = write(text, "more.csv")

        with pytest.raises(ConfigurationError) as told:
            Catalogue(TODAY, path)

        assert str(told.value).startswith(f"{path}: ")
        assert words in str(told.value)
