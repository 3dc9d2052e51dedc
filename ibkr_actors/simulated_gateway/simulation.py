"""A simulated gateway within another program: started, steered and looked at by a test or an application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from ibkr_actors.base.fills import Fill
from ibkr_actors.base.messages.accounts import Position
from ibkr_actors.base.server_versions import NEWEST
from ibkr_actors.simulated_gateway.accounts.holdings import ConnectedClient, HeldOrders, held
from ibkr_actors.simulated_gateway.gateway import Gateway, Options
from ibkr_actors.simulated_gateway.hours.clock import Clock, SteppedClock
from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.server import LOCALHOST, Server
from ibkr_actors.simulated_gateway.steered_market import Instrument, SteeredMarket

STEP = 1.0
"""Seconds of a step that nobody has given a length."""


class SimulatedGateway:
    """A simulated gateway that listens on a port of this machine, and does what it is told.

    Responsible for: the server's life; prices (`market`), time (`step`), faults; what the gateway holds (`orders`,
    `executions`, `positions`, `clients`), looked at after everything has been served that clients had sent by then.
    Not responsible for: clients, which are any program's own; more of the gateway, which `server.hold()` gives.

    Time stands still until `step`, unless another clock is given. Requests are answered while it does; what takes time
    at a bridge (a resting order's fill, ticks) takes a step. Use it as a context manager; safe on any thread.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        seed: int | None = None,
        accounts: Iterable[str] | None = None,
        cash: Decimal | float | None = None,
        always_open: bool | None = None,
        start: datetime | None = None,
        clock: Clock | None = None,
        server_version: int = NEWEST,
        host: str = LOCALHOST,
        port: int = 0,
    ) -> None:
        """What is said by name goes before what `options` have. `cash` is in US dollars, in each account.

        `start` is when the gateway's time begins (New York's if it has no zone); if left out it begins with the data
        that `options` have, or else now. Raises ValueError for
        a `start` beside a `clock`, and for no account.
        """
        if start is not None and clock is not None:
            raise ValueError(
                "start is when a stepped clock begins; the clock that is given has a time of its own"
            )
        said: dict[str, Any] = {
            "seed": seed,
            "accounts": None if accounts is None else tuple(accounts),
            "cash": None if cash is None else Decimal(str(cash)),
            "always_open": always_open,
        }
        self.options = replace(
            options or Options(), **{name: value for name, value in said.items() if value is not None}
        )
        """How it is set up."""
        if not self.options.accounts:
            raise ValueError("a gateway has at least one account")
        self.server = Server(
            self.options,
            host=host,
            port=port,
            server_version=server_version,
            clock=clock if clock is not None else SteppedClock(start or self.options.begins),
        )
        """The server itself, with `hold()` for everything that this class does not show."""
        self.market = SteeredMarket(self.server.hold)
        """Sets prices."""

    @property
    def host(self) -> str:
        """The address that it listens on."""
        return self.server.host

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self.server.port

    def start(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        self.server.start()
        return self

    def stop(self) -> None:
        """Close all connections, and listen no more; a second call does nothing."""
        self.server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --------------------------------------------------------------------------------------------------------- steering

    def now(self) -> datetime:
        """The gateway's time."""
        return datetime.fromtimestamp(self.server.now(), UTC)

    def step(self, seconds: float = STEP) -> None:
        """Serve what clients have sent, then let time pass, at once.

        When it returns, everything that became due has been handed to the clients' sockets; they may not have read it
        yet. Raises ValueError for a clock that runs by itself or a step back, RuntimeError when it does not run.
        """
        self.server.step(seconds)

    def fault(self, name: str, **parameters: Any) -> None:
        """Let something go wrong now: a fault by its name, such as "data-lost", with its parameters.

        What clients have sent is served before. Raises ConfigurationError for what `docs/gateway_faults.md` does not
        list, RuntimeError when the gateway does not run.
        """
        self.server.fault(name, **parameters)

    def end_faults(self) -> None:
        """Let what goes wrong at present end, as at the end of its time. Raises RuntimeError as `fault` does."""
        self.server.end_faults()

    # ---------------------------------------------------------------------------------------------------------- looking

    @contextmanager
    def _held(self) -> Iterator[Gateway]:
        """The gateway, once it has served what clients had sent."""
        self.server.settle()
        with self.server.hold() as gateway:
            yield gateway

    @property
    def orders(self) -> HeldOrders:
        """Every order that it was sent, open or ended, oldest first."""
        with self._held() as gateway:
            return HeldOrders(map(held, gateway.exchange.book.all_orders()))

    @property
    def executions(self) -> tuple[Fill, ...]:
        """Every execution with its commission, oldest first."""
        with self._held() as gateway:
            trades = gateway.exchange.trades.since(0)
            return tuple(Fill(trade.contract, trade.execution, trade.report) for trade in trades)

    @property
    def positions(self) -> tuple[Position, ...]:
        """Every position that is not closed, of all accounts."""
        with self._held() as gateway:
            books = (gateway.accounts[code] for code in gateway.accounts.codes)
            return tuple(
                Position(book.account, holding.contract, holding.quantity, float(holding.average_cost))
                for book in books
                for holding in book.holdings.values()
                if holding.quantity
            )

    def position(self, instrument: Instrument, account: str = "") -> Decimal:
        """How much of an instrument an account holds, negative when short; without `account` all of them together.

        Raises InvalidRequest for an instrument that the gateway does not know.
        """
        number = self.market.contract_id(instrument)
        return sum(
            (
                each.position
                for each in self.positions
                if each.contract.contract_id == number and account in ("", each.account)
            ),
            ZERO,
        )

    @property
    def clients(self) -> tuple[ConnectedClient, ...]:
        """Who is connected and has said who it is."""
        with self._held() as gateway:
            return tuple(
                ConnectedClient(client.client_id, client.server_version)
                for client in gateway.clients
                if client.client_id is not None
            )
