"""RabbitMQ: the contract of a broker kept by a server, over AMQP 0-9-1. The only module that knows pika."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from loguru import logger

from ibkr_actors.base.back_off import BackOff
from ibkr_actors.brokers.amqp_queues import QueueMaker
from ibkr_actors.brokers.broker import BrokerState, Delivery, Letter
from ibkr_actors.brokers.commands import guard
from ibkr_actors.brokers.consumers import Consumer
from ibkr_actors.brokers.rabbitmq_address import RabbitMQAddress
from ibkr_actors.brokers.threaded import LOOK_EVERY, ThreadedBroker
from ibkr_actors.brokers.topology import KIND, Queue
from ibkr_actors.errors import MissingExtra

try:
    import pika
    from pika.adapters.select_connection import IOLoop, SelectConnection
    from pika.exceptions import (
        AMQPError,
        ChannelClosedByBroker,
        ConnectionClosedByBroker,
        IncompatibleProtocolError,
        ProbableAccessDeniedError,
        ProbableAuthenticationError,
    )
except ImportError:
    PIKA_IS_THERE = False
else:
    PIKA_IS_THERE = True

logging.getLogger("pika").addHandler(
    logging.NullHandler()
)  # what matters of it is in our log, in fewer words

HEARTBEAT: Final = 10
"""Seconds between two signs of life on a connection; after two that are missing it is given up."""
CONNECT_WITHIN: Final = 5.0
"""Seconds for the TCP connection."""
CLOSE_WITHIN: Final = 1.0
"""Seconds that a server has to agree to the end of a connection."""
LONGEST_BACK_OFF: Final = 5.0
"""Seconds between two attempts to connect, at most."""
MARKET_DATA_IN_FLIGHT: Final = 200
"""Published letters that the server has not confirmed; when there are more it is slower than we, and gets no more."""
WAITED: Final = "waited"
"""Header: microseconds that a letter waited at its sender; AMQP's floats are beyond pika."""
SENT_AT: Final = "sent_at"
"""Header: the sender's clock, microseconds since 1970."""
MEDIA_TYPE: Final = "application/msgpack"

_IN_USE: Final = (403, 405)
"""Codes with which a server refuses a second consumer of a queue."""
_NEVER: Final = (403, 530)
"""Codes with which it ends a connection that it will never accept."""


