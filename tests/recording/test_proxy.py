"""A proxy passes on what it gets and when it gets it, and nobody notices that it is there."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ibkr_actors.base.codec import Role
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.recording.proxy import Proxy, _leads_to

DEADLINE = 10.0
EVERYWHERE = "0.0.0.0"  # noqa: S104  # what is tested is that nobody listens there

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def seeded(seed: int) -> random.Random:
    """The same bytes and slices in every run."""
    return random.Random(seed)  # noqa: S311


class Notes:
    """A wiretap that keeps what it is told."""

    def __init__(self) -> None:
        self.passed_by: list[tuple[Role, bytes]] = []
        self.reasons: list[str] = []

    def opened(self, peer: str) -> Notes:
        return self

    def passed(self, sender: Role, data: bytes) -> None:
        self.passed_by.append((sender, data))

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)

    def all_of(self, sender: Role) -> bytes:
        return b"".join(data for who, data in self.passed_by if who is sender)


@asynccontextmanager
async def proxied(handler: Handler, notes: Notes):
    """A bridge that does what `handler` does, and the port of a proxy in front of it."""

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    bridge = await asyncio.start_server(handled, "127.0.0.1", 0)
    proxy = Proxy("127.0.0.1", bridge.sockets[0].getsockname()[1], notes)
    stopped, listening = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(proxy.run(stopped, listening.set))
    await listening.wait()
    try:
        yield proxy.port
    finally:
        stopped.set()
        await running
        bridge.close()
        await bridge.wait_closed()


def run(conversation: Callable[[int], Awaitable[None]], handler: Handler) -> Notes:
    """What passes in a conversation through the proxy; fails at a deadline."""
    notes = Notes()

    async def main() -> None:
        async with proxied(handler, notes) as port:
            await conversation(port)

    asyncio.run(asyncio.wait_for(main(), DEADLINE))
    return notes


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says back what it hears, to the end."""
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def said_back(port: int, data: bytes, sizes: random.Random) -> bytes:
    """What comes back of data that is sent in slices of any size, then ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def send() -> None:
        start = 0
        while start < len(data):
            size = sizes.randrange(1, 1 << 17)
            writer.write(data[start : start + size])
            await writer.drain()
            start += size
        writer.write_eof()

    _, answer = await asyncio.gather(send(), reader.read(-1))
    writer.close()
    await writer.wait_closed()
    return answer


class TestBytes:
    def test_pass_unchanged_both_ways_and_are_told(self):
        data = seeded(1).randbytes(3_000_000)

        async def conversation(port: int) -> None:
            assert await said_back(port, data, seeded(2)) == data

        notes = run(conversation, echo)

        assert notes.all_of(Role.CLIENT) == notes.all_of(Role.GATEWAY) == data

    def test_of_many_clients_don_t_mix(self):
        async def conversation(port: int) -> None:
            sent = [seeded(number).randbytes(50_000) for number in range(40)]
            answers = (said_back(port, data, seeded(3)) for data in sent)
            assert await asyncio.gather(*answers) == sent

        notes = run(conversation, echo)

        assert notes.reasons == ["both sides have ended"] * 40

    def test_pass_while_more_are_on_their_way(self):
        """A byte that comes is passed on, also when a frame is not complete."""

        async def conversation(port: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for byte in b"API\0\0\0":
                writer.write(bytes((byte,)))
                assert await reader.readexactly(1) == bytes((byte,))
            writer.close()
            await writer.wait_closed()

        run(conversation, echo)


class TestEnds:
    def test_of_the_client_leave_the_bridge_its_say(self):
        async def answer_at_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"heard " + await reader.read(-1))

        async def conversation(port: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"all")
            writer.write_eof()
            assert await reader.read(-1) == b"heard all"
            writer.close()
            await writer.wait_closed()

        notes = run(conversation, answer_at_the_end)

        assert notes.passed_by == [
            (Role.CLIENT, b"all"),
            (Role.CLIENT, b""),
            (Role.GATEWAY, b"heard all"),
            (Role.GATEWAY, b""),
        ]

    def test_of_the_bridge_leave_the_client_its_say(self):
        heard: list[bytes] = []

        async def end_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write_eof()
            heard.append(await reader.read(-1))

        async def conversation(port: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.read(-1) == b""
            writer.write(b"still here")
            writer.write_eof()
            writer.close()
            await writer.wait_closed()
            while not heard:
                await asyncio.sleep(0)

        run(conversation, end_first)

        assert heard == [b"still here"]

    def test_by_a_reset_end_the_other_side_too(self):
        ended = asyncio.Event()

        async def wait_for_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"hello")
            await reader.read(-1)
            ended.set()

        async def conversation(port: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.readexactly(5)
            connected = writer.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            await ended.wait()

        notes = run(conversation, wait_for_the_end)

        assert notes.reasons[0].startswith("the connection broke: ")

    def test_by_a_stop_of_the_proxy_are_told(self):
        async def conversation(port: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello")
            await reader.readexactly(5)
            clients.append((reader, writer))

        clients: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        notes = Notes()

        async def main() -> None:
            async with proxied(echo, notes) as port:
                await conversation(port)
            reader, writer = clients[0]
            assert await reader.read(-1) == b""
            writer.close()
            await writer.wait_closed()

        asyncio.run(asyncio.wait_for(main(), DEADLINE))

        assert notes.reasons == ["the proxy was stopped"]


class TestASideThatDoesNotRead:
    def test_slows_the_other_down_as_it_would_without_a_proxy(self):
        written = 0

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal written
            while not reader.at_eof():
                writer.write(bytes(1 << 20))
                written += 1 << 20
                await writer.drain()

        async def conversation(port: int) -> None:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            before = -1
            while before != written:  # nothing more passes once every buffer in between is full
                before = written
                await asyncio.sleep(0.2)  # between two looks
            writer.transport.abort()

        notes = run(conversation, flood)

        assert 0 < written < 64 << 20
        assert len(notes.all_of(Role.GATEWAY)) <= written


def test_without_a_bridge_a_client_is_disconnected_and_the_reason_recorded():
    notes = Notes()

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            port = nobody.getsockname()[1]
        proxy = Proxy("127.0.0.1", port, notes)
        stopped, listening = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(proxy.run(stopped, listening.set))
        await listening.wait()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await reader.read(-1) == b""
        writer.close()
        await writer.wait_closed()
        stopped.set()
        await running

    asyncio.run(asyncio.wait_for(main(), DEADLINE))

    (reason,) = notes.reasons
    assert reason.startswith("no bridge accepts connections at 127.0.0.1:")


@pytest.mark.parametrize(
    ("bridge", "own"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        (EVERYWHERE, "127.0.0.1"),
        ("127.0.0.1", EVERYWHERE),
    ],
)
def test_a_proxy_in_front_of_itself_is_refused(bridge, own):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(
        ConfigurationError, match=f"the bridge's address {bridge}:{port} is the recorder's own"
    ):
        asyncio.run(Proxy(bridge, port, Notes(), host=own, port=port).run(asyncio.Event()))


@pytest.mark.parametrize(("bridge", "own"), [("127.0.0.2", "127.0.0.1"), ("10.0.0.9", EVERYWHERE)])
def test_a_bridge_at_the_same_port_of_another_address_is_none_of_its_own(bridge, own):
    assert not _leads_to((bridge, 7497), (own, 7497))


def test_a_bridge_whose_name_is_none_is_refused():
    with pytest.raises(
        ConfigurationError, match=r"the bridge's address a\.\.b:7497 has no name of a machine"
    ):
        asyncio.run(Proxy("a..b", 7497, Notes()).run(asyncio.Event()))


def test_a_taken_port_is_an_error():
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            await Proxy("127.0.0.1", 1, Notes(), port=taken.getsockname()[1]).run(asyncio.Event())

    with pytest.raises(OSError, match="address already in use"):
        asyncio.run(main())
