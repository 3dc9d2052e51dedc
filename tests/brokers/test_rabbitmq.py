"""What only a server can do: refuse, block, and speak TLS."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
import uuid
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from pika.exceptions import ChannelClosedByBroker
from pika.spec import Basic

from ibkr_actors.brokers import rabbitmq
from ibkr_actors.brokers.broker import BrokerState, Delivery, Letter, Outcome
from ibkr_actors.brokers.rabbitmq import RabbitMQ
from ibkr_actors.brokers.rabbitmq_address import RabbitMQAddress
from ibkr_actors.brokers.topology import DESK_REQUESTS, TRADING_DESK, Queue, actor_requests
from ibkr_actors.errors import BrokerError, MissingExtra
from tests.actors.conftest import _no_thread_left, log  # noqa: F401
from tests.actors.helpers import PATIENCE, Record
from tests.brokers.helpers import RABBITMQ, Proxy, at_a_server, remove_all, why_no_rabbitmq

CROSS = Queue("cross", TRADING_DESK, "bridge.cross", most=6)
CERTIFICATES = Path(__file__).parent / "certificates"
"""A certificate for localhost that signs itself; it protects nothing but these tests."""


@pytest.fixture
def server():
    with at_a_server() as arrangement:
        yield arrangement


def place_of(proxy, scheme="amqp", **changes):
    parts = urlsplit(RABBITMQ)
    user = changes.get("user", f"{parts.username}:{parts.password}")
    return f"{scheme}://{user}@localhost:{proxy}{changes.get('path', parts.path)}"


def settle(broker, letter):
    """Entrust a letter, and wait for what became of it."""
    outcomes = Record()
    broker.entrust(letter, outcomes.add)
    return outcomes.wait_for(Outcome)


def deliver(broker, queue):
    """A letter to a queue, as soon as it is there."""
    letter = Letter(queue.exchange, queue.key.replace("*", "cross"), b"")
    while settle(broker, letter) is Outcome.UNROUTABLE:
        pass


def count_calls(broker, name):
    """Numbers the calls of a method."""
    calls, method, number = Record(), getattr(broker, name), itertools.count(1)

    def counted(*arguments):
        calls.add(next(number))
        return method(*arguments)

    setattr(broker, name, counted)
    return calls


class Starting(Proxy):
    """Hangs up on the first two that come, without a refusal: on one at once, on one that has said who it is."""

    def _accept(self):
        client, _address = self._listener.accept()
        client.recv(8)  # its greeting
        client.close()
        client, _address = self._listener.accept()
        with socket.create_connection(self._target) as server:
            server.sendall(client.recv(8))
            client.sendall(server.recv(1 << 16))
            client.recv(1 << 16)
        client.close()
        super()._accept()


class TestAddress:
    def test_names_host_port_virtual_host_and_user_and_never_shows_the_password(self):
        address = RabbitMQAddress("amqp://desk:s%40cret@example.com/trading%2Fpaper")
        assert (address.host, address.port, address.virtual_host) == ("example.com", 5672, "trading/paper")
        assert (address.user, address.password) == ("desk", "s@cret")
        assert "s@cret" not in repr(address) + address.place
        assert "s%40cret" not in repr(address) + address.place

    def test_has_the_port_of_its_scheme_and_the_usual_virtual_host(self):
        assert RabbitMQAddress("amqps://example.com").port == 5671
        assert RabbitMQAddress("amqp://example.com/").virtual_host == "/"

    def test_given_user_and_password_win(self):
        address = RabbitMQAddress("amqp://a:b@example.com", user="c", password="d")  # noqa: S106
        assert (address.user, address.password) == ("c", "d")

    @pytest.mark.parametrize("url", ["http://example.com", "example.com:5672", "amqp://", "amqp://x:port"])
    def test_that_is_none_is_refused(self, url):
        with pytest.raises(BrokerError, match="address of the RabbitMQ server"):
            RabbitMQAddress(url)

    @pytest.mark.parametrize(
        ("url", "options", "reason"),
        [
            ("amqp://example.com", {"ca_file": "ca.pem"}, "has to begin with amqps"),
            ("amqp://example.com", {"certificate": "client.pem"}, "has to begin with amqps"),
            ("amqps://example.com", {"key": "client.key"}, "without its certificate"),
            ("amqps://example.com/?cacertfile=ca.pem", {}, "behind"),
            ("amqp://example.com/#paper", {}, "behind"),
        ],
    )
    def test_never_leaves_out_what_its_user_has_set(self, url, options, reason):
        with pytest.raises(BrokerError, match=reason):
            RabbitMQAddress(url, **options)

    def test_certificates_that_can_t_be_read_are_named(self):
        with pytest.raises(BrokerError, match=r"missing\.pem"):
            RabbitMQAddress("amqps://example.com", ca_file="missing.pem")


class TestRefusals:
    def test_nobody_listening(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(
            BrokerError, match=rf"no message broker at amqp://localhost:{port}/ within 0.3 sec"
        ):
            RabbitMQ(f"amqp://localhost:{port}").start(timeout=0.3)

    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [({"user": "guest:wrong"}, "ACCESS_REFUSED"), ({"path": "/nowhere"}, "vhost nowhere not found")],
    )
    def test_a_wrong_password_and_a_virtual_host_that_is_not_there_are_told_at_once(self, wrong, reason):
        if missing := why_no_rabbitmq():
            pytest.skip(missing)
        with pytest.raises(BrokerError, match=reason) as caught:
            RabbitMQ(place_of(urlsplit(RABBITMQ).port or 5672, **wrong)).start(timeout=10.0)
        assert "Check user, password and virtual host" in str(caught.value)
        assert "guest:wrong" not in str(caught.value)

    def test_without_pika_the_extra_is_named(self, monkeypatch):
        monkeypatch.setattr(rabbitmq, "PIKA_IS_THERE", False)
        with pytest.raises(MissingExtra, match=r"pip install ibkr-actors\[rabbitmq\]"):
            RabbitMQ("amqp://localhost")


def make_otherwise(server):
    """Let the queue `cross` exist, with other properties than those of `CROSS`."""
    broker = server.connect()
    broker.declare(replace(CROSS, most=5))
    assert settle(broker, Letter(TRADING_DESK, "bridge.cross", b"")) is Outcome.CONFIRMED
    return broker


def on_the_server(broker, order):
    """Have the server do something that no broker does; returns when it has answered."""
    done = threading.Event()
    broker._commands.do(lambda: order(broker._plain, lambda _frame: done.set()))
    assert done.wait(PATIENCE)


def delete_cross(broker):
    name = broker._maker.name("cross")
    on_the_server(broker, lambda channel, done: channel.queue_delete(name, callback=done))


def errors(record):
    return [line for line in record.items if line.startswith("ERROR")]


class TestWhatExistsOtherwise:
    def test_is_told_at_the_start_with_what_differs_and_what_to_do_and_not_in_the_log_too(self, server, log):  # noqa: F811
        make_otherwise(server)
        second = server.make()
        second.declare(CROSS)
        with pytest.raises(BrokerError) as caught:
            second.start()
        name = second._maker.name("cross")
        assert f"queue '{name}' at {second.place} is refused" in str(caught.value)
        assert "'x-max-length'" in str(caught.value)
        assert "'6'" in str(caught.value)
        assert "'5'" in str(caught.value)
        assert f"rabbitmqctl delete_queue --vhost / {name}" in str(caught.value)
        assert "prefix" in str(caught.value)
        assert not errors(log)

    def test_is_told_of_an_exchange_too(self, server):
        first = server.connect()
        name = first._maker.name(TRADING_DESK)
        on_the_server(first, lambda channel, done: channel.exchange_delete(name, callback=done))
        on_the_server(
            first,
            lambda channel, done: channel.exchange_declare(name, "fanout", durable=True, callback=done),
        )
        with pytest.raises(BrokerError, match=rf"'type'.*delete exchange name={name}"):
            server.make().start()
        on_the_server(first, lambda channel, done: channel.exchange_delete(name, callback=done))

    def test_costs_a_connection_nothing_but_that_queue_and_is_told_once(self, server, log):  # noqa: F811
        other, states = make_otherwise(server), Record()
        broker = server.connect(states)
        attempts = count_calls(broker, "_make")
        broker.declare(CROSS)
        log.wait(lambda line: line.startswith("ERROR") and "delete_queue" in line)
        attempts.wait(lambda number: number == 3)
        assert settle(broker, Letter(TRADING_DESK, "multi_client.cross", b"")) is Outcome.CONFIRMED
        assert BrokerState.LOST not in states.items
        assert len(errors(log)) == 1
        delete_cross(other)
        log.wait(lambda line: "no longer refused" in line)
        assert settle(broker, Letter(TRADING_DESK, "bridge.cross", b"")) is Outcome.CONFIRMED

    def test_costs_those_behind_it_nothing_on_a_new_connection(self, server, log):  # noqa: F811
        make_otherwise(server)
        states = Record()
        broker = server.connect(states)
        broker.declare(CROSS)
        behind = Queue("behind", TRADING_DESK, "bridge.behind")
        broker.declare(behind)
        assert settle(broker, Letter(TRADING_DESK, "bridge.behind", b"")) is Outcome.CONFIRMED
        name = broker._maker.name("behind")
        on_the_server(broker, lambda channel, done: channel.queue_delete(name, callback=done))
        server.cut()
        server.mend()
        states.wait_for(BrokerState, 3)
        on_the_server(broker, lambda channel, done: channel.queue_declare(name, passive=True, callback=done))

    def test_is_consumed_when_it_was_deleted(self, server, log):  # noqa: F811
        other, deliveries = make_otherwise(server), Record()
        broker = server.connect()
        attempts = count_calls(broker, "_open_consumer")
        broker.consume(CROSS, deliveries.add, prefetch=1)
        attempts.wait(lambda number: number == 3)
        assert len(errors(log)) == 1
        delete_cross(other)
        log.wait(lambda line: "no longer refused" in line)
        settle(broker, Letter(TRADING_DESK, "bridge.cross", b"after all"))
        assert deliveries.wait(lambda _: True).body == b"after all"

    def test_and_is_no_more_asked_for_is_not_consumed_behind_one_s_back(self, server, log):  # noqa: F811
        other, deliveries = make_otherwise(server), Record()
        broker = server.connect()
        attempts = count_calls(broker, "_open_again")
        broker.consume(CROSS, deliveries.add, prefetch=1)
        log.wait(lambda line: "delete_queue" in line)
        broker.cancel(CROSS)
        delete_cross(other)
        attempts.wait(lambda _: True)
        broker.declare(CROSS)
        settle(broker, Letter(TRADING_DESK, "bridge.cross", b"for others"))
        other.consume(CROSS, deliveries.add, prefetch=1)
        assert not deliveries.wait(lambda delivery: delivery.body == b"for others").redelivered


class TestOtherRefusals:
    def test_names_that_are_the_server_s_own_are_told_at_the_start(self):
        if missing := why_no_rabbitmq():
            pytest.skip(missing)
        with pytest.raises(BrokerError, match=r"ACCESS_REFUSED.*choose another prefix"):
            RabbitMQ(RABBITMQ, prefix="amq.").start()

    def test_of_a_connection_are_told_once_in_the_middle_of_a_run_and_tried_again(self, server, log):  # noqa: F811
        states = Record()
        broker = server.connect(states)
        usual, broker._address.virtual_host = broker._address.virtual_host, "nowhere"
        attempts = count_calls(broker, "_connect")
        server.cut()
        server.mend()
        attempts.wait(lambda number: number == 3)
        assert len(errors(log)) == 1
        assert "vhost nowhere not found" in errors(log)[0]
        broker._address.virtual_host = usual
        states.wait_for(BrokerState, 3)
        assert states.items[-1] is BrokerState.CONNECTED

    def test_at_a_second_start_are_told_at_once(self, server):
        broker = server.connect()
        broker.stop()
        broker._address.virtual_host = "nowhere"
        with pytest.raises(
            BrokerError, match=r"^the server at .* refuses this client: .*vhost nowhere not found"
        ):
            broker.start(timeout=PATIENCE)

    def test_a_server_that_says_nothing_and_hangs_up_may_be_starting(self, server):
        broker = server.make()
        proxy = Starting(broker._address.host, broker._address.port)
        broker._address.port = proxy.port
        broker.start(timeout=PATIENCE)
        assert broker.connected
        broker.stop()
        proxy.cut()

    def test_an_exchange_that_was_deleted_is_made_again_and_nothing_is_lost(self, server, log):  # noqa: F811
        broker = server.connect()
        name = broker._maker.name(TRADING_DESK)
        on_the_server(broker, lambda channel, done: channel.exchange_delete(name, callback=done))
        assert settle(broker, Letter(TRADING_DESK, "bridge.cross", b"")) is Outcome.CONFIRMED
        assert "Somebody has deleted it on the server; it is made again." in errors(log)[0]

    def test_a_letter_that_is_too_large_does_not_stand_in_the_way_of_others(self, server, log):  # noqa: F811
        broker, outcomes, small = server.connect(), Record(), Record()

        def refuse(channel, letter, *_arguments, send=broker._send):
            if len(letter.body) <= 100:
                return send(channel, letter, *_arguments)
            text = "PRECONDITION_FAILED - message size 101 is larger than configured max size 100"
            return broker._loop.call_later(
                0, lambda: broker._lose_channel(channel, ChannelClosedByBroker(406, text))
            )

        broker._send = refuse
        broker.entrust(Letter(TRADING_DESK, "bridge.cross", b"x" * 101), outcomes.add)
        broker.entrust(Letter(TRADING_DESK, "bridge.cross", b"y"), small.add)
        assert outcomes.wait_for(Outcome) is Outcome.TOO_LARGE
        assert small.wait_for(Outcome) is Outcome.CONFIRMED
        assert (
            f"a letter of 101 bytes for bridge.cross is not sent: {broker.place} takes 100" in errors(log)[0]
        )
        assert "message size 101" in errors(log)[1]

    def test_a_letter_that_the_server_can_t_keep_now_is_sent_again_but_not_at_once(self, server):
        broker, seen, outcomes = server.connect(), Record(), Record()
        sent = count_calls(broker, "_send")

        def send_and_refuse():
            broker._entrust(Letter(TRADING_DESK, "bridge.cross", b""), outcomes.add)
            broker._confirm(SimpleNamespace(method=Basic.Nack(broker._tag)))
            seen.add(len(sent.items))

        broker._commands.do(send_and_refuse)
        assert seen.wait_for(int) == 1
        assert outcomes.wait_for(Outcome) is Outcome.CONFIRMED
        assert len(sent.items) == 2


class HalfOpen(Proxy):
    """The server does not notice that a client is gone, until it is told."""

    def __init__(self):
        self.tell_server = threading.Event()
        parts = urlsplit(RABBITMQ)
        super().__init__(parts.hostname or "", parts.port or 5672)

    def lose_client(self):
        self._open[0].shutdown(socket.SHUT_RDWR)

    def _pass_on(self, source, target):
        if source.getpeername()[1] == self._target[1]:
            super()._pass_on(source, target)
        else:
            with contextlib.suppress(OSError):
                while data := source.recv(1 << 16):
                    target.sendall(data)
            self.tell_server.wait()
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self.tell_server.set()
        super().cut()


class TestConsumers:
    @pytest.mark.parametrize("queue", [DESK_REQUESTS, actor_requests("cross", "life")], ids=["shared", "own"])
    def test_of_a_connection_whose_end_the_server_has_not_noticed_go_on_when_it_has(self, server, log, queue):  # noqa: F811
        proxy, states, deliveries = HalfOpen(), Record(), Record()
        broker = RabbitMQ(place_of(proxy.port), prefix=server.make()._maker.name(""))
        broker.start(lambda state, _reason: states.add(state))
        broker.consume(queue, deliveries.add, prefetch=1)
        other = server.connect()
        deliver(other, queue)
        deliveries.wait_for(Delivery)
        proxy.lose_client()
        states.wait_for(BrokerState, 3)
        log.wait(lambda line: line.startswith("ERROR") and "Another connection takes from it alone" in line)
        proxy.tell_server.set()
        log.wait(lambda line: "no longer refused" in line)
        deliver(other, queue)
        assert deliveries.wait_for(Delivery, 2)
        broker.stop()
        proxy.cut()

    def test_one_that_is_cancelled_while_its_queue_is_made_costs_nothing_else(self, server):
        states = Record()
        broker = server.connect(states)
        declare, cancelled = broker._maker.declare, threading.Event()

        def cancel_meanwhile(channel, queue, last):
            declare(channel, queue, last)
            broker._end_consumer(queue)
            cancelled.set()

        ends = count_calls(broker, "_lose_consumer")
        broker._maker.declare = cancel_meanwhile
        broker.consume(DESK_REQUESTS, states.add, prefetch=1)
        assert cancelled.wait(PATIENCE)
        broker._maker.declare = declare
        ends.wait_for(int)
        assert settle(broker, Letter(TRADING_DESK, "bridge.cross", b"")) is Outcome.CONFIRMED
        assert states.items == [BrokerState.CONNECTED]

    def test_a_queue_that_is_declared_while_the_connection_is_made_is_there_with_it(self, server):
        broker = server.make()
        use = broker._use_for_entrusted

        def declare_meanwhile(channel):
            broker._add_queue(CROSS)
            use(channel)

        broker._use_for_entrusted = declare_meanwhile
        broker.start()
        on_the_server(
            broker,
            lambda channel, done: channel.queue_declare(
                broker._maker.name("cross"), passive=True, callback=done
            ),
        )
        broker.stop()


class TestBlocking:
    def test_a_server_short_of_memory_gets_nothing_until_it_has_some(self, server):
        states, outcomes, deliveries = Record(), Record(), Record()
        broker = server.connect(states)
        reason = SimpleNamespace(method=SimpleNamespace(reason="low on memory"))
        broker._commands.do(lambda: broker._block(None, reason))
        states.wait(lambda state: state is BrokerState.BLOCKED)
        broker.entrust(Letter(TRADING_DESK, "bridge.cross", b"kept"), outcomes.add)
        broker.consume(DESK_REQUESTS, deliveries.add, prefetch=1)
        assert not broker.publish(Letter(TRADING_DESK, "bridge.cross", b"lost"))
        assert not broker.connected
        broker._commands.do(lambda: broker._unblock(None, None))
        outcomes.wait_for(Outcome)
        assert deliveries.wait(lambda _: True).body == b"kept"

    def test_one_that_is_slower_than_we_gets_no_more_market_data(self, server):
        broker = server.connect()
        broker._plain_tag = rabbitmq.MARKET_DATA_IN_FLIGHT
        assert not broker.publish(Letter(TRADING_DESK, "bridge.cross", b""))


class TlsProxy(Proxy):
    """Speaks TLS with clients, and plain with the server behind it."""

    def _accept(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / "server.pem", CERTIFICATES / "server.key")
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                secured = context.wrap_socket(client, server_side=True)
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            self._open += [secured, server]
            for source, target in ((secured, server), (server, secured)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()


class TestTls:
    @pytest.fixture
    def proxy(self):
        if missing := why_no_rabbitmq():
            pytest.skip(missing)
        parts = urlsplit(RABBITMQ)
        proxy = TlsProxy(parts.hostname or "", parts.port or 5672)
        yield proxy
        proxy.cut()

    def broker(self, proxy, **tls):
        address = RabbitMQAddress(place_of(proxy.port, "amqps"), **tls)
        return RabbitMQ(address, prefix=f"test-{uuid.uuid4().hex[:8]}.")

    def test_a_server_is_spoken_to_whose_certificate_the_authority_signed(self, proxy):
        broker = self.broker(proxy, ca_file=str(CERTIFICATES / "server.pem"))
        broker.start()
        assert broker.connected
        remove_all(broker)
        broker.stop()

    def test_and_no_other(self, proxy):
        with pytest.raises(BrokerError, match="CERTIFICATE_VERIFY_FAILED"):
            self.broker(proxy).start(timeout=1.0)
