"""The simulated server of one run: one client, one scenario, answers built before the clock starts.

Started by `trial.py` as a process of its own:

    python -m benchmarks.server --scenario ticks --version 178 --count 160000

prints `Listening`, serves one client, and prints `Served` once that client has closed the connection. BACKLOG wants
the client's process id as a line on standard input.

Responsible for: the conversation, when bytes are sent, and remembering when that was.
Not responsible for: being a gateway. It answers what the scenarios need, and ignores every other request.
"""

import argparse
import ctypes
import gc
import hashlib
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from benchmarks.frames import FrameReader, framed
from benchmarks.reports import Listening, Served, ServerReport
from benchmarks.scenarios import CONTRACTS, FIRST_ID, TICKS_PER_SECOND, Scenario, bars, numbered_ticks, ticks
from benchmarks.socket_queue import PeerQueue
from benchmarks.streams import (
    HISTORICAL_DATA,
    MARKET_DATA,
    PLACE_ORDER,
    POSITIONS,
    START_API,
    Encoding,
    Request,
    encoding_of,
)
from benchmarks.suspension import suspended

CLIENT_DEADLINE = 60.0
"""Seconds without a byte from a client after which the server gives up."""
PACKET = 4_000
"""Bytes that a TICKS client finds in its socket at a time, at most."""
EMPTY_POLL = 30e-6
"""Seconds between two looks whether the client has read its packet."""
TIMER_SLACK = 1_000
"""Nanoseconds by which Linux may prolong a sleep of the server. Its default, 50,000, would slow fast clients down."""
PR_SET_TIMERSLACK = 29  # <linux/prctl.h>
SEND_BUFFER = 64 << 20
"""Room for a whole BACKLOG in the kernel, where we have the right to ask for it."""
SO_SNDBUFFORCE = 32  # <asm/socket.h>; the socket module does not name it
SIMULATED_TIME = "20260405 23:49:26 Central European Standard Time"


