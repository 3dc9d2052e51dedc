"""The commands that record and print, as people meet them."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.cli import app
from ibkr_actors.cli.recording import _serve, parse_address
from ibkr_actors.cli.statuses import EXIT_OK, EXIT_UNUSABLE
from ibkr_actors.recording.reader import Reader
from ibkr_actors.recording.records import Frame, encode_line
from ibkr_actors.simulated_gateway.server import Server
from tests.helpers import ran_here
from tests.recording.helpers import START, conversation, frame_of, handshake, written
from tests.test_cli import DEADLINE, MODULE, finished, only_line, running

VERSIONS = pytest.mark.parametrize("version", [178, 200, 226])


def printed(path: Path, *options: str) -> list[str]:
    result = ran_here(app, ["frames", str(path), *options])
    assert result.exit_code == EXIT_OK, result.stderr
    return result.stdout.splitlines()[1:]


def names(lines: list[str]) -> list[str]:
    """What stands behind the arrows of lines about messages."""
    return re.findall(r"(?:-->|<--) (\w+)\(", "\n".join(lines))


def trade(port: int, client_id: int = 4) -> None:
    """What the recordings of these tests hold."""
    with IBKR_API("127.0.0.1", port, client_id=client_id) as ibkr:
        apple = ibkr.request_contract_data(Stock("AAPL"))
        order = ibkr.place_order(LimitOrder("BUY", apple, 10, 1.0, account="DU1000001"))
        order.wait_for(["Submitted", "PreSubmitted"], timeout=DEADLINE)
        order.cancel()
        order.wait_for(["Cancelled"], timeout=DEADLINE)


@contextmanager
def listening(*command: str | Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A command that says where it listens; it has to end well when it is asked to."""
    with running(*MODULE, *command) as process:
        first = process.stdout.readline()
        yield process, int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", first)[1])
        process.terminate()
        _, log = process.communicate()
        assert "Traceback" not in log
        assert process.returncode == EXIT_OK


def recorded_day(path: Path, *options: str) -> None:
    """A gateway in another process records what a script does."""
    with listening("gateway", "--port", "0", "--record", path, *options) as (_, port):
        trade(port)


@VERSIONS
def test_a_gateway_records_what_our_client_says_and_hears(tmp_path, version):
    path = tmp_path / "day"

    recorded_day(path, "--server-version", str(version))

    lines = printed(path)
    assert names(lines)[:3] == ["StartApiRequest", "ManagedAccounts", "NextValidId"]
    assert names(printed(path, "--from", "client")) == [
        "StartApiRequest",
        "ContractDataRequest",
        "PlaceOrderRequest",
        "CancelOrderRequest",
    ]
    assert {"ContractData", "OpenOrder", "OrderStatus", "Notice"} <= set(
        names(printed(path, "--from", "bridge"))
    )
    assert any("DU1000001" in line for line in lines)
    assert not [line for line in lines if "Undecodable" in line or "no frame" in line]
    assert " closed: the " in lines[-1]


def test_a_redacted_recording_has_no_account_and_is_read_as_any(tmp_path):
    path = tmp_path / "day"

    recorded_day(path, "--redact")

    lines = printed(path)
    assert not [line for line in lines if "DU1000001" in line or "Undecodable" in line]
    assert {"DU0000001"} == {code for line in lines for code in re.findall(r"DU\d+", line)}
    assert "names redacted" in ran_here(app, ["frames", str(path)]).stdout.splitlines()[0]


