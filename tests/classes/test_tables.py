"""Values become tables of pandas and polars: typed columns, exact decimals, aware times, and clear errors."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import polars as pl
import pytest

from ibkr_actors.base.fills import Fill
from ibkr_actors.base.messages import catalog
from ibkr_actors.base.messages.accounts import AccountValue, PortfolioValue, Position
from ibkr_actors.base.messages.executions import CommissionAndFeesReport
from ibkr_actors.base.messages.history import RealTimeBar
from ibkr_actors.base.messages.orders import OpenOrder
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.contracts.option import Call
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.option_chain import Chain, Chains
from ibkr_actors.classes.rows import Rows
from ibkr_actors.classes.scanner import ScannerRow
from ibkr_actors.classes.tables import columns_of
from ibkr_actors.classes.tick import HistoricalTickBidAsk, HistoricalTickLast
from ibkr_actors.errors import InvalidRequest, MissingExtra

NINE_THIRTY = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("US/Eastern"))
BARS = Rows(
    [
        Bar("1795444200", 1.0, 2.0, 0.5, 1.5, 100.0, 1.2, 7),
        Bar("20261123 09:31:00 US/Eastern", 1.5, 2.5, 1.0, 2.0, -1.0, -1.0, -1),
    ]
)
POSITIONS = Rows(
    [
        Position("DU1", Stock("IBM", contract_id=8314), Decimal(100), 187.5),
        Position("DU1", Call("IBM", "20261218", 200.0), Decimal("-0.125"), 3.25),
    ]
)
FILLS = Rows(
    [
        Fill(
            Stock("IBM"),
            Execution(execution_id="a.01", time="20261123-14:30:00", shares=Decimal("0.5"), side="BOT"),
            CommissionAndFeesReport("a.01", 1.25, "USD"),
        ),
        Fill(Stock("IBM"), Execution(execution_id="b.01", side="SPECIAL")),
    ]
)


class TestPandas:
    def test_bars_have_numbers_and_aware_times(self):
        frame = BARS.to_pandas()

        assert list(frame["at"]) == [NINE_THIRTY, NINE_THIRTY + timedelta(minutes=1)]
        assert str(frame.dtypes["at"]) == "datetime64[us, UTC]"
        assert (str(frame.dtypes["close"]), str(frame.dtypes["count"])) == ("float64", "int64")

    def test_times_are_in_the_zone_that_is_asked_for(self):
        for zone in ("US/Eastern", ZoneInfo("US/Eastern")):
            frame = BARS.to_pandas(zone=zone)

            assert str(frame.dtypes["at"]) == "datetime64[us, US/Eastern]"
            assert str(frame["at"][0]) == "2026-11-23 09:30:00-05:00"

    def test_days_are_days(self):
        frame = Rows([Bar("20261123")]).to_pandas()

        assert frame["day"][0] == pd.Timestamp("2026-11-23")
        assert pd.isna(frame["at"][0])

    def test_what_is_owned_is_decimal(self):
        assert list(POSITIONS.to_pandas()["position"]) == [Decimal(100), Decimal("-0.125")]

    def test_codes_are_categories_and_unknown_ones_stay(self):
        side = FILLS.to_pandas()["execution_side"]

        assert side.dtype == "category"
        assert list(side) == ["BOT", "SPECIAL"]

    def test_what_a_value_without_its_part_has_not_is_missing(self):
        frame = FILLS.to_pandas()

        assert list(frame["commission_and_fees"].isna()) == [False, True]
        assert list(frame["commission_currency"].isna()) == [False, True]

    def test_numbers_that_may_be_unset_are_nullable(self):
        rows = Rows([Execution(option_exercise_or_lapse_type=1), Execution()])

        assert str(rows.to_pandas().dtypes["option_exercise_or_lapse_type"]) == "Int64"

    def test_values_inside_several_are_json(self):
        bag = Contract(symbol="IBM", combo_legs=(ComboLeg(1, 2, "BUY"),))

        legs = Rows([bag, Contract()]).to_pandas()["combo_legs"]

        assert '"contract_id":1' in legs[0]
        assert pd.isna(legs[1])


class TestPolars:
    def test_bars_have_numbers_and_aware_times(self):
        frame = BARS.to_polars(zone="US/Eastern")

        assert frame.schema["at"] == pl.Datetime("us", "US/Eastern")
        assert frame["at"][0] == NINE_THIRTY
        assert (frame.schema["close"], frame.schema["count"]) == (pl.Float64, pl.Int64)

    def test_days_are_days(self):
        assert Rows([Bar("20261123")]).to_polars()["day"].to_list() == [date(2026, 11, 23)]

    def test_what_is_owned_is_decimal(self):
        frame = POSITIONS.to_polars()

        assert frame.schema["position"] == pl.Decimal(38, 3)
        assert frame["position"].to_list() == [Decimal(100), Decimal("-0.125")]

    def test_codes_are_categories_and_unknown_ones_stay(self):
        frame = FILLS.to_polars()

        assert frame.schema["execution_side"] == pl.Categorical
        assert frame["execution_side"].to_list() == ["BOT", "SPECIAL"]

    def test_what_a_value_without_its_part_has_not_is_null(self):
        frame = FILLS.to_polars()

        assert frame["commission_and_fees"].to_list() == [1.25, None]
        assert frame["execution_at"].to_list() == [datetime(2026, 11, 23, 14, 30, tzinfo=UTC), None]


WITH_VALUES = [reply for reply in catalog.REPLIES.values() if set(reply.__struct_fields__) - {"request_id"}]
"""Replies but those that only say that there are no more."""


@pytest.mark.parametrize("make", ["to_pandas", "to_polars"])
class TestEitherLibrary:
    @pytest.mark.parametrize("reply", WITH_VALUES, ids=lambda reply: reply.__name__)
    def test_takes_every_reply_of_the_protocol(self, reply, make):
        for rows in (Rows([reply(), reply()]), Rows((), reply)):
            frame = getattr(rows, make)()

            assert len(frame) == len(rows)
            assert [*frame.columns] == [each.name for each in columns_of(reply) if each.name != "request_id"]

    @pytest.mark.parametrize(
        "value",
        [
            RealTimeBar(time=1795444200),
            HistoricalTickLast(1795444200),
            HistoricalTickBidAsk(1795444200),
            AccountValue("NetLiquidation", "1.0", "USD", "DU1"),
            ScannerRow(1, Stock("IBM")),
        ],
    )
    def test_takes_what_calls_return(self, value, make):
        frame = getattr(Rows([value]), make)()

        if hasattr(value, "at"):
            assert frame["at"][0] == NINE_THIRTY

    def test_has_only_the_columns_that_are_named(self, make):
        frame = getattr(POSITIONS, make)(["contract_symbol", "position"])

        assert [*frame.columns] == ["contract_symbol", "position"]

    def test_refuses_a_column_that_there_is_not(self, make):
        with pytest.raises(
            InvalidRequest, match="Position has no column symbol; it has account, contract_id"
        ):
            getattr(POSITIONS, make)(["symbol"])

    @pytest.mark.parametrize("zone", ["Mars/Base", timezone(timedelta(hours=1)), "", None])
    def test_refuses_a_zone_that_has_no_name(self, make, zone):
        with pytest.raises(InvalidRequest, match="is no time zone with a name"):
            getattr(BARS, make)(zone=zone)

    def test_of_no_rows_of_no_kind_is_empty(self, make):
        assert len(getattr(Rows(), make)()) == 0

    def test_of_rows_of_several_kinds_is_refused(self, make):
        rows = Rows([AccountValue(), PortfolioValue()])

        with pytest.raises(InvalidRequest, match=r"several kinds \(AccountValue, PortfolioValue\)"):
            getattr(rows, make)()
        assert len(getattr(rows.of(PortfolioValue), make)()) == 1

    def test_that_is_not_installed_is_named_with_what_to_do(self, make, monkeypatch):
        library = make.removeprefix("to_")
        monkeypatch.setitem(sys.modules, library, None)

        with pytest.raises(MissingExtra, match=rf"needs {library}.*pip install ibkr-actors\[frames\]"):
            getattr(BARS, make)()

    def test_of_chains_has_a_row_for_each_expiration_with_each_strike(self, make):
        days = (date(2026, 12, 18), date(2027, 1, 15))
        chain = Chain(Stock("IBM"), "SMART", "IBM", "100", days, (190.0, 200.0))

        frame = getattr(Chains([chain, chain]), make)()

        assert len(frame) == 8
        assert [*frame["strike"]][:2] == [190.0, 200.0]


class TestRows:
    def test_a_slice_is_rows_too(self):
        assert isinstance(BARS[:1], Rows)
        assert BARS[:0].kind is None
        assert Rows((), Bar)[:0].kind is Bar

    def test_many_are_shown_in_one_line_and_few_in_full(self):
        bars = Rows([Bar(str(day)) for day in range(400)], Bar)

        assert repr(bars[:50]) == repr(list(bars[:50]))
        assert repr(bars) == (
            f"[{bars[0]!r}, {bars[1]!r}, {bars[2]!r}, ... 394 more ..., {bars[397]!r}, {bars[398]!r}, {bars[399]!r}]"
        )

    def test_a_chain_is_shown_without_its_strikes(self):
        chain = Chain(Stock("IBM"), "SMART", "IBM", "100", (date(2026, 12, 18),), (200.0, 205.0))

        assert repr(Chains([chain])) == (
            "[<Chain IBM at SMART x100: 1 expirations (2026-12-18 to 2026-12-18), 2 strikes>]"
        )

    def test_contracts_of_several_kinds_are_contracts(self):
        assert len(Rows([Stock("IBM"), Call("IBM", "20261218", 200.0)]).to_polars()) == 2


def test_the_name_of_a_column_that_is_taken_is_told_in_full():
    names = [column.name for column in columns_of(OpenOrder)]

    assert names.index("order_id") < names.index("order_order_id")
    assert len(names) == len(set(names))
