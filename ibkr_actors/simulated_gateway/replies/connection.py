"""The connection itself: accounts, order ids, the clock."""

from __future__ import annotations

from ibkr_actors.base.messages.connection import (
    CurrentTime,
    CurrentTimeRequest,
    IdsRequest,
    ManagedAccounts,
    ManagedAccountsRequest,
    NextValidId,
)
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.orders.order_book import OrderBook
from ibkr_actors.simulated_gateway.replies.farms import FARMS
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service


class ConnectionReplies(Service):
    """Welcomes clients, and repeats the facts of the welcome when asked."""

    def __init__(self, accounts: Accounts, book: OrderBook) -> None:
        self._accounts = accounts
        self._book = book

    def handlers(self) -> Handlers:
        """Accounts, ids, time."""
        return {
            ManagedAccountsRequest: self._send_accounts,
            IdsRequest: self._send_next_id,
            CurrentTimeRequest: self._send_time,
        }

    def welcome(self, client: Client) -> None:
        """What follows the start of a client."""
        client.tell(self._managed_accounts(), self._next_valid_id(client))
        for name, farm in FARMS.items():
            client.notice(-1, *farm.fine(name))

    def _managed_accounts(self) -> ManagedAccounts:
        return ManagedAccounts(",".join(self._accounts.codes))

    def _next_valid_id(self, client: Client) -> NextValidId:
        return NextValidId(self._book.next_valid_id(client.number))

    def _send_accounts(self, client: Client, _: ManagedAccountsRequest) -> None:
        client.tell(self._managed_accounts())

    def _send_next_id(self, client: Client, _: IdsRequest) -> None:
        client.tell(self._next_valid_id(client))

    def _send_time(self, client: Client, _: CurrentTimeRequest) -> None:
        client.tell(CurrentTime(int(client.now)))
