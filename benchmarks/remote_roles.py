"""The processes of `remote.py`: a gateway that feeds ticks, a desk, and strategies in a process of their own.

    python -m benchmarks.remote_roles gateway RATE
    python -m benchmarks.remote_roles desk PORT ACTORS BROKER JOURNAL
    python -m benchmarks.remote_roles actors ACTORS BROKER

Each obeys the lines that it reads, and answers with lines of JSON: `count` with the ticks that strategies have handled
and the seconds that some of them were under way since the last `count`, `orders N` with N round trips in seconds,
`stop` ends it. BROKER is `-` for none, or a URL and a prefix.
"""

import contextlib
import itertools
import json
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from loguru import logger

from benchmarks.scenarios import ACCOUNT
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, StartApiRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus, PlaceOrderRequest
from ibkr_actors.base.session import Session
from ibkr_actors.brokers.rabbitmq import RabbitMQ
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.remote_application import RemoteApplication

CLIENT = 1
PACKET_SECONDS = 0.001
"""The gateway sends so often, as many ticks as are due: real ones come in packets too."""
STAMP = 9
"""Type of a tick whose price is the time of its sending, by the clock that all processes of a machine share."""
STAMP_EVERY = 7
"""Packets; no divisor of the time for which ticks are collected, so that stamps come at any moment of it."""


def say(**facts: Any) -> None:
    """A line for `remote.py`."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


class Feeder:
    """A gateway for one client: welcomes it, feeds its first line, answers orders at once."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._session = Session(Role.GATEWAY, connection_time="20260102 09:30:00 CET")
        self._lock = threading.Lock()

    def serve(self, listener: socket.socket) -> None:
        """Until the client leaves."""
        self._client, _ = listener.accept()
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):  # the client left in the middle of a tick
            while data := self._client.recv(1 << 16):
                messages = self._session.receive(data)
                self._send(self._session.output())
                for message in messages:
                    self._answer(message)

    def _send(self, data: bytes) -> None:
        with self._lock:
            self._client.sendall(data)

    def _say(self, *messages: Any) -> None:
        self._send(b"".join(map(self._session.encode, messages)))

    def _answer(self, message: Any) -> None:
        match message:
            case StartApiRequest():
                self._say(ManagedAccounts(ACCOUNT), NextValidId(1))
            case MarketDataRequest():
                threading.Thread(target=self._feed, args=(message.request_id,), daemon=True).start()
            case PlaceOrderRequest(order_id, contract, order):
                order.client_id = CLIENT
                status = OrderStatus(order_id, "Submitted", remaining=order.total_quantity, client_id=CLIENT)
                self._say(OpenOrder(order_id, contract, order, OrderState("Submitted")), status)

    def _feed(self, request_id: int) -> None:
        ticks = [TickPrice(request_id, (1, 2, 4)[n % 3], 100.0 + n % 400 * 0.25, 100.0) for n in range(1200)]
        frames = [self._session.encode(tick) for tick in ticks]
        began, sent = time.monotonic(), 0
        for packet in itertools.count():
            now = time.monotonic()
            due = int((now - began) * self._rate)
            data = [frames[n % len(frames)] for n in range(sent, due)]
            if packet % STAMP_EVERY == 0:
                data.append(self._session.encode(TickPrice(request_id, STAMP, now)))
            try:
                self._send(b"".join(data))
            except OSError:
                return
            sent = due
            time.sleep(PACKET_SECONDS)


class Counter(StrategyActor):
    """Counts ticks, and measures round trips of orders when it is told to."""

    everyone: list["Counter"] = []  # noqa: RUF012  # of this process

    def initialize(self) -> None:
        self.ticks, self.total, self.wanted, self.trips, self.delays = 0, 0.0, 0, [], []
        self.everyone.append(self)
        self.request_market_data(Stock("S0", contract_id=10_001))

    def tick_price(self, tick: TickPrice) -> None:
        self.ticks += 1
        self.total += tick.price
        if tick.tick_type == STAMP:
            self.delays.append(time.monotonic() - tick.price)

    def order_status(self, _status: OrderStatus) -> None:
        self.trips.append(time.perf_counter() - self.placed_at)
        self.place()

    def place(self) -> None:
        """The next order, if one more is wanted."""
        if self.wanted > 0:
            self.wanted -= 1
            self.placed_at = time.perf_counter()
            self.place_order(LimitOrder("BUY", Stock("S0", contract_id=10_001), 100, 187.25))

    def act(self) -> None:
        if self.wanted and not self.trips and not self.orders:
            self.place()


def broker_of(place: str) -> RabbitMQ:
    """A connection with the server of a URL and a prefix."""
    url, _, prefix = place.partition(" ")
    return RabbitMQ(url, prefix=prefix)


def desk(port: str, actors: str, broker: str, journal: str) -> MultiClientApplication:
    """A desk with so many strategies of its own."""
    served = {"broker": broker_of(broker)} if broker != "-" else {}
    application = MultiClientApplication(
        "127.0.0.1", int(port), CLIENT, messages_per_second=100_000, journal=Path(journal), **served
    )
    for number in range(int(actors)):
        application.register(Counter, code=f"a{number}")
    return application


def actors(count: str, broker: str) -> RemoteApplication:
    """So many strategies."""
    application = RemoteApplication(broker_of(broker))
    for number in range(int(count)):
        application.register(Counter, code=f"a{number}")
    return application


def obey() -> None:
    """Answer lines until `stop`."""
    for line in sys.stdin:
        match line.split():
            case ["count"]:
                at, delays = time.monotonic(), []
                for one in Counter.everyone:
                    delays += one.delays
                    one.delays = []
                say(count=sum(one.ticks for one in Counter.everyone), at=at, delays=delays)
            case ["orders", count]:
                first = Counter.everyone[0]
                first.wanted = int(count)
                while len(first.trips) < int(count):
                    time.sleep(0.01)
                say(trips=first.trips)
            case _:
                return


def main(role: str, *arguments: str) -> None:
    """Play one role."""
    logger.remove()
    if role == "gateway":
        with socket.create_server(("127.0.0.1", 0)) as listener:
            say(port=listener.getsockname()[1])
            Feeder(int(arguments[0])).serve(listener)
        return
    application = desk(*arguments) if role == "desk" else actors(*arguments)
    with application:
        say(up=True)
        obey()


if __name__ == "__main__":
    main(*sys.argv[1:])
