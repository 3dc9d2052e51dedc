"""A desk and its actors as people run them: two commands, two files, and a third that looks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ibkr_actors.brokers.rabbitmq import RabbitMQ
from ibkr_actors.brokers.topology import actor_events, actor_market_data
from tests.brokers.helpers import RABBITMQ, remove_all, why_no_rabbitmq

ROOT = Path(__file__).parent.parent
DEADLINE = 40.0

STRATEGY = """
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.market_orders import MarketOrder


class Buyer(StrategyActor):
    def initialize(self):
        self.place_order(MarketOrder("BUY", Stock("IBM"), 7))
"""


@pytest.fixture
def files(tmp_path):
    """A folder with the configurations of a desk and of an actor; what they leave on the server is taken away."""
    if reason := why_no_rabbitmq():
        pytest.skip(reason)
    prefix, parts = f"test-{uuid.uuid4().hex[:8]}.", urlsplit(RABBITMQ)
    server = (
        f'[rabbitmq]\nurl = "amqp://{parts.hostname}:{parts.port or 5672}{parts.path}"\nprefix = "{prefix}"\n'
        f'user = "{parts.username}"\npassword = "${{TEST_PASSWORD}}"\nheartbeat = 0.2\ngrace = 2\ntimeout = 20\n'
    )
    (tmp_path / "some_strategies.py").write_text(STRATEGY)
    (tmp_path / "desk.toml").write_text(
        server + '[bridge]\nsimulated = true\n[desk]\njournal = "orders.journal"\n'
    )
    (tmp_path / "actors.toml").write_text(
        server + '[[strategies]]\ncode = "cross"\nstrategy = "some_strategies:Buyer"\n'
    )
    yield tmp_path
    cleaner = RabbitMQ(RABBITMQ, prefix=prefix)
    cleaner.start()
    for queue in (actor_events("cross"), actor_market_data("cross")):
        cleaner._queues[queue.name] = queue
    remove_all(cleaner)
    cleaner.stop()


def command(folder, *arguments):
    environment = {
        **os.environ,
        "TEST_PASSWORD": urlsplit(RABBITMQ).password or "",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen(  # noqa: S603  # our own interpreter and module
        [sys.executable, "-m", "ibkr_actors", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def listed(folder, *arguments):
    """What the command `actors` prints, and its status."""
    process = command(folder, "actors", "--config", "desk.toml", *arguments)
    output, _ = process.communicate(timeout=DEADLINE)
    return output, process.returncode


def test_a_strategy_trades_at_a_desk_in_another_process_is_listed_and_stopped(files):
    desk = command(files, "run", "--config", "desk.toml")
    actor = command(files, "run", "--config", "actors.toml")
    try:
        deadline, output = time.monotonic() + DEADLINE, ""
        while "running" not in output and time.monotonic() < deadline:
            output, status = listed(files)
        assert ("Buyer" in output, "keep" in output, status) == (True, True, 0)
        assert listed(files, "--stop", "nobody")[1] == 2
        assert listed(files, "--stop", "cross")[1] == 0
        report, _ = actor.communicate(timeout=DEADLINE)
        assert actor.returncode == 0, report
        assert "cross: stopped" in report
        assert "bought 7 IBM" in report
    finally:
        actor.kill()
        desk.terminate()
        summary, _ = desk.communicate(timeout=DEADLINE)
    assert desk.returncode == 0, summary
    assert "1 order, 1 fill" in summary


def test_an_actor_without_a_desk_says_so_and_ends(files):
    text = (files / "actors.toml").read_text().replace("timeout = 20", "timeout = 0.5")
    (files / "actors.toml").write_text(text)
    process = command(files, "run", "--config", "actors.toml")
    output, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert "has let in cross within 0.5 seconds; is it running?" in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_actor_that_waits_for_a_desk_can_be_stopped(files, number):
    process = command(files, "run", "--config", "actors.toml")
    said = process.stdout.readline()
    process.send_signal(number)
    output, _ = process.communicate(timeout=10.0)  # half of the time that it would have waited
    assert "waiting for the desk at amqp://" in said
    assert "stopped before everything had started" in output
    assert "Traceback" not in output
    assert process.returncode == 0


def test_the_list_of_a_desk_without_a_broker_is_an_error(tmp_path):
    (tmp_path / "desk.toml").write_text("bridge = {simulated = true}\n")
    output, status = listed(tmp_path)
    assert status == 2
    assert "key rabbitmq: is missing" in output
