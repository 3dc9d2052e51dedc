"""How much a simulated gateway serves, and whether its memory stays where it is.

    python -m benchmarks.gateway_load rate                       # 32 clients, 100 streams each
    python -m benchmarks.gateway_load rate --clients 4 --streams 20 --version 178
    python -m benchmarks.gateway_load week                       # seven simulated days

`rate` has a crowd of clients in a process of its own, which reads and counts frames, and lets time go on as fast as
the gateway can. It takes turns between frames that are encoded once for all followers of a contract and frames that
are encoded for each of them, so that both ways are measured in one run.

`week` lets days pass in steps of a minute, while clients come and go, follow contracts and trade, and shows the memory
after each.
"""

import argparse
import gc
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from loguru import logger

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, StartApiRequest
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.history import HistoricalDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest
from ibkr_actors.base.session import Session
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway import Options, Server, SteppedClock
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("America/New_York"))
STEP = 0.25
"""Simulated seconds between two movements of the market."""
PAGE = 4096
READ_SIZE = 1 << 20
CROWD = "crowd"
QUIET = 0.3
"""Seconds without a byte after which the crowd has read everything."""


def stocks(number: int) -> list[Contract]:
    """So many contracts to follow; they come again when there are not enough."""
    found = [each.contract() for each in Catalogue(MONDAY.date()) if each.security_type == "STK"]
    return [found[place % len(found)] for place in range(number)]


