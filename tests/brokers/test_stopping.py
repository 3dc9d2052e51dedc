"""A connection with a server is ended at every stage of its making: at once, in order, and with nothing left open."""

from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import socket
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from ibkr_actors.brokers.rabbitmq import RabbitMQ
from ibkr_actors.brokers.rabbitmq_address import RabbitMQAddress
from ibkr_actors.brokers.topology import DESK_REQUESTS
from ibkr_actors.errors import BrokerError
from tests.actors.conftest import _no_thread_left, log  # noqa: F401
from tests.actors.helpers import PATIENCE, Record
from tests.brokers.helpers import RABBITMQ, Proxy, at_a_server, why_no_rabbitmq

FRAME_HEADER, FRAME_END = 7, 1
"""Bytes of an AMQP frame before and behind its payload."""
TCP_STAGE = 1
"""What pika's connector calls the stage in which the other side has not taken the connection."""


class Gate(Proxy):
    """Lets the first frames of a server through, and holds the others until it is opened."""

    def __init__(self, frames: int) -> None:
        parts = urlsplit(RABBITMQ)
        self._frames = frames
        self.holds, self._opened = threading.Event(), threading.Event()
        super().__init__(parts.hostname or "", parts.port or 5672)

    def open(self) -> None:
        self._opened.set()

    def cut(self) -> None:
        self.open()
        super().cut()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        if source.getpeername()[1] == self._target[1]:
            with contextlib.suppress(OSError):
                self._pass_frames(source, target)
            self.holds.set()
            self._opened.wait()
        super()._pass_on(source, target)

    def _pass_frames(self, source: socket.socket, target: socket.socket) -> None:
        for _ in range(self._frames):
            header = read(source, FRAME_HEADER)
            target.sendall(header + read(source, int.from_bytes(header[3:7]) + FRAME_END))


def read(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = source.recv(size - len(data))
        if not part:
            raise ConnectionError("the server has ended the connection")
        data += part
    return data


@pytest.fixture(autouse=True)
def nothing_left_open(caplog):
    """No socket that only the garbage collector closes, and nothing that pika stumbled over."""
    caplog.set_level(logging.ERROR, "pika")
    yield
    gc.collect()
    assert not [str(record.exc_info[1]) for record in caplog.get_records("call") if record.exc_info]


@pytest.fixture
def prefix():
    """Names whose queues are on the server already, so that the same frames come each time."""
    if reason := why_no_rabbitmq():
        pytest.skip(reason)
    with at_a_server() as arrangement:
        broker = arrangement.connect()
        broker.declare(DESK_REQUESTS)
        yield broker._maker.name("")


def start_elsewhere(broker):
    """A thread that starts it, and what that raises."""
    errors = Record()

    def start() -> None:
        try:
            broker.start(timeout=PATIENCE)
        except BrokerError as error:
            errors.add(error)

    thread = threading.Thread(target=start)
    thread.start()
    return thread, errors


@contextmanager
def starting(broker):
    """A connection that somebody waits for; it is stopped, and the one who waited is told."""
    thread, errors = start_elsewhere(broker)
    yield
    broker.stop(0.0)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert "was stopped before it was there" in str(errors.wait_for(BrokerError))


def has_seen_everything(broker) -> None:
    """What has arrived is dealt with in the round in which this command is given, and before it."""
    seen = threading.Event()
    broker._commands.do(seen.set)
    assert seen.wait(PATIENCE)


def until_it_is_there(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


class TestBeforeTheServerSpeaks:
    def test_while_its_name_is_looked_up(self, monkeypatch):
        asked, answer = threading.Event(), threading.Event()

        def slow(*_arguments, **_options):
            asked.set()
            answer.wait()
            raise socket.gaierror("nobody of that name")

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        with starting(RabbitMQ("amqp://localhost")):
            assert asked.wait(PATIENCE)
        answer.set()

    def test_while_it_does_not_take_the_connection(self):
        with socket.socket() as listener, contextlib.ExitStack() as stack:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            for _ in range(2):  # as many as it keeps: the next one has no answer
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    waiting.connect(listener.getsockname())
            broker = RabbitMQ(f"amqp://127.0.0.1:{listener.getsockname()[1]}")

            def is_connecting() -> bool:
                workflow = getattr(broker._connection, "_connection_workflow", None)
                connector = getattr(workflow, "_connector", None)
                return connector is not None and connector._state == TCP_STAGE

            with starting(broker):
                until_it_is_there(is_connecting)

    def test_while_it_does_not_answer_in_tls(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            broker = RabbitMQ(RabbitMQAddress(f"amqps://127.0.0.1:{listener.getsockname()[1]}"))
            with starting(broker):
                client, _ = listener.accept()
                assert client.recv(1)  # its side of the handshake
            client.close()


STAGES = {
    "its greeting": 0,
    "the answer to the password": 1,
    "the virtual host": 2,
    "a channel": 3,
    "an exchange": 5,
    "a queue": 9,
}
"""What is waited for when so many frames of the server have come."""


class TestWhileTheServerIsSilent:
    @pytest.mark.parametrize("frames", STAGES.values(), ids=STAGES)
    def test_that_is_waited_for(self, prefix, log, frames):  # noqa: F811
        gate = Gate(frames)
        broker = RabbitMQ(f"amqp://127.0.0.1:{gate.port}", prefix=prefix)
        with starting(broker):
            assert gate.holds.wait(PATIENCE)
            has_seen_everything(broker)
        gate.cut()
        assert not [line for line in log.items if line.startswith("ERROR")]

    def test_the_reason_of_a_start_in_vain_is_not_its_own_end(self, prefix):
        gate = Gate(1)
        broker = RabbitMQ(f"amqp://127.0.0.1:{gate.port}", prefix=prefix)
        with pytest.raises(BrokerError, match=r"within 0\.2 seconds \(nobody answers\)"):
            broker.start(timeout=0.2)
        gate.cut()


class TestWhileTheServerAnswers:
    def test_after_each_of_its_frames(self, prefix, log):  # noqa: F811
        """Until there are so many that the connection is there."""
        for frames in itertools.count():
            gate = Gate(frames)
            broker = RabbitMQ(f"amqp://127.0.0.1:{gate.port}", prefix=prefix)
            close = broker._close

            def close_and_go_on(close=close, gate=gate) -> None:
                close()
                gate.open()

            broker._close = close_and_go_on
            thread, _ = start_elsewhere(broker)
            assert gate.holds.wait(PATIENCE)
            has_seen_everything(broker)
            is_there = broker.connected
            broker.stop(0.0)
            thread.join(PATIENCE)
            assert not thread.is_alive()
            gate.cut()
            if is_there:
                break
        assert frames > max(STAGES.values())
        assert not [line for line in log.items if line.startswith("ERROR")]


class TestWhileItIsUsed:
    def test_an_interrupt_while_a_server_is_waited_for_leaves_nothing_behind(self, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            broker = RabbitMQ(f"amqp://127.0.0.1:{listener.getsockname()[1]}")

            def interrupt(_timeout: float) -> None:
                raise KeyboardInterrupt

            monkeypatch.setattr(broker, "_await_connection", interrupt)
            with pytest.raises(KeyboardInterrupt):
                broker.start()
        assert broker._thread is None