class Conversation:
    """The connection with the one client: its requests in order, and bytes back."""

    def __init__(self, connection: socket.socket, encoding: Encoding) -> None:
        connection.settimeout(CLIENT_DEADLINE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self.encoding = encoding
        self._payloads = self._read_payloads()

    def send(self, data: bytes) -> None:
        """Wait until the kernel has taken all of it."""
        self.connection.sendall(data)

    def greet(self) -> None:
        """Handshake and START_API, up to nextValidId."""
        offered = self._next_payload().split(b" ")[0].decode()
        lowest, _, highest = offered.removeprefix("v").partition("..")
        if not int(lowest) <= self.encoding.version <= int(highest or lowest):
            raise ValueError(f"the client offers {offered}, this server speaks {self.encoding.version}")
        self.send(framed(f"{self.encoding.version}\0{SIMULATED_TIME}\0".encode()))
        self.wait_for(START_API)
        self.send(self.encoding.welcome())

    def wait_for(self, message_id: int) -> Request:
        """The next request of that kind. Others are answered if clients hang without, and ignored if not."""
        while (request := self.encoding.read(self._next_payload())).message_id != message_id:
            if request.message_id == POSITIONS:
                self.send(self.encoding.no_positions())
        return request

    def wait_until_closed(self) -> None:
        """The client has what it wanted, and tells so by leaving."""
        with suppress(ConnectionError):
            for _payload in self._payloads:
                pass

    def _next_payload(self) -> bytes:
        for payload in self._payloads:
            return payload
        raise ConnectionError("the client closed the connection before it had asked for everything")

    def _read_payloads(self) -> Iterator[bytes]:
        reader = FrameReader()
        data = self.connection.recv(65536)
        if not data.startswith(b"API\0"):
            raise ValueError(f"expected the greeting of an API client, got {data[:40]!r}")
        data = data[4:]
        while data:
            yield from reader.feed(data)
            data = self.connection.recv(65536)


def serve_ticks(client: Conversation, count: int) -> Served:
    """One packet after another, each once the client has read all of the one before."""
    frames = _tick_frames(client, count)
    stream = b"".join(frames)
    packets = list(_packets(frames))
    queue = PeerQueue(client.connection)
    started_at = time.monotonic_ns()
    for packet in packets:
        while queue.unread():
            time.sleep(EMPTY_POLL)
        client.send(packet)
    queue.close()
    return Served(_digest(stream), started_at=started_at, stream_bytes=len(stream))


def serve_flood(client: Conversation, count: int) -> Served:
    """The whole stream at once, as fast as the client's socket takes it."""
    stream = b"".join(_tick_frames(client, count))
    started_at = time.monotonic_ns()
    client.send(stream)
    return Served(_digest(stream), started_at=started_at, stream_bytes=len(stream))


def serve_backlog(client: Conversation, count: int) -> Served:
    """All ticks at once into the socket of a client that is held still; then it may run."""
    stream = b"".join(_tick_frames(client, count))
    process_id = int(sys.stdin.readline())
    _widen(client.connection)
    with suspended(process_id):
        waiting = _send_what_fits(client.connection, stream)
        started_at = time.monotonic_ns()
    client.send(stream[waiting:])
    return Served(_digest(stream), started_at=started_at, stream_bytes=len(stream), waiting_bytes=waiting)


def serve_latency(client: Conversation, count: int) -> Served:
    """One tick at a time, at a steady rate; a late one does not delay those behind it."""
    request_ids = _subscriptions(client)
    frames = [client.encoding.tick(tick, request_ids[tick.contract]) for tick in numbered_ticks(count)]
    sent_at = []
    started_at = time.monotonic_ns()
    for number, frame in enumerate(frames):
        due = started_at + number * 1_000_000_000 // TICKS_PER_SECOND
        time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
        sent_at.append(time.monotonic_ns())
        client.send(frame)
    return Served(_digest(b"".join(frames)), started_at=started_at, sent_at=sent_at)


def serve_orders(client: Conversation, count: int) -> Served:
    """Each order is answered at once by openOrder and orderStatus in one packet."""
    answers = {
        number: client.encoding.order_accepted(number) for number in range(FIRST_ID, FIRST_ID + 2 * count)
    }
    client.greet()
    for _ in range(count):
        order_id = client.wait_for(PLACE_ORDER).request_id
        if order_id not in answers:
            raise ValueError(f"order id {order_id} was not built: count on from nextValidId, {FIRST_ID}")
        client.send(answers[order_id])
    return Served(_digest(b"".join(answers.values())))


def serve_bars(client: Conversation, count: int, *, epoch: bool) -> Served:
    """All bars in one message, built before the request that they answer."""
    rows = client.encoding.historical_rows(bars(count), epoch=epoch)
    client.greet()
    request_id = client.wait_for(HISTORICAL_DATA).request_id
    client.send(client.encoding.historical_data(request_id, count, rows))
    return Served(_digest(rows), stream_bytes=len(rows))


def _subscriptions(client: Conversation) -> list[int]:
    """The client connects and subscribes: its request ids, by contract."""
    client.greet()
    return [client.wait_for(MARKET_DATA).request_id for _ in range(CONTRACTS)]


def _tick_frames(client: Conversation, count: int) -> list[bytes]:
    """Built once the request ids are known; the client waits, and no clock runs yet."""
    request_ids = _subscriptions(client)
    return [client.encoding.tick(tick, request_ids[tick.contract]) for tick in ticks(count)]


def _packets(frames: Iterable[bytes]) -> Iterator[bytes]:
    """Whole frames, up to PACKET bytes."""
    packet: list[bytes] = []
    size = 0
    for frame in frames:
        if size + len(frame) > PACKET:
            yield b"".join(packet)
            packet, size = [], 0
        packet.append(frame)
        size += len(frame)
    yield b"".join(packet)


def _widen(connection: socket.socket) -> None:
    """Make the send buffer as large as we may: beyond net.core.wmem_max only root gets what it asks for."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER)
    except PermissionError:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


def _send_what_fits(connection: socket.socket, stream: bytes) -> int:
    """Fill the kernel's buffers without waiting for the reader; how many bytes that took."""
    view, sent = memoryview(stream), 0
    connection.setblocking(False)
    with suppress(BlockingIOError):
        while sent < len(stream):
            sent += connection.send(view[sent:])
    connection.settimeout(CLIENT_DEADLINE)
    return sent


def _digest(stream: bytes) -> str:
    return hashlib.sha256(stream).hexdigest()[:16]


def serve(scenario: Scenario, client: Conversation, count: int) -> Served:
    """One scenario from handshake to last byte."""
    match scenario:
        case Scenario.TICKS:
            return serve_ticks(client, count)
        case Scenario.FLOOD:
            return serve_flood(client, count)
        case Scenario.BACKLOG:
            return serve_backlog(client, count)
        case Scenario.LATENCY:
            return serve_latency(client, count)
        case Scenario.ORDERS:
            return serve_orders(client, count)
        case Scenario.BARS | Scenario.BARS_EPOCH:
            return serve_bars(client, count, epoch=scenario is Scenario.BARS_EPOCH)


def _say(report: ServerReport) -> None:
    print(msgspec.json.encode(report).decode(), flush=True)


def main() -> None:
    """Serve the first client that connects."""
    parser = argparse.ArgumentParser(description="Simulated server of one benchmark run.")
    parser.add_argument("--scenario", type=Scenario, choices=list(Scenario), required=True)
    parser.add_argument("--version", type=int, required=True, help="server version to speak")
    parser.add_argument("--count", type=int, required=True, help="ticks, orders or bars")
    arguments = parser.parse_args()
    gc.disable()  # a pause of the server is no latency of the client
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, TIMER_SLACK)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(CLIENT_DEADLINE)
        _say(Listening(listener.getsockname()[1]))
        connection, _address = listener.accept()
    with connection:
        client = Conversation(connection, encoding_of(arguments.version))
        served = serve(arguments.scenario, client, arguments.count)
        client.wait_until_closed()
    _say(served)


if __name__ == "__main__":
    main()
