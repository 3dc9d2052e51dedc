"""RabbitMQ: the contract of a broker kept by a server, over AMQP 0-9-1."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from loguru import logger

from ibkr_actors.base.back_off import BackOff
from ibkr_actors.base.elapsed import elapsed
from ibkr_actors.brokers.amqp_connection import (
    PIKA_IS_THERE,
    Connection,
    close_channel,
    closed_by_server,
    in_words,
    is_acknowledgement,
    is_refusal,
    new_loop,
    properties,
)
from ibkr_actors.brokers.amqp_queues import QueueMaker, QueuesInTurn
from ibkr_actors.brokers.broker import BrokerState, Delivery, Letter
from ibkr_actors.brokers.commands import guard
from ibkr_actors.brokers.consumers import Consumer
from ibkr_actors.brokers.rabbitmq_address import RabbitMQAddress
from ibkr_actors.brokers.refusals import LONGEST_BACK_OFF, client_refused, in_full, is_in_use, largest_letter
from ibkr_actors.brokers.threaded import LOOK_EVERY, ThreadedBroker
from ibkr_actors.brokers.topology import KIND, Queue
from ibkr_actors.errors import MissingExtra

HEARTBEAT: Final = 10
"""Seconds between two signs of life on a connection; after two that are missing it is given up."""
CLOSE_WITHIN: Final = 1.0
"""Seconds that a server has to agree to the end of a connection."""
MARKET_DATA_IN_FLIGHT: Final = 200
"""Published letters that the server has not confirmed; when there are more it is slower than we, and gets no more."""
WAITED: Final = "waited"
"""Header: microseconds that a letter waited at its sender; AMQP's floats are beyond pika."""
SENT_AT: Final = "sent_at"
"""Header: the sender's clock, microseconds since 1970."""


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
        clock: Callable[[], float] = elapsed,
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
        self._in_turn: QueuesInTurn
        self._held: list[Letter] = []
        """Published before a queue is there that they may be for."""
        self._tag = self._plain_tag = self._plain_confirmed = 0

    @property
    def place(self) -> str:
        """Where the server is."""
        return self._address.place

    # ------------------------------------------------------------------------------------------------ connections

    def _run(self) -> None:
        self._back_off.reset()
        while not self._stopping.is_set():
            self._connect()
            self._lose()
            self._wait(self._back_off.next())

    def _connect(self) -> None:
        """One connection, from its making to its end."""
        loop = self._loop = new_loop()
        self._commands.use(loop.add_callback_threadsafe)
        try:
            self._connection = Connection(
                self._address, self._heartbeat, loop, opened=self._opened, ended=self._ended
            )
            loop.call_later(LOOK_EVERY, self._look)
            loop.start()
        except Exception as error:  # noqa: BLE001  # whatever it is, the next attempt has to be made
            self._reason = in_words(error)
        finally:
            self._commands.use(None)
            self._loop = self._connection = None
            with contextlib.suppress(OSError):  # the end of a loop that is at its end
                loop.close()

    def _look(self) -> None:
        guard(self._flush)
        self._loop.call_later(LOOK_EVERY, self._look)

    def _opened(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(self._block)
        connection.add_on_connection_unblocked_callback(self._unblock)
        self._open_channel(self._prepare)

    def _ended(self, _connection: Any, error: BaseException) -> None:
        if not self._leaving:  # else the reason is known already
            self._reason = in_words(error)
        if is_refusal(error):
            self._refuse(self.place, client_refused(in_words(error), self._address))
        self._loop.stop()

    def _close(self) -> None:
        connection = self._connection
        if connection is not None and not (connection.is_closing or connection.is_closed):
            self._leaving = True
            self._loop.call_later(CLOSE_WITHIN, connection.abort)  # a server that is gone answers nothing
            connection.close()

    def _block(self, _connection: Any, frame: Any) -> None:
        self._blocked = True
        logger.warning("{} takes nothing now: {}", self.place, frame.method.reason)
        self._tell(BrokerState.BLOCKED, frame.method.reason)

    def _unblock(self, _connection: Any, _frame: Any) -> None:
        self._blocked = False
        logger.info("{} takes letters again", self.place)
        self._tell(BrokerState.CONNECTED)
        self._flush()

    # ------------------------------------------------------------------------------------------ channels, queues

    def _open_channel(self, use: Callable[[Any], None]) -> None:
        """None comes any more when the connection is about to end."""
        if self._connection.is_open:
            self._connection.channel(on_open_callback=use)

    def _prepare(self, channel: Any) -> None:
        """Every queue is made again before anything is sent; those that are consumed, with their consumers."""
        self._plain, self._plain_tag, self._plain_confirmed = channel, 0, 0
        self._in_turn = QueuesInTurn(self._maker, self._open_channel, self._end_making)
        self._making, self._held = 1, []  # the channel of entrusted letters counts too, and comes last
        channel.add_on_close_callback(self._lose_channel)
        channel.confirm_delivery(self._confirm_published)
        self._maker.declare_exchanges(channel, self._make_all)

    def _make_all(self, _frame: Any) -> None:
        self._makes = True
        for queue in list(self._queues.values()):
            if queue.name not in self._consumers:
                self._make(queue)
        self._open_channel(self._use_for_entrusted)

    def _use_for_entrusted(self, channel: Any) -> None:
        self._entrusted, self._tag = channel, 0
        channel.add_on_close_callback(self._lose_channel)
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._confirm, self._made)

    def _lose_channel(self, _channel: Any, error: BaseException) -> None:
        """The server has closed a channel that letters are sent on: nothing goes on without it."""
        closed = closed_by_server(error)
        if closed is not None:
            self._drop_larger(largest_letter(*closed))
            self._refuse(self.place, in_full("what was asked", *closed, self._address))
            self._close()

    def _drop_larger(self, most: int | None) -> None:
        for letter in self._outbox.drop_larger(most) if most is not None else ():
            size, key = len(letter.body), letter.routing_key
            logger.error(
                "a letter of {} bytes for {} is not sent: {} takes {} at most", size, key, self.place, most
            )

    def _make(self, queue: Queue) -> None:
        self._making += 1
        self._in_turn.add(queue)

    def _end_making(self, queue: Queue, refusal: tuple[int, str] | None) -> None:
        if refusal is None:
            self._refusals.forget(self._title(queue))
        else:
            self._loop.call_later(self._refuse_queue(queue, refusal), partial(self._make_again, queue))
        self._made()

    def _refuse_queue(self, queue: Queue, closed: tuple[int, str]) -> float:
        title = self._title(queue)
        return self._refuse(title, in_full(title, *closed, self._address))

    def _title(self, queue: Queue) -> str:
        return f"queue {self._maker.name(queue.name)!r}"

    def _make_again(self, queue: Queue) -> None:
        if self._usable and self._queues.get(queue.name) is queue:
            self._make(queue)

    def _made(self, _frame: Any = None) -> None:
        self._making -= 1
        if self._making or self._leaving or self._refusal is not None:
            return
        if not self._ready:
            self._loop.call_later(LONGEST_BACK_OFF, self._settle_down)
            self._begin()
        else:
            held, self._held = self._held, []
            for letter in held:
                self._publish(letter)
            self._flush()

    def _settle_down(self) -> None:
        """A connection that lasts so long is a success; others only seemed to be one."""
        self._back_off.reset()
        self._refusals.forget(self.place)

    # ------------------------------------------------------------------------------------------------- consumers

    def _open_consumer(self, consumer: Consumer) -> None:
        self._open_channel(partial(self._start_consumer, consumer))

    def _start_consumer(self, consumer: Consumer, channel: Any) -> None:
        if not self._is_wanted(consumer):
            channel.close()
            return
        consumer.channel = channel
        channel.add_on_close_callback(partial(self._lose_consumer, consumer))
        channel.add_on_cancel_callback(lambda _frame: close_channel(channel))
        channel.basic_qos(prefetch_count=consumer.prefetch)

        def begin(_frame: Any) -> None:
            if channel.is_open:  # nobody has cancelled it in between
                name, receive = self._maker.name(consumer.queue.name), partial(self._deliver, consumer)
                channel.basic_consume(
                    name, receive, exclusive=True, callback=partial(self._begin_consumer, consumer)
                )

        self._maker.declare(channel, consumer.queue, begin)

    def _begin_consumer(self, consumer: Consumer, _frame: Any) -> None:
        self._refusals.forget(self._title(consumer.queue))
        consumer.begin()

    def _is_wanted(self, consumer: Consumer) -> bool:
        return self._consumers.get(consumer.queue.name) is consumer

    def _close_consumer(self, consumer: Consumer) -> None:
        if consumer.channel is not None:
            close_channel(consumer.channel)

    def _lose_consumer(self, consumer: Consumer, _channel: Any, error: BaseException) -> None:
        consumer.channel = None
        if not (self._is_wanted(consumer) and self._usable and self._connection.is_open):
            return
        closed, seconds = closed_by_server(error), LOOK_EVERY
        if closed is None:
            logger.warning("queue {} is consumed again: {}", consumer.queue.name, in_words(error))
        elif is_in_use(*closed) and consumer.refused is not None:
            del self._consumers[consumer.queue.name]
            guard(consumer.refused, closed[1])
            return
        else:
            seconds = self._refuse_queue(consumer.queue, closed)
        self._loop.call_later(seconds, partial(self._open_again, consumer))

    def _open_again(self, consumer: Consumer) -> None:
        if self._is_wanted(consumer) and self._usable:
            self._open_consumer(consumer)

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
        headers = {
            **letter.headers,
            KIND: letter.kind,
            WAITED: int(waited * 1e6),
            SENT_AT: int(time.time() * 1e6),
        }
        facts = properties(headers, persistent=letter.persistent, seconds=left, message_id=message_id)
        exchange, must_arrive = self._maker.name(letter.exchange), message_id is not None
        channel.basic_publish(exchange, letter.routing_key, letter.body, facts, must_arrive)

    def _confirm(self, frame: Any) -> None:
        method = frame.method
        if is_acknowledgement(method):
            self._outbox.confirm(method.delivery_tag, multiple=method.multiple)
            self._flush()
        else:  # the server could not keep it now: sent again at the next look, not at once and for ever
            self._outbox.take_back(method.delivery_tag, multiple=method.multiple)

    def _confirm_published(self, frame: Any) -> None:
        self._plain_confirmed = frame.method.delivery_tag

    def _returned(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        entry = self._outbox.entry(int(properties.message_id))
        if entry is not None:
            logger.error("{} has no queue for {}", self.place, method.routing_key)
            entry.returned = True


def _seconds(value: object) -> float:
    return value / 1e6 if isinstance(value, int) else 0.0
