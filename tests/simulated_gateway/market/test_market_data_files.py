"""Files of bars and ticks: which forms they may have, and how mistakes are told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.rows import Rows
from ibkr_actors.cli import app
from ibkr_actors.cli.statuses import EXIT_UNUSABLE
from ibkr_actors.configuration import load
from ibkr_actors.errors import ConfigurationError, MissingExtra
from ibkr_actors.simulated_gateway.market import market_data_files
from ibkr_actors.simulated_gateway.market.market_data_files import MarketData
from tests.helpers import ran_here
from tests.simulated_gateway.market.replayed import TICKS, bars_text, written

SAMPLE = str(Path(__file__).parents[3] / "config/catalogues/sample.toml")
AT = datetime(2026, 3, 2, 14, 30, tzinfo=UTC).timestamp()
HEADER = "time,open,high,low,close,volume\n"
FIRST = "2026-03-02T09:30:00-05:00,10,11,9,10.5,100\n"


def times_of(path: str) -> list[float]:
    return [row.time for row in MarketData.read(path).rows]


class TestForms:
    @pytest.mark.parametrize(
        "time",
        [
            "2026-03-02T09:30:00-05:00",
            "2026-03-02 14:30:00Z",
            "20260302 09:30:00 US/Eastern",
            "20260302-14:30:00",
            "1772461800",
            "1772461800.0",
        ],
    )
    def test_times_may_be_written_in_every_way_that_has_a_zone(self, tmp_path, time):
        assert times_of(written(tmp_path, f"{HEADER}{time},10,11,9,10.5,100\n")) == [AT]

    @pytest.mark.parametrize("name", ["time", "date", "datetime", "timestamp", "at", "Time"])
    def test_the_column_of_times_has_several_names(self, tmp_path, name):
        text = HEADER.replace("time", name) + FIRST

        assert times_of(written(tmp_path, text)) == [AT]

    @pytest.mark.parametrize("day", ["2026-03-02", "20260302"])
    def test_a_date_alone_is_a_trading_day(self, tmp_path, day):
        row = MarketData.read(written(tmp_path, f"{HEADER}{day},10,11,9,10.5,\n")).rows[0]

        assert (row.day, row.values["volume"]) == (datetime(2026, 3, 2, tzinfo=UTC).date(), None)

    def test_ticks_are_told_from_bars_by_their_columns(self, tmp_path):
        data = MarketData.read(written(tmp_path, TICKS))

        assert not data.is_bars
        assert (len(data.rows), data.rows[1].place, data.rows[1].values["size"]) == (7, 3, 100.0)

    def test_the_name_of_the_file_names_the_instrument_unless_one_is_given(self, tmp_path):
        path = written(tmp_path, bars_text(), "EUR.USD.csv")

        assert MarketData.read(path).name == "EUR.USD"
        assert MarketData.read(f"AAPL={path}").name == "AAPL"
        assert MarketData.read(Path(path)).path == Path(path)

    def test_parquet_has_the_same_columns(self, tmp_path):
        path = tmp_path / "AAPL.parquet"
        pl.read_csv(written(tmp_path, bars_text()), try_parse_dates=True).write_parquet(path)

        of_parquet, of_csv = MarketData.read(path).rows, MarketData.read(tmp_path / "AAPL.csv").rows

        assert [row[1:] for row in of_parquet] == [row[1:] for row in of_csv]
        assert (of_parquet[0].place, of_csv[0].place) == (1, 2)

    def test_history_of_a_client_can_be_written_and_replayed(self, tmp_path):
        bars = Rows([Bar("20260302 09:30:00 US/Eastern", 10, 11, 9, 10.5, 100, 10.1, 7)], Bar)
        bars.to_polars().write_parquet(tmp_path / "AAPL.parquet")
        bars.to_polars().write_csv(tmp_path / "AAPL.csv")

        for name in ("AAPL.parquet", "AAPL.csv"):
            (row,) = MarketData.read(tmp_path / name).rows
            assert (row.time, row.values["close"], row.values["volume"]) == (AT, 10.5, 100.0)


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "line 1: expected a header with time and either open, high, low, close (bars) or price"),
            ("time,open,high,low\n", "line 1: expected a header with time and either"),
            (HEADER, "expected at least one line of data"),
            (
                HEADER + "2026-03-02 09:30:00,10,11,9,10.5,100",
                "line 2, column time: '2026-03-02 09:30:00' has no time zone; expected an aware time such as "
                "2026-11-23T09:30:00-05:00, 20261123 09:30:00 US/Eastern or epoch seconds. Write the offset",
            ),
            (HEADER + "20261332,10,11,9,10.5,100", "line 2, column time: expected an aware time, or a date"),
            (HEADER + "noon,10,11,9,10.5,100", "line 2, column time: expected an aware time, or a date"),
            (HEADER + "1772461800000,10,11,9,10.5,100", "line 2, column time: expected an aware time"),
            (HEADER + FIRST + FIRST, "line 3, column time: is the time of line 2 too; expected one bar"),
            (
                HEADER + FIRST.replace(":30:00", ":31:00") + FIRST,
                "line 3, column time: is earlier than line 2; sort the rows by time",
            ),
            (HEADER + FIRST + "2026-03-03,10,11,9,10.5,100", "line 3, column time: expected times or dates"),
            (HEADER + FIRST.replace("10.5", "NaN"), "line 2, column close: expected a number, got 'NaN'"),
            (HEADER + FIRST.replace("10.5", "inf"), "line 2, column close: expected a number, got 'inf'"),
            (HEADER + FIRST.replace("10.5", "ten"), "line 2, column close: expected a number, got 'ten'"),
            (HEADER + FIRST.replace("10.5", ""), "line 2, column close: expected a price in every bar"),
            (HEADER + FIRST.replace("10.5", "-1"), "line 2, column close: expected a number above 0, got -1"),
            (HEADER + FIRST.replace(",100", ",-1"), "line 2, column volume: expected a number not below 0"),
            (HEADER + FIRST.replace("11", "10.2"), "line 2: expected open and close between low and high"),
            (HEADER + FIRST.replace(",100", ""), "line 2: expected 6 cells, got 5"),
            ("time,price\n2026-03-02,10", "line 2, column time: expected an aware time for a tick"),
            ("time,price,size\n1772461800,,5", "line 2: expected a price, or a bid and an ask"),
            ("time,bid,ask\n1772461800,10,10", "line 2: expected a bid below the ask, got 10 and 10"),
            ("time,bid,ask\n1772461800,10,", "line 2: expected a price, or a bid and an ask"),
        ],
    )
    def test_a_mistake_is_told_by_file_line_and_what_was_expected(self, tmp_path, text, words):
        path = written(tmp_path, text)

        with pytest.raises(ConfigurationError) as told:
            MarketData.read(path)

        assert str(told.value).startswith(f"{path}: ")
        assert words in str(told.value)

    def test_times_without_a_zone_are_refused_in_parquet_with_the_fix(self, tmp_path):
        path = tmp_path / "AAPL.parquet"
        frame = pl.DataFrame({"time": [datetime(2026, 3, 2, 9, 30)], "price": [1.0]})  # noqa: DTZ001
        frame.write_parquet(path)

        with pytest.raises(ConfigurationError, match=r"row 1, column time: .*replace_time_zone"):
            MarketData.read(path)

    def test_nan_in_parquet_is_refused_by_its_row(self, tmp_path):
        path = tmp_path / "AAPL.parquet"
        frame = pl.DataFrame({"time": [1772461800, 1772461801], "price": [1.0, float("nan")]})
        frame.write_parquet(path)

        with pytest.raises(ConfigurationError, match=r"row 2, column price: expected a number, got nan"):
            MarketData.read(path)

    def test_a_file_that_is_not_there_or_no_parquet_is_told(self, tmp_path):
        with pytest.raises(ConfigurationError, match="can't be read: No such file"):
            MarketData.read(tmp_path / "none.csv")
        with pytest.raises(ConfigurationError, match="can't be read by polars"):
            MarketData.read(written(tmp_path, "no parquet", "AAPL.parquet"))

    def test_parquet_needs_a_library_and_says_which_extra_brings_it(self, tmp_path, monkeypatch):
        def missing(name: str) -> None:
            raise ImportError(name)

        monkeypatch.setattr(market_data_files, "import_module", missing)

        with pytest.raises(MissingExtra, match=r"pip install ibkr-actors\[frames\]"):
            MarketData.read(tmp_path / "AAPL.parquet")


class TestCommandLine:
    def test_a_mistake_in_data_or_catalogue_ends_the_command_with_one_line(self, tmp_path):
        data, catalogue = written(tmp_path, "time\n"), written(tmp_path, "[[stocks]]\n", "mine.toml")

        for option, path in (("--data", data), ("--catalogue", catalogue)):
            told = ran_here(app, ["gateway", "--port", "0", option, path])

            assert told.exit_code == EXIT_UNUSABLE
            assert told.output.startswith(f"error: {path}: ")
            assert len(told.output.splitlines()) == 1

    def test_a_configuration_names_catalogue_and_data(self, tmp_path):
        data, path = written(tmp_path, bars_text()), tmp_path / "desk.toml"
        path.write_text(f'[bridge]\nsimulated = true\ncatalogue = "{SAMPLE}"\ndata = ["ACME={data}"]\n')

        loaded = load(path)

        assert loaded.configuration.bridge.catalogue == SAMPLE
        assert [(each.name, len(each.rows)) for each in loaded.data] == [("ACME", 60)]

    @pytest.mark.parametrize(
        ("keys", "words"),
        [
            ('simulated = true\ncatalogue = "none.toml"', "none.toml: can't be read: No such file"),
            ('simulated = true\ndata = ["none.csv"]', "none.csv: can't be read: No such file"),
            ('catalogue = "mine.toml"', "key bridge.catalogue: has no effect without simulated = true"),
            ('data = ["AAPL.csv"]', "key bridge.data: has no effect without simulated = true"),
        ],
    )
    def test_mistakes_in_them_are_told_before_anything_runs(self, tmp_path, keys, words):
        path = tmp_path / "desk.toml"
        path.write_text(f"[bridge]\n{keys}\n")

        with pytest.raises(ConfigurationError) as told:
            load(path)

        assert words in str(told.value)
