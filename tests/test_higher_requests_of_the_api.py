"""The higher requests over a real connection: IBKR_API against the simulated gateway, and the page of the docs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server

PAGE = Path(__file__).parent.parent / "docs" / "history_and_tables.md"
STOCK = Stock("IBM")


@pytest.mark.parametrize("version", [157, 178, 200, 226])
class TestAgainstTheGateway:
    def test_small_bars_of_weeks_come_whole(self, version, server_speaking):
        with server_speaking(version) as server, IBKR_API(server.host, server.port) as ibkr:
            now = datetime.now(UTC)

            history = ibkr.request_history(
                STOCK, now - timedelta(days=20), now - timedelta(days=2), "30 mins"
            )

            at_once = ibkr.request_historical_data(STOCK, "", "30 D", "30 mins", "TRADES", True, 2).bars
            assert list(history) == [bar for bar in at_once if history.start <= bar.at < history.end]
            assert len(history) > 13 * 10

    def test_weeks_of_years_come_whole(self, version, server_speaking):
        with server_speaking(version) as server, IBKR_API(server.host, server.port) as ibkr:
            now = datetime.now(UTC)

            history = ibkr.request_history(
                STOCK, now - timedelta(days=900), now - timedelta(days=30), "1 week"
            )

            at_once = ibkr.request_historical_data(STOCK, "", "4 Y", "1 week").bars
            assert list(history) == [
                bar for bar in at_once if history.start.date() <= bar.day < history.end.date()
            ]
            assert list(history.to_pandas()["day"].dt.date) == [bar.day for bar in history]


@pytest.fixture
def server_speaking():
    return lambda version: Server(Options(seed=3), tick=0.02, server_version=version)


def test_the_samples_of_the_page_run(server_speaking, capsys):
    samples = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    with server_speaking(200) as server:
        names = {"host": server.host, "port": server.port}
        exec("\n".join(samples), names)  # noqa: S102  # the page's own samples
        names["ibkr"].disconnect()

    assert "US/Eastern" in str(names["frame"].dtypes["at"])
    assert len(names["history"]) > 100
