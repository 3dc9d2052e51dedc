"""What only a server can do: refuse, block, and speak TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import uuid
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from ibkr_actors.brokers import rabbitmq
from ibkr_actors.brokers.broker import BrokerState, Letter, Outcome
from ibkr_actors.brokers.rabbitmq import RabbitMQ
from ibkr_actors.brokers.rabbitmq_address import RabbitMQAddress
from ibkr_actors.brokers.topology import DESK_REQUESTS, TRADING_DESK, Queue
from ibkr_actors.errors import BrokerError, MissingExtra
from tests.actors.conftest import _no_thread_left, log  # noqa: F401
from tests.actors.helpers import Record
from tests.brokers.helpers import RABBITMQ, Proxy, at_a_server, remove_all, why_no_rabbitmq

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
        assert "guest:wrong" not in str(caught.value)

    def test_a_queue_that_exists_with_other_properties_is_named(self, server, log):  # noqa: F811
        first = server.connect()
        first.declare(Queue("cross", TRADING_DESK, "bridge.cross", most=5))
        outcomes = Record()
        first.entrust(Letter(TRADING_DESK, "bridge.cross", b""), outcomes.add)
        outcomes.wait_for(Outcome)
        second = server.make()
        second.declare(Queue("cross", TRADING_DESK, "bridge.cross", most=6))
        with pytest.raises(BrokerError, match=r"PRECONDITION_FAILED.*cross"):
            second.start()

    def test_without_pika_the_extra_is_named(self, monkeypatch):
        monkeypatch.setattr(rabbitmq, "PIKA_IS_THERE", False)
        with pytest.raises(MissingExtra, match=r"pip install ibkr-actors\[rabbitmq\]"):
            RabbitMQ("amqp://localhost")


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
