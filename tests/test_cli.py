"""The commands as people meet them: what they print, and with which status they end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibkr_actors.actors.journal import Journal
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest
from ibkr_actors.cli import app
from ibkr_actors.cli.desk import _desk, parse_duration
from ibkr_actors.cli.statuses import EXIT_FAILED, EXIT_OK, EXIT_UNUSABLE
from ibkr_actors.configuration import load
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.scripted_bridge import ScriptedBridge
from tests.helpers import ran_here

ROOT = Path(__file__).parent.parent
RUN = [sys.executable, str(ROOT / "run.py")]
MODULE = [sys.executable, "-m", "ibkr_actors"]
DEADLINE = 20.0
EXIT_INTERRUPTED = 130
PARAMETERS = (
    '[strategies.parameters]\ncode = "a"\npolicy = "b"\nstrategy = "c"\nself = "d"\nparameters = "e"\n'
)
CANCEL = 'orders_at_death = "cancel"\n'
"""Of the last strategy of a file."""

STRATEGIES = """
import time

import msgspec
from msgspec import Struct
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder


class Failing(StrategyActor):
    def initialize(self):
        raise RuntimeError("no good")


class Done(StrategyActor):
    def act(self):
        self.stop()


class Patient(StrategyActor):
    pass


class Stubborn(StrategyActor):
    def stop(self):
        raise RuntimeError("not now")


class Names(StrategyActor):
    class Parameters(Struct, forbid_unknown_fields=True):
        code: str
        policy: str
        strategy: str
        self: str
        parameters: str

    def act(self):
        print("was given", *msgspec.structs.astuple(self.parameters), flush=True)
        self.stop()


class Slow(StrategyActor):
    lives = []

    def __init__(self, code, parameters=None):
        super().__init__(code, parameters)
        self.lives.append(self)
        time.sleep(2.5)

    def initialize(self):
        if len(self.lives) == 1:
            raise RuntimeError("only once")


class FragileBuyer(StrategyActor):
    def initialize(self):
        self.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0))

    def connection_changed(self, change):
        raise RuntimeError("not prepared for that")
"""


@pytest.fixture
def desk(tmp_path: Path):
    """Writes the configuration of a desk, with strategies of this test beside it."""
    (tmp_path / "some_strategies.py").write_text(STRATEGIES)

    def written(text: str = "bridge = {simulated = true}", **strategies: str) -> Path:
        path = tmp_path / "desk.toml"
        tables = [
            f'[[strategies]]\ncode = "{code}"\nstrategy = "some_strategies:{name}"\n'
            "restart = {most_failures = 1, first_delay = 0.01}\n"
            for code, name in strategies.items()
        ]
        path.write_text("\n".join([text, *tables]))
        return path

    return written


def finished(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(  # noqa: S603  # our own programs
        [str(part) for part in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def ran(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`run.py` with a configuration, from the folder that it is in."""
    return finished(*RUN, "--config", path.name, *options, cwd=path.parent)