class TestFrames:
    def test_is_filtered_by_all_that_one_asks_for(self, tmp_path):
        path = written(tmp_path / "r", conversation(178, *(NextValidId(number) for number in range(1, 9))))

        assert len(printed(path)) == 13
        assert len(printed(path, "--message", "next*", "--request", "3")) == 1
        assert len(printed(path, "--client", "7", "--since", "+3", "--until", "+5")) == 3
        assert len(printed(path, "--since", "04:26:43", "--until", "2026-12-23T05:26:44+01:00")) == 2
        assert printed(path, "--connection", "2") == []

    def test_shows_the_bytes_when_asked_to(self, tmp_path):
        path = written(tmp_path / "r", conversation(178, NextValidId(3)))

        assert printed(path, "--hex", "--message", "NextValidId")[1].split() == [
            *("000000", "39", "00", "31", "00", "33", "00", "9.1.3.")
        ]

    def test_redacts_a_recording_that_was_not(self, tmp_path):
        path = written(tmp_path / "r", conversation(226, ManagedAccounts("DU7654321")))

        assert printed(path)[-1].endswith("accounts_list='DU7654321')")
        assert printed(path, "--redact")[-1].endswith("accounts_list='DU0000001')")
        assert printed(path, "--redact-name", "ManagedAcc")[-1].endswith("accounts_list='DU0000001')")

    def test_reports_a_damaged_tail_beside_the_output_and_ends_well(self, tmp_path):
        path = written(tmp_path / "r", conversation(178, NextValidId(3)))
        path.write_bytes(path.read_bytes()[:-9])

        result = ran_here(app, ["frames", str(path)])

        assert result.exit_code == EXIT_OK
        assert only_line(result.stderr).startswith("line 7 can't be read: the recording ends within it")
        assert result.stdout.splitlines()[-1].endswith("StartApiRequest(client_id=7)")

    @pytest.mark.parametrize("time", ["soon", "+x", "+nan", "+1e400", "25:00", "2026-13-01"])
    def test_answers_a_time_that_is_none_with_an_example(self, tmp_path, time):
        result = ran_here(app, ["frames", str(written(tmp_path / "r", [])), "--since", time])

        assert result.exit_code == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith(f"error: --since '{time}': expected a time such as ")

    def test_refuses_what_is_no_recording_in_one_line(self, tmp_path):
        (tmp_path / "r").write_text("hello\n")

        result = ran_here(app, ["frames", str(tmp_path / "r")])

        assert result.exit_code == EXIT_UNUSABLE
        assert (
            only_line(result.stderr) == f"error: {tmp_path / 'r'} is no recording: its first line is 'hello'"
        )

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send these signals to another process")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_follows_a_recording_that_grows_until_a_signal(self, tmp_path, number):
        path = written(tmp_path / "r", handshake(178))
        with running(*MODULE, "frames", path, "--follow") as process:
            seen = [process.stdout.readline() for _ in range(6)]
            with path.open("ab") as file:
                file.write(encode_line(frame_of(NextValidId(3), 178)) + b"\n")
            last = process.stdout.readline()
            process.send_signal(number)
            _, log = process.communicate()

        assert seen[-1].endswith("StartApiRequest(client_id=7)\n")
        assert last.endswith("<-- NextValidId(order_id=3)\n")
        assert (process.returncode, log) == (EXIT_OK, "")

    def test_ends_quietly_when_nobody_reads_on(self, tmp_path):
        large = [Frame(START, 1, Role.GATEWAY, b"x" * 500) for _ in range(2_000)]
        path = written(tmp_path / "r", large)
        with running(*MODULE, "frames", path) as process:
            process.stdout.readline()
            process.stdout.close()
            log = process.stderr.read()

        assert log == ""

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
    def test_is_in_colours_on_a_terminal_only(self, tmp_path):
        path = written(tmp_path / "r", handshake(178))
        ours, theirs = os.openpty()
        environment = {**os.environ, "TERM": "xterm-256color"}
        environment.pop("NO_COLOR", None)
        command = [*MODULE, "frames", str(path)]
        subprocess.run(command, stdout=theirs, check=True, env=environment, timeout=DEADLINE)  # noqa: S603

        with open(ours, "rb", buffering=0) as terminal:
            shown = terminal.read(1 << 14)
        os.close(theirs)

        assert b"\x1b[" in shown
        assert "\x1b[" not in finished(*command).stdout


