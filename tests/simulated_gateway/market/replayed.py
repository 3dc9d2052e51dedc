"""Small files of bars and ticks that look real, and a gateway that replays them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from ibkr_actors.base.messages.connection import StartApiRequest
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.gateway import Gateway, Options
from ibkr_actors.simulated_gateway.market.market_data_files import MarketData

MONDAY = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
"""9:30 in New York."""

BARS_HEADER = "time,open,high,low,close,volume"


def bars(count: int = 60, start: datetime = MONDAY, seed: int = 1) -> Iterator[tuple[datetime, list[float]]]:
    """Minute after minute: open, high, low, close, volume, on a grid of cents."""
    random, price = Random(seed), 150.0  # noqa: S311 - a market, not a secret
    for minute in range(count):
        walk = [price]
        for _ in range(8):
            walk.append(round(walk[-1] + random.choice((-0.03, -0.01, 0.0, 0.01, 0.02)), 2))
        price = walk[-1]
        shape = [walk[0], max(walk), min(walk), walk[-1], float(random.randrange(100, 9_000))]
        yield start + timedelta(minutes=minute), shape


def bars_text(rows: Iterator[tuple[datetime, list[float]]] | None = None) -> str:
    """The same as CSV."""
    lines = [f"{at.isoformat()},{','.join(f'{value:g}' for value in shape)}" for at, shape in rows or bars()]
    return "\n".join([BARS_HEADER, *lines]) + "\n"


TICKS = """\
time,price,size,bid,ask,bid_size,ask_size
2026-03-02T14:30:00+00:00,,,149.98,150.02,300,200
2026-03-02T14:30:01+00:00,150.02,100,,,,
2026-03-02T14:30:01+00:00,150.01,50,,,,
2026-03-02T14:30:01+00:00,150.01,50,,,,
2026-03-02T14:30:01.100+00:00,,,150.00,150.03,100,400
2026-03-02T14:30:03.250+00:00,150.03,25,150.01,150.04,500,500
2026-03-02T14:30:07+00:00,149.99,10,,,,
"""


class Replayed:
    """A gateway whose AAPL (or another instrument) is a file, and one client of it."""

    def __init__(self, *data: str, start: datetime | None = None, **options: object) -> None:
        files = tuple(map(MarketData.read, data))
        settings = Options(data=files, **options)  # type: ignore[arg-type]
        begins = start or settings.begins
        assert begins is not None
        self.now = begins.timestamp()
        self.gateway = Gateway(settings, self.now)
        self.client: Client = self.gateway.connect(226)
        self.ask(StartApiRequest(1))

    def ask(self, request: Request) -> list[Message]:
        """What the client hears of a request."""
        return self._heard(self.gateway.handle(self.client, request, self.now))

    def pass_to(self, moment: datetime) -> list[Message]:
        """Let it be that time, in one step; what the client hears of it."""
        self.now = moment.timestamp()
        return self._heard(self.gateway.advance(self.now))

    def _heard(self, deliveries: list[tuple[Client, list[Message]]]) -> list[Message]:  # type: ignore[type-arg]
        return [message for client, messages in deliveries if client is self.client for message in messages]


def written(folder: Path, text: str, name: str = "AAPL.csv") -> str:
    """A file with a text; its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)