class RabbitMQ(ThreadedBroker):
    """A connection with a RabbitMQ server.

    Beside the contract: `prefix` stands before all names on the server, so that several desks can share a virtual host;
    `heartbeat` is in seconds. Raises MissingExtra when pika is not installed.

    Entrusted letters have a channel with confirmations, published ones another, each consumer its own: what goes wrong
    on one says little of the others.
    """

    def __init__(
        self,
        address: RabbitMQAddress | str,
        *,
        prefix: str = "",
        heartbeat: int = HEARTBEAT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not PIKA_IS_THERE:
            raise MissingExtra("a desk with actors in other processes", "pika", "rabbitmq")
        super().__init__(clock)
        self._address = RabbitMQAddress(address) if isinstance(address, str) else address
        self._maker, self._heartbeat = QueueMaker(prefix), heartbeat
        self._back_off = BackOff(longest=LONGEST_BACK_OFF)
        self._loop: Any = None
        self._connection: Any = None
        self._entrusted: Any = None
        self._plain: Any = None
        self._held: list[Letter] = []
        """Published before a queue is there that they may be for."""
        self._tag = self._plain_tag = self._plain_confirmed = 0

    @property
    def place(self) -> str:
        """Where the server is."""
        return self._address.place

    # ------------------------------------------------------------------------------------------------ connections

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._connect()
            self._lose()
            self._wait(self._back_off.next())

    def _connect(self) -> None:
        """One connection, from its making to its end."""
        loop = self._loop = IOLoop()
        self._commands.use(loop.add_callback_threadsafe)
        try:
            self._connection = SelectConnection(
                self._parameters(),
                on_open_callback=self._opened,
                on_open_error_callback=self._closed,
                on_close_callback=self._closed,
                custom_ioloop=loop,
            )
            loop.call_later(LOOK_EVERY, self._look)
            loop.start()
        except Exception as error:  # noqa: BLE001  # whatever it is, the next attempt has to be made
            self._reason = _in_words(error)
        finally:
            self._commands.use(None)
            self._loop = self._connection = None
            with contextlib.suppress(OSError):  # the end of a loop that is at its end
                loop.close()

    def _parameters(self) -> pika.ConnectionParameters:
        address = self._address
        return pika.ConnectionParameters(
            address.host,
            address.port,
            address.virtual_host,
            pika.PlainCredentials(address.user, address.password),
            heartbeat=self._heartbeat,
            socket_timeout=CONNECT_WITHIN,
            stack_timeout=CONNECT_WITHIN * 2,
            ssl_options=pika.SSLOptions(address.tls, address.host) if address.tls is not None else None,
            client_properties={"connection_name": "ibkr_actors"},
        )

    def _look(self) -> None:
        self._flush()
        self._loop.call_later(LOOK_EVERY, self._look)

    def _opened(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(self._block)
        connection.add_on_connection_unblocked_callback(self._unblock)
        connection.channel(on_open_callback=self._prepare)

    def _closed(self, _connection: Any, error: BaseException) -> None:
        self._reason = _in_words(error)
        if _is_refusal(error):
            self._refuse(f"the server at {self.place} refuses this client: {self._reason}")
        self._loop.stop()

    def _close(self) -> None:
        connection, loop = self._connection, self._loop
        if connection is not None and not (connection.is_closing or connection.is_closed):
            loop.call_later(CLOSE_WITHIN, loop.stop)  # a server that is gone answers nothing
            connection.close()

    def _block(self, _connection: Any, frame: Any) -> None:
        self._blocked = True
        logger.warning("{} takes nothing now: {}", self.place, frame.method.reason)
        self._tell(BrokerState.BLOCKED, frame.method.reason)

    def _unblock(self, _connection: Any, _frame: Any) -> None:
        self._blocked = False
        self._tell(BrokerState.CONNECTED)
        self._flush()

    # ------------------------------------------------------------------------------------------ channels, queues

    def _prepare(self, channel: Any) -> None:
        """Every queue is made again before anything is sent; those that are consumed, with their consumers."""
        self._plain, self._plain_tag, self._plain_confirmed = channel, 0, 0
        channel.add_on_close_callback(self._lose_channel)
        channel.confirm_delivery(self._confirm_published)
        self._maker.declare_exchanges(channel)
        queues = [queue for queue in self._queues.values() if queue.name not in self._consumers]
        for queue in queues:
            self._maker.declare(channel, queue, self._open_entrusted if queue is queues[-1] else None)

    def _open_entrusted(self, _frame: Any) -> None:
        self._connection.channel(on_open_callback=self._ready_for_letters)

    def _ready_for_letters(self, channel: Any) -> None:
        self._entrusted, self._tag, self._making, self._held = channel, 0, 0, []
        channel.add_on_close_callback(self._lose_channel)
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._confirm)
        self._back_off.reset()
        self._begin()

    def _lose_channel(self, _channel: Any, error: BaseException) -> None:
        """The server closes a channel for what it does not accept: a queue that exists with other properties."""
        if isinstance(error, ChannelClosedByBroker):
            logger.error("the server at {} refuses what was asked of it: {}", self.place, _in_words(error))
            self._refuse(f"the server at {self.place} refuses what was asked of it: {_in_words(error)}")
            self._close()

    def _make(self, queue: Queue) -> None:
        self._making += 1
        self._maker.declare(self._plain, queue, self._made)

    def _made(self, _frame: Any) -> None:
        self._making -= 1
        if not self._making:
            held, self._held = self._held, []
            for letter in held:
                self._publish(letter)
            self._flush()

    # ------------------------------------------------------------------------------------------------- consumers

    def _open_consumer(self, consumer: Consumer) -> None:
        self._connection.channel(on_open_callback=partial(self._start_consumer, consumer))

    def _start_consumer(self, consumer: Consumer, channel: Any) -> None:
        if self._consumers.get(consumer.queue.name) is not consumer:
            channel.close()
            return
        consumer.channel = channel
        channel.add_on_close_callback(partial(self._lose_consumer, consumer))
        channel.add_on_cancel_callback(lambda _frame: channel.close())
        channel.basic_qos(prefetch_count=consumer.prefetch)

        def begin(_frame: Any) -> None:
            name, receive = self._maker.name(consumer.queue.name), partial(self._deliver, consumer)
            channel.basic_consume(name, receive, exclusive=True, callback=consumer.begin)

        self._maker.declare(channel, consumer.queue, begin)

    def _close_consumer(self, consumer: Consumer) -> None:
        if consumer.channel is not None and consumer.channel.is_open:
            consumer.channel.close()

    def _lose_consumer(self, consumer: Consumer, _channel: Any, error: BaseException) -> None:
        consumer.channel = None
        if self._consumers.get(consumer.queue.name) is not consumer or not self._ready:
            return
        if isinstance(error, ChannelClosedByBroker) and error.reply_code in _IN_USE:
            del self._consumers[consumer.queue.name]
            if consumer.refused is not None:
                guard(consumer.refused, error.reply_text)
        elif self._connection is not None and self._connection.is_open:
            logger.warning("queue {} is consumed again: {}", consumer.queue.name, _in_words(error))
            self._loop.call_later(LOOK_EVERY, partial(self._add_consumer, consumer))

    def _deliver(self, consumer: Consumer, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        headers = properties.headers or {}
        delivery = Delivery(
            consumer.queue.name,
            method.routing_key,
            body,
            method.redelivered,
            _seconds(headers.get(WAITED)),
            _seconds(headers.get(SENT_AT)),
            headers,
            (self._epoch, channel, method.delivery_tag),
        )
        guard(consumer.receive, delivery)

    def _acknowledge(self, delivery: Delivery) -> None:
        epoch, channel, tag = delivery.tag
        if epoch == self._epoch and channel.is_open:
            channel.basic_ack(tag)

    # --------------------------------------------------------------------------------------------------- letters

    def _keeps_up(self) -> bool:
        return self._plain_tag - self._plain_confirmed < MARKET_DATA_IN_FLIGHT

    def _publish(self, letter: Letter) -> None:
        if self._making:
            self._held.append(letter)
        elif self.connected:
            self._plain_tag += 1
            self._send(self._plain, letter, 0.0, letter.time_to_live)

    def _send_entrusted(self, letter: Letter, waited: float, left: float | None) -> int:
        self._tag += 1
        self._send(self._entrusted, letter, waited, left, str(self._tag))
        return self._tag

    def _send(
        self, channel: Any, letter: Letter, waited: float, left: float | None, message_id: str | None = None
    ) -> None:
        properties = pika.BasicProperties(
            content_type=MEDIA_TYPE,
            delivery_mode=2 if letter.persistent else 1,
            headers={
                **letter.headers,
                KIND: letter.kind,
                WAITED: int(waited * 1e6),
                SENT_AT: int(time.time() * 1e6),
            },
            expiration=None if left is None else str(max(1, int(left * 1000))),
            message_id=message_id,
        )
        exchange, must_arrive = self._maker.name(letter.exchange), message_id is not None
        channel.basic_publish(exchange, letter.routing_key, letter.body, properties, must_arrive)

    def _confirm(self, frame: Any) -> None:
        method = frame.method
        if isinstance(method, pika.spec.Basic.Ack):
            self._outbox.confirm(method.delivery_tag, multiple=method.multiple)
        else:
            self._outbox.take_back(method.delivery_tag, multiple=method.multiple)
        self._flush()

    def _confirm_published(self, frame: Any) -> None:
        self._plain_confirmed = frame.method.delivery_tag

    def _returned(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        entry = self._outbox.entry(int(properties.message_id))
        if entry is not None:
            logger.error("{} has no queue for {}", self.place, method.routing_key)
            entry.returned = True


def _seconds(value: object) -> float:
    return value / 1e6 if isinstance(value, int) else 0.0


def _is_refusal(error: BaseException) -> bool:
    if isinstance(error, ConnectionClosedByBroker):
        return error.reply_code in _NEVER
    refusals = (ProbableAuthenticationError, ProbableAccessDeniedError, IncompatibleProtocolError)
    return isinstance(error, refusals)


def _in_words(error: BaseException) -> str:
    """What was at the bottom of an error, in one line: pika wraps it several times."""
    inner: BaseException | None = error
    while inner is not None:
        error = inner
        wrapped = (getattr(error, "exception", None), *getattr(error, "exceptions", ())[-1:], *error.args)
        inner = next((one for one in wrapped if isinstance(one, BaseException)), None)
    if isinstance(error, AMQPError) and error.args:
        return ", ".join(str(part) for part in error.args)
    return f"{type(error).__name__}: {error}"