class Visitor:
    """A client that asks, and reads what it has to."""

    def __init__(self, port: int, client_id: int, version: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self._session = Session(Role.CLIENT, range(157, version + 1))
        self.socket.sendall(self._session.output())
        while self._session.server_version is None:
            self._session.receive(self.socket.recv(READ_SIZE))
        self.ask(StartApiRequest(client_id))

    def ask(self, request: Request) -> None:
        """Send a request."""
        self.socket.sendall(self._session.encode(request))

    def catch_up(self) -> None:
        """Read all that was sent, up to the answer to one more question."""
        self.ask(CurrentTimeRequest())
        while not any(
            isinstance(message, CurrentTime) for message in self._session.receive(self.socket.recv(READ_SIZE))
        ):
            pass


# --------------------------------------------------------------------------------------------------------------- crowd


def crowd(port: int, clients: int, streams: int, version: int) -> None:
    """Connect and follow, say so, then count frames; each line of the input asks for their number so far."""
    contracts, selector = stocks(streams), selectors.DefaultSelector()
    for client in range(clients):
        visitor = Visitor(port, client + 1, version)
        for number, contract in enumerate(contracts):
            visitor.ask(MarketDataRequest(contract, request_id=client * streams + number + 1))
        selector.register(visitor.socket, selectors.EVENT_READ, [b""])
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    print("ready", flush=True)
    frames, is_asked = 0, False
    while True:
        events = selector.select(QUIET if is_asked else None)
        if not events:
            print(frames, flush=True)
            is_asked = False
        for key, _ in events:
            if key.data is None:
                if not sys.stdin.readline():
                    return
                is_asked = True
                continue
            data = key.fileobj.recv(READ_SIZE)  # type: ignore[union-attr]
            counted, key.data[0] = count(key.data[0] + data)
            frames += counted


def count(data: bytes) -> tuple[int, bytes]:
    """How many frames are whole, and the rest."""
    place = frames = 0
    while len(data) - place >= 4:
        end = place + 4 + int.from_bytes(data[place : place + 4], "big")
        if end > len(data):
            break
        place, frames = end, frames + 1
    return frames, data[place:]


@contextmanager
def crowded(server: Server, clients: int, streams: int, version: int) -> Iterator[subprocess.Popen[str]]:
    """A crowd at a server."""
    numbers = map(str, (server.port, clients, streams, version))
    command = [sys.executable, "-m", "benchmarks.gateway_load", CROWD, *numbers]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603  # ourselves
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        yield process
        process.stdin.close()


def frames_at(process: subprocess.Popen[str]) -> int:
    """How many frames the crowd has got, when it has read all that was sent."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return int(process.stdout.readline())


# ---------------------------------------------------------------------------------------------------------------- rate


def rate(clients: int, streams: int, version: int, steps: int, rounds: int) -> None:
    """Print what is served for a second of the gateway's processor time, and of the clock."""
    server = Server(Options(seed=3), clock=SteppedClock(MONDAY), server_version=version).start()
    with crowded(server, clients, streams, version) as process:
        server.step(1)
        before = frames_at(process)
        costs: dict[bool, list[float]] = {True: [], False: []}
        begun = time.perf_counter()
        for number in range(2 * rounds):
            shared = number % 2 == 0
            with server.hold() as gateway:
                gateway.shares_ticks = shared
            cpu = time.process_time()
            for _ in range(steps):
                server.step(STEP)
            costs[shared].append(time.process_time() - cpu)
        elapsed = time.perf_counter() - begun
        ticks = frames_at(process) - before
    server.stop()
    of_a_turn = ticks / (2 * rounds)
    once, each = (of_a_turn / median(costs[shared]) for shared in (True, False))
    print(f"{clients} clients, {streams} streams each, server version {version}: {ticks:,} messages")
    print(f"encoded once for all followers    {once:>12,.0f} messages for a second of processor time")
    print(f"encoded for each follower         {each:>12,.0f}")
    print(f"ratio                             {once / each:>12.2f}")
    print(f"by the clock, crowd and all       {ticks / elapsed:>12,.0f} messages a second")
    print(f"memory                            {memory():>12,.1f} MB")


# ---------------------------------------------------------------------------------------------------------------- week


def week(days: int, contracts: int) -> None:
    """Print the memory after each simulated day."""
    followed = stocks(contracts)
    print("day  memory in MB")
    with Server(Options(seed=3), clock=SteppedClock(MONDAY), resolution=60.0) as server:
        resident = Visitor(server.port, 1, 226)
        for number, contract in enumerate(followed):
            resident.ask(MarketDataRequest(contract, request_id=number + 1))
        for day in range(1, days + 1):
            for hour in range(24):
                server.step(3600)
                visit(server, resident, followed, (day * 24 + hour) * 10)
            print(f"{day:>3}  {memory():>12.1f}", flush=True)
        resident.socket.close()


def visit(server: Server, resident: Visitor, followed: list[Contract], first_id: int) -> None:
    """What clients do in an hour: one comes and goes, one trades."""
    guest = Visitor(server.port, 2, 203)
    for number, contract in enumerate(followed):
        guest.ask(MarketDataRequest(contract, request_id=number + 1))
    guest.ask(HistoricalDataRequest(followed[0], duration="1 D", bar_size="5 mins", request_id=900))
    for number, action in enumerate(("BUY", "SELL")):
        resident.ask(PlaceOrderRequest(first_id + number, followed[0], market_order(action)))
    resting = Order(
        action="BUY", total_quantity=Decimal(1), order_type="LMT", limit_price=1.0, time_in_force="DAY"
    )
    resident.ask(PlaceOrderRequest(first_id + 2, followed[0], resting))
    resident.ask(CancelOrderRequest(first_id + 2))
    for visitor in (guest, resident):
        visitor.catch_up()
    guest.socket.close()
    server.step(0)


def market_order(action: str) -> Order:
    """Ten shares at the market."""
    return Order(action=action, total_quantity=Decimal(10), order_type="MKT", time_in_force="DAY")


def memory() -> float:
    """Megabytes that this process has in memory, without garbage."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


# ------------------------------------------------------------------------------------------------------------- command


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    of_rate = commands.add_parser("rate", help="messages served for a second of processor time")
    of_rate.add_argument("--clients", type=int, default=32)
    of_rate.add_argument("--streams", type=int, default=100)
    of_rate.add_argument("--version", type=int, default=226)
    of_rate.add_argument("--steps", type=int, default=20, help="movements of the market in a turn")
    of_rate.add_argument("--rounds", type=int, default=5, help="turns of each way")
    of_week = commands.add_parser("week", help="memory after each simulated day")
    of_week.add_argument("--days", type=int, default=7)
    of_week.add_argument("--contracts", type=int, default=4)
    of_crowd = commands.add_parser(CROWD, help="the clients of `rate`, in a process of their own")
    of_crowd.add_argument("numbers", type=int, nargs=4, metavar="PORT CLIENTS STREAMS VERSION")
    chosen = parser.parse_args()
    logger.remove()
    match chosen.command:
        case "rate":
            rate(chosen.clients, chosen.streams, chosen.version, chosen.steps, chosen.rounds)
        case "week":
            week(chosen.days, chosen.contracts)
        case _:
            crowd(*chosen.numbers)


if __name__ == "__main__":
    main()