@contextlib.contextmanager
def running(*command: str | Path, cwd: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    """A command that has to be ended; killed when it outlives the deadline or the test."""
    process = subprocess.Popen(  # noqa: S603  # our own programs
        [str(part) for part in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    guard = threading.Timer(DEADLINE, process.kill)
    guard.start()
    try:
        yield process
    finally:
        guard.cancel()
        process.kill()
        process.communicate()


def wait_for_line(stream, text: str) -> str:
    """The first line with a text in it, of a process that is killed at the deadline."""
    for line in stream:
        if text in line:
            return line
    raise AssertionError(f"the output ended without {text!r}")


def only_line(stream: str) -> str:
    """The one line that a stream has; a traceback, or a second wording of the same, would be more."""
    (line,) = stream.splitlines()
    return line


class TestDuration:
    @pytest.mark.parametrize(
        ("text", "seconds"), [("20", 20), ("20s", 20), ("1.5s", 1.5), ("5m", 300), ("2h", 7200), (" 3s ", 3)]
    )
    def test_is_a_number_of_seconds_minutes_or_hours(self, text, seconds):
        assert parse_duration(text) == seconds

    @pytest.mark.parametrize("text", ["", "s", "20 s", "-1s", "1d", "1h30m", "soon"])
    def test_anything_else_is_answered_with_an_example(self, text):
        with pytest.raises(ConfigurationError, match="expected a number and s, m or h, such as 20s"):
            parse_duration(text)

    def test_on_the_command_line_it_is_one_line_and_status_2(self):
        result = ran_here(app, ["run", "--config", "config/demo.toml", "--duration", "soon"])

        assert result.exit_code == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith("error: --duration 'soon': expected ")


@pytest.fixture(scope="module")
def demo() -> subprocess.CompletedProcess[str]:
    """The demo, run once for all that is said of it."""
    return finished(*RUN, "--config", "config/demo.toml", "--duration", "6s")


class TestTheDemo:
    def test_ends_by_itself_with_status_0(self, demo):
        assert demo.returncode == EXIT_OK

    def test_logs_each_fill_and_no_failure(self, demo):
        assert re.search(r"momentum: order \d+ bought \d+ \w+ at \d+\.\d\d\n", demo.stderr)
        assert "ERROR" not in demo.stderr
        assert "Traceback" not in demo.stderr + demo.stdout

    def test_ends_with_a_summary_of_each_strategy_and_of_the_whole(self, demo):
        assert re.search(
            r"^strategy +state +orders +fills +commission +realised +unrealised +net *$",
            demo.stdout,
            re.MULTILINE,
        )
        assert re.search(r"^cross +running ", demo.stdout, re.MULTILINE)
        assert re.search(r"^momentum +running +\d+ +[1-9]\d* +\d+\.\d\d ", demo.stdout, re.MULTILINE)
        assert re.search(
            r"\n\d+ orders, \d+ fills, net -?[\d.,]+ USD in 6\.\d s; \d+ messages from the bridge, \d+ a second\n$",
            demo.stdout,
        )

    def test_keeps_the_log_and_the_summary_apart(self, demo):
        """The summary can be kept in a file while the log goes by."""
        assert "INFO" not in demo.stdout
        assert "unrealised" not in demo.stderr


class TestCheck:
    @pytest.mark.parametrize("name", ["demo", "paper", "gateway"])
    def test_of_a_good_file_names_its_strategies(self, name):
        result = ran_here(app, ["run", "--config", str(ROOT / f"config/{name}.toml"), "--check"])

        assert result.exit_code == EXIT_OK
        assert re.search(rf"{name}\.toml: good; strategies: cross", only_line(result.stdout))

    def test_of_a_bad_file_is_one_line_and_status_2(self, desk):
        result = ran_here(app, ["run", "--config", str(desk("bridge = {port = 0}")), "--check"])

        assert result.exit_code == EXIT_UNUSABLE
        assert only_line(result.stderr).endswith("desk.toml: key bridge.port: expected int >= 1")

    def test_connects_nowhere(self, desk):
        assert ran(desk("bridge = {port = 1}"), "--check").returncode == EXIT_OK


class TestWhatCantRun:
    def test_a_bad_file_is_one_line(self, desk):
        result = ran(desk("bridge = {prot = 1}"))

        assert result.returncode == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith(
            "error: desk.toml: key bridge.prot: is not known; expected "
        )
        assert result.stdout == ""

    def test_a_port_that_nobody_listens_on_is_one_line(self, desk):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]

        result = ran(desk(f"bridge = {{port = {port}}}"))

        assert result.returncode == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith(
            f"error: no bridge accepts connections at 127.0.0.1:{port} "
        )

    def test_a_bridge_that_says_nothing_is_one_line(self, desk):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            result = ran(desk(f"bridge = {{port = {port}}}"))

        assert result.returncode == EXIT_UNUSABLE
        assert f"127.0.0.1:{port}" in only_line(result.stderr)

    def test_a_client_id_in_use_is_one_line(self, desk):
        with Server(Options()) as server:
            text = f"bridge = {{port = {server.port}, client_id = 5}}"
            path = desk(text, idle="Patient")
            with running(*RUN, "--config", path.name, cwd=path.parent) as other:
                wait_for_line(other.stderr, "idle: started")
                result = ran(desk(text))

        assert result.returncode == EXIT_UNUSABLE
        assert "refused this client" in only_line(result.stderr)

    def test_a_log_file_that_cant_be_written_is_one_line(self, desk, tmp_path):
        result = ran(desk(f'bridge = {{simulated = true}}\nlogging = {{file = "{tmp_path.as_posix()}"}}'))

        assert result.returncode == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith("error: desk.toml: key logging.file: ")

    def test_a_journal_that_cant_be_written_is_one_line(self, desk, tmp_path):
        result = ran(desk(f'bridge = {{simulated = true}}\ndesk = {{journal = "{tmp_path.as_posix()}"}}'))

        assert result.returncode == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith(f"error: the journal {tmp_path} can't be written: ")

    def test_a_journal_that_another_desk_has_is_one_line(self, desk, tmp_path):
        journal = Journal(tmp_path / "orders.journal")
        result = ran(desk(f'bridge = {{simulated = true}}\ndesk = {{journal = "{journal.path.as_posix()}"}}'))
        journal.close()

        assert result.returncode == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith(f"error: another desk has the journal {journal.path}, ")

    def test_a_journal_can_be_durable(self, desk):
        for durable in (True, False):
            written = f'desk = {{journal = "orders.journal", durable_journal = {str(durable).lower()}}}'
            loaded = load(desk(f"bridge = {{simulated = true}}\n{written}"))

            assert _desk(loaded, "127.0.0.1", 1)._durable_journal == durable


class TestLiveAccounts:
    @pytest.fixture
    def live_bridge(self) -> Iterator[str]:
        with Server(Options(accounts=("U1234567",))) as server:
            yield f"bridge = {{port = {server.port}}}\n"

    def test_are_refused_by_name(self, desk, live_bridge):
        result = ran(desk(live_bridge, idle="Patient"), "--duration", "1s")

        assert result.returncode == EXIT_UNUSABLE
        (error,) = (line for line in result.stderr.splitlines() if line.startswith("error: "))
        assert error.startswith("error: account U1234567 is a live account; ")
        assert "started" not in result.stderr

    def test_are_refused_when_the_file_allows_another_one(self, desk, live_bridge):
        allowed = 'desk = {allow_live_trading = true, live_accounts = ["U7654321"]}'

        assert ran(desk(live_bridge + allowed), "--duration", "1s").returncode == EXIT_UNUSABLE

    def test_may_trade_when_the_file_says_so_twice(self, desk, live_bridge):
        allowed = 'desk = {allow_live_trading = true, live_accounts = ["U1234567"]}'

        result = ran(desk(live_bridge + allowed, idle="Patient"), "--duration", "1s")

        assert result.returncode == EXIT_OK
        assert "idle: started" in result.stderr

    def test_are_never_in_the_log(self, desk, live_bridge):
        allowed = 'desk = {allow_live_trading = true, live_accounts = ["U1234567"]}'

        result = ran(desk(live_bridge + allowed, broken="Failing"), "--duration", "1s")

        assert "Traceback" in result.stderr
        assert "U1234567" not in result.stderr + result.stdout


class TestParameters:
    def test_may_have_any_names(self, desk):
        """Those of what a strategy is registered with, among them."""
        path = desk(one="Names")
        path.write_text(path.read_text() + PARAMETERS)

        assert ran(path, "--check").returncode == EXIT_OK
        result = ran(path, "--duration", "1h")

        assert (result.returncode, result.stdout.splitlines()[0]) == (EXIT_OK, "was given a b c d e")


class TestStrategiesThatEnd:
    def test_one_that_stays_failed_makes_status_1_and_is_named_with_its_error(self, desk):
        result = ran(desk(bad="Failing", good="Patient"), "--duration", "1s")

        assert result.returncode == EXIT_FAILED
        assert re.search(r"^bad +failed ", result.stdout, re.MULTILINE)
        assert re.search(r"^good +running ", result.stdout, re.MULTILINE)
        assert "bad failed: RuntimeError('no good')" in result.stdout

    def test_its_traceback_is_logged_each_time(self, desk):
        result = ran(desk(bad="Failing"), "--duration", "1s")

        assert result.stderr.count('raise RuntimeError("no good")') == 2

    def test_when_all_have_failed_the_desk_ends_before_its_time(self, desk):
        result = ran(desk(bad="Failing"), "--duration", "1h")

        assert result.returncode == EXIT_FAILED
        assert "every strategy has ended" in result.stderr

    def test_when_all_have_stopped_that_is_a_success(self, desk):
        result = ran(desk(one="Done", two="Done"), "--duration", "1h")

        assert result.returncode == EXIT_OK
        assert re.search(r"^two +stopped ", result.stdout, re.MULTILINE)

    def test_one_whose_constructor_takes_its_time_ends_nobody(self, desk):
        """Twice: at the start, and when it is started again."""
        result = ran(desk(slow="Slow", good="Patient"), "--duration", "6s")

        assert result.returncode == EXIT_OK
        assert "slow: started again (start 2)" in result.stderr
        assert "error: " not in result.stderr
        assert re.search(r"^slow +running ", result.stdout, re.MULTILINE)

    def test_one_that_fails_while_the_desk_stops_has_failed(self, desk):
        result = ran(desk(bad="Stubborn", good="Patient"), "--duration", "1s")

        assert result.returncode == EXIT_FAILED
        assert re.search(r"^bad +failed ", result.stdout, re.MULTILINE)
        assert re.search(r"^good +running ", result.stdout, re.MULTILINE)
        assert "bad failed: RuntimeError('not now')" in result.stdout

    def test_the_desk_does_not_end_before_their_orders_can_be_cancelled(self, desk):
        """The connection is lost when the last one fails, over that."""
        with ScriptedBridge() as bridge:
            path = desk(f"bridge = {{port = {bridge.port}}}", buyer="FragileBuyer")
            path.write_text(path.read_text().replace("most_failures = 1", "restart = false") + CANCEL)
            with running(*RUN, "--config", path.name, cwd=path.parent) as process:
                bridge.requests.wait_for(PlaceOrderRequest)
                bridge.stop()
                log = wait_for_line(process.stderr, "every strategy has ended, and orders")
                assert "buyer 1: BUY 10 IBM" in log
                bridge.start()
                _, log = process.communicate(timeout=DEADLINE)
            assert bridge.requests.wait_for(CancelOrderRequest).order_id == 1

        assert process.returncode == EXIT_FAILED
        assert "every strategy has ended\n" in log


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send these signals to another process")
class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_end_a_desk_with_a_summary_and_status_0(self, desk, number):
        path = desk(idle="Patient")
        with running(*RUN, "--config", path.name, cwd=path.parent) as process:
            wait_for_line(process.stderr, "idle: started")
            process.send_signal(number)
            output, log = process.communicate()

        assert process.returncode == EXIT_OK
        assert re.search(r"^idle +running ", output, re.MULTILINE)
        assert "Traceback" not in log

    def test_a_second_one_ends_even_what_still_waits_for_a_bridge(self, desk):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(DEADLINE)
            path = desk(f"bridge = {{port = {silent.getsockname()[1]}, timeout = 3600}}")
            with running(*RUN, "--config", path.name, cwd=path.parent) as process:
                connection, _ = silent.accept()
                with connection:
                    for number in (signal.SIGINT, signal.SIGTERM):  # two of one kind could arrive as one
                        process.send_signal(number)
                    _, log = process.communicate()

        assert process.returncode == EXIT_INTERRUPTED
        assert "Traceback" not in log


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals of this kind")
class TestTerminal:
    def test_shows_a_picture_while_the_desk_runs_and_the_summary_behind_it(self):
        screen = on_a_terminal(*RUN, "--config", "config/demo.toml", "--duration", "6s")

        assert "─ ibkr_actors ─" in screen
        assert re.search(r"connected \(version \d+\), \d+ messages/s", screen)
        assert re.search(r"SELL \d+ \w+ +STP \d+\.\d+ +PreSubmitted", screen)
        assert "a second" in screen.splitlines()[-1]
        assert "Traceback" not in screen


def on_a_terminal(*command: str) -> str:
    """What a command writes to a terminal of 100 columns, without the colours; it has to end with status 0."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    size = {"COLUMNS": "100", "LINES": "40", "TERM": "xterm"}
    process = subprocess.Popen(  # noqa: S603  # our own programs
        command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | size
    )
    os.close(theirs)
    guard = threading.Timer(DEADLINE, process.kill)
    guard.start()
    written = bytearray()
    with contextlib.suppress(OSError):  # Linux says so when the other side is closed
        while data := os.read(ours, 1 << 16):
            written += data
    guard.cancel()
    os.close(ours)
    assert process.wait() == EXIT_OK
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode()).replace("\r", "")


class TestGateway:
    def test_says_first_where_it_listens(self):
        with running(*MODULE, "gateway", "--port", "0") as process:
            first = process.stdout.readline()
            port = int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", first)[1])

            socket.create_connection(("127.0.0.1", port), timeout=DEADLINE).close()

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send these signals to another process")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_ends_on_a_signal_with_status_0(self, number):
        with running(*MODULE, "gateway", "--port", "0") as process:
            process.stdout.readline()
            process.send_signal(number)
            _, log = process.communicate()

        assert process.returncode == EXIT_OK
        assert "Traceback" not in log

    def test_a_desk_can_use_it(self, desk):
        with running(*MODULE, "gateway", "--port", "0", "--server-version", "178") as process:
            port = process.stdout.readline().rpartition(":")[2].strip()
            result = ran(desk(f"bridge = {{port = {port}}}", idle="Patient"), "--duration", "1s")

        assert result.returncode == EXIT_OK
        assert "connected to the bridge, server version 178" in result.stderr

    def test_a_taken_port_is_one_line_and_status_2(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            result = finished(*MODULE, "gateway", "--port", str(port))

        assert result.returncode == EXIT_UNUSABLE
        assert only_line(result.stderr).startswith(f"error: the gateway can't listen on 127.0.0.1:{port}: ")

    @pytest.mark.parametrize(
        "options",
        [
            ("--port", "65536"),
            ("--server-version", "156"),
            ("--seed", "x"),
            ("--speed", "0"),
            ("--start", "soon"),
            ("--start", "9999-12-31"),
            ("--start", "0001-01-01"),
            ("--speed", "1e308"),
            ("--hours", "sometimes"),
            ("--fault", "data-lots"),
            ("--nightly-reset", "5m"),
        ],
    )
    def test_a_wrong_option_is_status_2_without_a_traceback(self, options):
        result = ran_here(app, ["gateway", *options])

        assert result.exit_code == EXIT_UNUSABLE
        assert options[0] in result.stderr
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", [[*RUN, "--help"], [*MODULE, "--help"], [*MODULE, "run", "--help"]])
def test_every_command_explains_itself(command):
    result = finished(*command)

    assert result.returncode == EXIT_OK
    assert "Usage: " in result.stdout


def test_the_console_script_is_the_same_as_the_module():
    assert 'ibkr-actors = "ibkr_actors.cli:main"' in (ROOT / "pyproject.toml").read_text()
