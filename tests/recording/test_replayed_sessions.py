"""The same client code gets the same values from a recording as it got from the gateway that was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.bridge_connection import BridgeAddress, BridgeConnection
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.cli import app
from ibkr_actors.errors import HandshakeRefused, OrderEnded, RequestRejected
from ibkr_actors.recording.exchanges import read_exchanges
from ibkr_actors.recording.recorder import Recorder
from ibkr_actors.recording.redactor import Redactor
from ibkr_actors.recording.replay import Replay
from ibkr_actors.simulated_gateway.server import Server
from tests.helpers import in_full, ran_here
from tests.test_cli import EXIT_OK, EXIT_UNUSABLE, MODULE, only_line, running

VERSIONS = pytest.mark.parametrize("version", [178, 200, 226])
DEADLINE = 10.0


def day_of(port: int, client_id: int) -> dict[str, Any]:
    """What somebody does who asks for a bit of everything, and what came of it."""
    with IBKR_API("127.0.0.1", port, client_id, timeout=DEADLINE) as ibkr:
        apple = ibkr.request_contract_data(Stock("AAPL"))
        bought = ibkr.place_order(MarketOrder("BUY", apple, 10))
        filled = bought.wait_for(["Filled"], timeout=DEADLINE)
        resting = ibkr.place_order(LimitOrder("BUY", apple, 10, 1.0))
        resting.wait_for(["Submitted", "PreSubmitted"], timeout=DEADLINE)
        resting.cancel()
        cancelled = resting.wait_for(["Cancelled"], timeout=DEADLINE)
        return {
            "contract": apple,
            "filled": (filled.status, filled.filled, filled.average_price),
            "cancelled": cancelled.status,
            "bars": ibkr.request_historical_data(apple, duration="2 D", bar_size="1 hour").bars,
            "positions": ibkr.request_positions(),
            "executions": [each.execution for each in ibkr.request_executions()],
            "completed": [each.order.permanent_id for each in ibkr.request_completed_orders()],
            "families": ibkr.request_family_codes(),
            "symbols": ibkr.request_matching_symbols("AAPL")[1],
        }


def same_but_for_the_client(values: Any, client_id: int) -> Any:
    """All fields of all values; the client's own id is put aside."""
    for execution in values["executions"]:
        assert execution.client_id == client_id
    return in_full([value for name, value in values.items() if name != "executions"]), [
        (execution.order_id, execution.execution_id, execution.price, execution.shares)
        for execution in values["executions"]
    ]


def recorded(path: Path, version: int, **options: Any) -> dict[str, Any]:
    with (
        Recorder(path, bridge="a test", **options) as recorder,
        Server(server_version=version, tick=0.02, wiretap=recorder) as server,
    ):
        return day_of(server.port, 1)


def replayed(path: Path, version: int, client_id: int, *, at_once: bool = True) -> dict[str, Any]:
    replay = Replay(read_exchanges(path), server_version=version, at_once=at_once)
    with Server(responder=replay, server_version=version, oldest_version=version, tick=0.01) as server:
        return day_of(server.port, client_id)


class TestAReplay:
    @VERSIONS
    def test_gives_the_same_code_the_same_values(self, tmp_path, version):
        then = recorded(tmp_path / "day", version)

        now = replayed(tmp_path / "day", version, client_id=5)

        assert same_but_for_the_client(now, 5) == same_but_for_the_client(then, 1)
        assert len(now["bars"]) > 2
        assert now["executions"]

    def test_may_take_its_time(self, tmp_path):
        then = recorded(tmp_path / "day", 226)

        now = replayed(tmp_path / "day", 226, client_id=5, at_once=False)

        assert same_but_for_the_client(now, 5) == same_but_for_the_client(then, 1)

    @pytest.mark.parametrize("version", [200, 226])
    def test_of_a_redacted_recording_differs_in_names_only(self, tmp_path, version):
        then = recorded(tmp_path / "day", version, redactor=Redactor())

        now = replayed(tmp_path / "day", version, client_id=5)

        assert then["positions"][0].account == "DU1000001"
        assert now["positions"][0].account == "DU0000001"
        assert now["bars"] == then["bars"]


def test_a_server_with_another_responder_has_no_gateway_to_hold(tmp_path):
    recorded(tmp_path / "day", 226)
    replay = Replay(read_exchanges(tmp_path / "day"), server_version=226)

    with (
        Server(responder=replay) as server,
        pytest.raises(RuntimeError, match="there is no simulated gateway"),
        server.hold(),
    ):
        pass


@pytest.fixture(scope="module")
def day(tmp_path_factory) -> Path:
    """A recording at server version 200."""
    path = tmp_path_factory.mktemp("recording") / "day"
    recorded(path, 200)
    return path


class TestTheCommand:
    def test_serves_a_recording_and_names_what_it_does_not_hold(self, day):
        with running(*MODULE, "gateway", "--port", "0", "--replay", day, "--speed", "inf") as process:
            port = int(process.stdout.readline().rpartition(":")[2])
            with IBKR_API("127.0.0.1", port, 3, timeout=DEADLINE) as ibkr:
                assert ibkr.request_contract_data(Stock("AAPL")).contract_id == 265598
                with pytest.raises(
                    RequestRejected, match=r"differs in contract.symbol \('MSFT', recorded 'AAPL'\)"
                ):
                    ibkr.request_contract_data(Stock("MSFT"))
                order = ibkr.place_order(LimitOrder("SELL", Stock("AAPL"), 1, 2.0))
                with pytest.raises(OrderEnded, match="does not hold this PlaceOrderRequest"):
                    order.wait_for(["Filled"], timeout=DEADLINE)
            process.terminate()
            assert process.wait() == EXIT_OK

    def test_serves_no_client_of_another_version(self, day):
        with running(*MODULE, "gateway", "--port", "0", "--replay", day) as process:
            port = int(process.stdout.readline().rpartition(":")[2])
            address = BridgeAddress(port=port, highest_version=178)
            with pytest.raises(HandshakeRefused):
                BridgeConnection(address, lambda _: None, lambda _: None).open(DEADLINE)

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            (["--seed", "1"], "--seed is about a simulated market, and a recording has none: leave it out"),
            (["--hours", "always"], "--hours is about a simulated market"),
            (["--server-version", "178"], "was recorded at server version 200, not 178"),
            (["--speed", "0"], "--speed: a clock's speed has to be a number above zero"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, day, options, reason):
        result = ran_here(app, ["gateway", "--port", "0", "--replay", str(day), *options])

        assert result.exit_code == EXIT_UNUSABLE
        assert reason in only_line(result.stderr)
