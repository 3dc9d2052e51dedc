"""The blocking interface, for scripts and notebooks: every request blocks and returns its data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from msgspec import Struct

from ibkr_actors.base.bridge_connection import BridgeAddress
from ibkr_actors.base.liveness import SILENCE
from ibkr_actors.base.message_codes import CodeTable, CodeTreatment, FarmState
from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountValue,
    PortfolioValue,
    Position,
    PositionsRequest,
)
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.news import NewsBulletin
from ibkr_actors.base.order_checks import named_accounts
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.blocking.calls import BlockingCalls, StreamCalls
from ibkr_actors.blocking.client import Client
from ibkr_actors.blocking.order_calls import OrderCalls
from ibkr_actors.blocking.order_handle import OrderHandle
from ibkr_actors.blocking.quote import Quote
from ibkr_actors.blocking.stream import STREAM_LIMIT, Stream
from ibkr_actors.classes.rows import Rows
from ibkr_actors.errors import InvalidRequest

__all__ = ["IBKR_API", "OrderHandle", "Quote", "Stream"]

Row = TypeVar("Row", bound=Struct)

TIMEOUT: Final = 30.0
"""Seconds that the bridge may take for an answer: the bridge itself waits for its servers, and for history longest."""


class IBKR_API(OrderCalls):  # noqa: N801  # the name that users know
    """A connection with TWS or IB Gateway, whose calls block and return their data:

        with IBKR_API("127.0.0.1", 7497) as ibkr:
            stock = ibkr.request_contract_data(Stock("IBM"))

    Responsible for: every request of the protocol as a call (`BlockingCalls` says what each returns and raises, and
    `OrderCalls` has the orders); keeping what the bridge tells without being asked. Any thread may call, and several
    may at once.

    A lost connection is not made again by itself: all calls that wait raise ConnectionLost, and so does every call
    until somebody calls `connect()`. Subscriptions have to be made again then. Orders keep working at the bridge
    meanwhile, and `connect()` asks what became of them. A bridge silent for `silence` seconds is asked for its time;
    without an answer within a third of that the connection counts as lost.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 7497,
        client_id: int = 0,
        timeout: float = TIMEOUT,
        *,
        live_accounts: Iterable[str] = (),
        codes: Iterable[CodeTreatment] = (),
        stream_limit: int = STREAM_LIMIT,
        silence: float = SILENCE,
        connect_options: str = "",
        optional_capabilities: str = "",
    ) -> None:
        """Connect. `timeout` is for connecting, and for every call that `within` gives no other.

        Orders in a live account (one that does not begin with D) are refused unless `live_accounts` names it.
        `codes` are those that you want treated otherwise than the table of codes does. Raises ConnectFailed,
        HandshakeRefused, ConnectionLost, and InvalidRequest for a value that can't be.
        """
        if stream_limit < 1:
            raise InvalidRequest(
                f"stream_limit is the number of messages a stream keeps, got {stream_limit!r}"
            )
        address = BridgeAddress(host, port, client_id, connect_options, optional_capabilities)
        client = Client(address, CodeTable(codes), stream_limit, named_accounts(live_accounts), silence)
        super().__init__(client, timeout)
        self.streams = StreamCalls(self._client)
        """The calls of subscriptions, which return streams that go on behind the first round."""
        self.connect()

    # --------------------------------------------------------------------------------------------------- connection

    def connect(self) -> None:
        """Connect again after a lost connection, or after `disconnect`; does nothing while there is a connection.

        Asks what became of the orders that worked; those of which the bridge has not told in time say so in `lost`,
        until it has. Raises ConnectFailed, HandshakeRefused, ConnectionLost.
        """
        self._client.connect(self.timeout)

    def disconnect(self) -> None:
        """Close the connection, when what waits for its turn has left. Orders go on working at the bridge."""
        self._client.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.disconnect()

    @property
    def is_connected(self) -> bool:
        """Whether requests can be made now."""
        return self._client.is_connected

    @property
    def server_version(self) -> int:
        """The version of the protocol that was settled with the bridge."""
        return self._client.link.server_version

    @property
    def client_id(self) -> int:
        """Who we are to the bridge."""
        return self._client.address.client_id

    def within(self, seconds: float) -> BlockingCalls:
        """The same calls, with other patience: `ibkr.within(120).request_historical_data(...)`."""
        return BlockingCalls(self._client, seconds)

    # -------------------------------------------------------------------------------------- told without being asked

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts of the login."""
        return self._client.kept.accounts

    @property
    def orders(self) -> list[OrderHandle]:
        """Every order that was placed or heard of, as live handles, the oldest first.

        This client's orders of earlier programs are heard of when `request_open_orders` asks, those of other clients
        when `request_all_open_orders` does. Of orders that have ended, 10,000 are kept.
        """
        return self._client.orders.handles()

    @property
    def executions(self) -> Rows[ExecutionDetails]:
        """Fills that the bridge told of, or that `request_executions` found; each once, the newest 10,000."""
        with self._client.lock:
            return Rows(self._client.kept.executions.values(), ExecutionDetails)

    @property
    def commissions(self) -> dict[str, CommissionAndFeesReport]:
        """What executions cost, by execution id; the newest 10,000."""
        return self.known_commissions()

    @property
    def positions(self) -> Rows[Position]:
        """The positions of all accounts as they are now, without those of nothing.

        The first time it asks for them, as `request_positions` does, and from then on they are kept current. Raises as
        that call.
        """
        kept = self._client.kept
        return self._current(PositionsRequest, self.request_positions, kept.positions, Position)

    @property
    def account_values(self) -> Rows[AccountValue]:
        """The values of the account as they are now. The first time it asks for them, as `portfolio` does.

        The bridge tells of one account at a time. Raises InvalidRequest for a login with several accounts, before
        `request_account_updates(True, account)` has chosen one; and as that call.
        """
        kept = self._client.kept
        return self._current(AccountDataRequest, self._ask_for_account, kept.account_values, AccountValue)

    @property
    def portfolio(self) -> Rows[PortfolioValue]:
        """The positions of the account with their values. Asks and raises as `account_values`."""
        kept = self._client.kept
        return self._current(AccountDataRequest, self._ask_for_account, kept.portfolio, PortfolioValue)

    def _current(
        self,
        subscription: type[Request],
        ask: Callable[[], object],
        table: Mapping[Any, Row],
        kind: type[Row],
    ) -> Rows[Row]:
        """What a subscription keeps current. One that ends while it is asked for (a lost connection) is asked again."""
        while True:
            with self._client.lock:
                if subscription in self._client.kept.subscribed:
                    return Rows(table.values(), kind)
            ask()

    def _ask_for_account(self) -> None:
        if len(self.accounts) != 1:
            raise InvalidRequest(
                f"the login has {len(self.accounts)} accounts: call request_account_updates(True, account) first"
            )
        self.request_account_updates(True, self.accounts[0])

    @property
    def notices(self) -> Sequence[Notice]:
        """Errors, warnings and information from the bridge, oldest first; the newest 1,000."""
        with self._client.lock:
            return tuple(self._client.kept.notices)

    @property
    def bulletins(self) -> Sequence[NewsBulletin]:
        """News bulletins that came, while there was a subscription to them; the newest 1,000."""
        with self._client.lock:
            return tuple(self._client.kept.bulletins)

    @property
    def farms(self) -> dict[str, FarmState]:
        """The bridge's own servers by name, as it last told."""
        return self._client.farms.states

    @property
    def statistics(self) -> Statistics:
        """What was read, and what of it was not understood."""
        return self._client.statistics.copy()

    def __repr__(self) -> str:
        address = self._client.address
        state = f"server version {self.server_version}" if self.is_connected else "not connected"
        return f"<IBKR_API {address.host}:{address.port}, client {address.client_id}, {state}>"