def frames_of(path: Path, connection: int) -> list[tuple[Role, bytes]]:
    """What one connection carried, in its order."""
    with Reader(path) as reader:
        events = list(reader.events())
        assert reader.tail() is None
    frames = [event for event in events if isinstance(event, Frame) and event.connection == connection]
    return [(frame.sender, frame.payload) for frame in frames]


class TestTheProxy:
    @pytest.mark.parametrize("version", [178, 226])
    def test_in_front_of_a_gateway_records_the_frames_that_the_gateway_has_seen(self, tmp_path, version):
        there, here = tmp_path / "gateway", tmp_path / "proxy"
        gateway = ("gateway", "--port", "0", "--server-version", str(version), "--record", there)
        with (
            listening(*gateway) as (_, bridge),
            listening("record", "--listen", "0", "--bridge", f"127.0.0.1:{bridge}", here) as (_, port),
        ):
            trade(port, client_id=1)
            trade(port, client_id=2)

        for connection in (1, 2):
            assert frames_of(here, connection) == frames_of(there, connection)
            assert len(frames_of(here, connection)) > 15
        assert [line for line in printed(here) if "closed: " in line]

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send these signals to another process")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_ends_on_a_signal_with_its_clients_and_a_whole_recording(self, tmp_path, number):
        path = tmp_path / "proxy"
        with (
            Server() as bridge,
            running(
                *MODULE, "record", "--listen", "0", "--bridge", f"127.0.0.1:{bridge.port}", path, "--redact"
            ) as process,
        ):
            port = int(process.stdout.readline().rpartition(":")[2])
            with IBKR_API("127.0.0.1", port, client_id=4) as ibkr:
                ibkr.request_positions()
                process.send_signal(number)
                _, log = process.communicate()

        assert process.returncode == EXIT_OK
        assert "Traceback" not in log
        assert names(printed(path))[-1] == "PositionEnd"
        assert {"DU0000001"} == {code for line in printed(path) for code in re.findall(r"DU\d+", line)}
        assert printed(path)[-1].endswith("closed: the proxy was stopped")

    def test_that_was_stopped_takes_another_signal_while_the_disk_is_slow(self, monkeypatch):
        class Stopped:
            async def run(self, _stopped, _listening) -> None:
                return

        hear: dict[int, Any] = {}
        monkeypatch.setattr(signal, "signal", hear.__setitem__)

        asyncio.run(_serve(Stopped()))

        hear[signal.SIGINT](signal.SIGINT, None)
        hear[signal.SIGTERM](signal.SIGTERM, None)

    @pytest.mark.parametrize("address", ["7497", "localhost", "localhost:0", "localhost:x", ":7497"])
    def test_answers_an_address_that_is_none_with_an_example(self, tmp_path, address):
        result = ran_here(app, ["record", "--listen", "0", "--bridge", address, str(tmp_path / "r")])

        assert result.exit_code == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith(
            f"error: --bridge '{address}': expected HOST:PORT, such as "
        )

    def test_leaves_no_file_behind_when_its_port_is_taken(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            command = ("record", "--listen", str(port), "--bridge", "127.0.0.1:7497", tmp_path / "r")
            result = finished(*MODULE, *command)

        assert result.returncode == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith(f"error: the recorder can't listen on 127.0.0.1:{port}: ")
        assert not (tmp_path / "r").exists()

    def test_takes_an_address_of_either_kind(self):
        assert parse_address("localhost:7497") == ("localhost", 7497)
        assert parse_address("[::1]:4002") == ("::1", 4002)


class TestRecordingOptions:
    def test_a_file_that_exists_is_one_line_and_status_2(self, tmp_path):
        (tmp_path / "r").write_text("precious")

        result = ran_here(app, ["gateway", "--port", "0", "--record", str(tmp_path / "r")])

        assert result.exit_code == EXIT_UNUSABLE
        assert "exists already, and a recording is never overwritten" in only_line(result.stderr)

    def test_redacting_without_recording_is_one_line_and_status_2(self):
        result = ran_here(app, ["gateway", "--redact"])

        assert result.exit_code == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith("error: --redact needs --record FILE")
