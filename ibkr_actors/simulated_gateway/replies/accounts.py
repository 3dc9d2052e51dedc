"""Accounts: values and portfolio, summaries, positions, each told once and then as it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountDownloadEnd,
    AccountSummary,
    AccountSummaryEnd,
    AccountSummaryRequest,
    AccountUpdateTime,
    AccountValue,
    CancelAccountSummary,
    CancelPositions,
    PortfolioValue,
    Position,
    PositionEnd,
    PositionsRequest,
)
from ibkr_actors.simulated_gateway.accounts.account_values import (
    BASE,
    SUMMARY_SPELLINGS,
    NamedValue,
    account_values,
    all_ledger_values,
    ledger_values,
    summary_values,
)
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.accounts.refresh import Refresh
from ibkr_actors.simulated_gateway.accounts.valuation import HoldingValue, Valuation
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.hours.market_time import clock_text
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.simulated_gateway.refusals import ACCOUNT_UNKNOWN, Refusal, invalid, unprocessable
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

SUMMARIES_AT_ONCE: Final = 2
WHOLE_LOGIN: Final = ("All", "")
"""The group of a summary; only an advisor has others."""
ACCOUNT_REPLACED: Final = (
    2100,
    "New account data requested from TWS. API client has been unsubscribed from account data.",
)
OTHER_ACCOUNT_IN_USE: Final = (
    2101,
    "Unable to subscribe to account as the following clients are subscribed to a different account.",
)
LEDGER: Final = "$LEDGER"


@dataclass(slots=True)
class _Download:
    """A client's subscription to one account, with what it was told last."""

    account: str
    told: dict[tuple[str, str], NamedValue] = field(default_factory=dict)
    portfolio: dict[int, PortfolioValue] = field(default_factory=dict)


@dataclass(slots=True)
class _Summary:
    """One subscription to a summary, with what it was told last."""

    tags: tuple[str, ...]
    told: dict[tuple[str, str, str], NamedValue] = field(default_factory=dict)


class AccountReplies(Service):
    """Tells clients what the accounts hold.

    Responsible for: the subscriptions to account values, summaries and positions; telling changes only.
    Not responsible for: the values; they are `account_values.py` over a `Valuation`.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._downloads: dict[Client, _Download] = {}
        self._summaries: dict[tuple[Client, int], _Summary] = {}
        self._position_followers: set[Client] = set()
        self._refresh = Refresh(accounts)

    def handlers(self) -> Handlers:
        """Account updates, summaries, positions."""
        return {
            AccountDataRequest: self._download,
            AccountSummaryRequest: self._summarize,
            CancelAccountSummary: self._cancel_summary,
            PositionsRequest: self._send_positions,
            CancelPositions: self._cancel_positions,
        }

    def forget(self, client: Client) -> None:
        """End the subscriptions of a client."""
        self._downloads.pop(client, None)
        self._position_followers.discard(client)
        for key in [key for key in self._summaries if key[0] is client]:
            del self._summaries[key]

    def order_filled(self, order: WorkingOrder) -> None:
        """A position changed: followers of positions hear at once, the others at the next step of the clock."""
        self._refresh.traded(order.account)
        if self._position_followers:
            for holding in self._accounts.held_by(order):
                for client in self._position_followers:
                    client.tell(_position(order.account, holding))

    def advance(self, now: float) -> None:
        """Tell changed values, when a position changed and every few minutes."""
        for account in self._refresh.due(now):
            self._tell_again(account, now)

    def _tell_again(self, account: str, now: float) -> None:
        downloads = [item for item in self._downloads.items() if item[1].account == account]
        if not downloads and not self._summaries:
            return
        valuation = self._accounts.value(account)
        for client, download in downloads:
            if _tell_changes(client, download, valuation):
                client.tell(AccountUpdateTime(clock_text(now)))
        for (client, request_id), summary in self._summaries.items():
            _tell_summary(client, request_id, summary, valuation)

    # ----------------------------------------------------------------------------------------------------- requests

    def _download(self, client: Client, request: AccountDataRequest) -> None:
        if not request.subscribe:
            self._downloads.pop(client, None)
            return
        account = request.account or self._accounts.codes[0]
        if account not in self._accounts:
            raise Refusal(*ACCOUNT_UNKNOWN)
        self._check_one_account(client, account)
        download = self._downloads[client] = _Download(account)
        _tell_changes(client, download, self._accounts.value(account))
        client.tell(AccountUpdateTime(clock_text(client.now)), AccountDownloadEnd(account))

    def _check_one_account(self, client: Client, account: str) -> None:
        """The gateway has one account's values at a time: the client's own subscription makes way, others' do not."""
        if any(other is not client and held.account != account for other, held in self._downloads.items()):
            raise Refusal(*OTHER_ACCOUNT_IN_USE)
        former = self._downloads.get(client)
        if former is not None and former.account != account:
            client.notice(-1, *ACCOUNT_REPLACED)

    def _summarize(self, client: Client, request: AccountSummaryRequest) -> None:
        key = client, request.request_id
        running = [other for other in self._summaries if other[0] is client and other != key]
        if len(running) >= SUMMARIES_AT_ONCE:
            raise unprocessable("Maximum number of account summary requests exceeded")
        if request.group not in WHOLE_LOGIN:
            raise invalid(f"Invalid account group: {request.group}")
        tags = tuple(filter(None, (tag.strip() for tag in str(request.tags).split(","))))
        summary = self._summaries[key] = _Summary(tags)
        for account in self._accounts.codes:
            _tell_summary(client, request.request_id, summary, self._accounts.value(account))
        client.tell(AccountSummaryEnd(request.request_id))

    def _cancel_summary(self, client: Client, request: CancelAccountSummary) -> None:
        self._summaries.pop((client, request.request_id), None)

    def _send_positions(self, client: Client, _: PositionsRequest) -> None:
        self._position_followers.add(client)
        for account in self._accounts.codes:
            for holding in self._accounts.value(account).open_holdings():
                client.tell(_position(account, holding))
        client.tell(PositionEnd())

    def _cancel_positions(self, client: Client, _: CancelPositions) -> None:
        self._position_followers.discard(client)


def _tell_changes(client: Client, download: _Download, valuation: Valuation) -> bool:
    """Send the values and positions that differ from what the client was told; says whether there were any."""
    messages: list[AccountValue | PortfolioValue] = []
    for row in account_values(valuation):
        if download.told.get((row.key, row.currency)) != row:
            download.told[row.key, row.currency] = row
            messages.append(AccountValue(row.key, row.value, row.currency, valuation.account))
    for number, holding in valuation.holdings.items():
        value = _portfolio_value(valuation.account, holding)
        # A position that was closed today is among them, for what it realised.
        if download.portfolio.get(number) != value:
            download.portfolio[number] = value
            messages.append(value)
    client.tell_all(messages)
    return bool(messages)


def _tell_summary(client: Client, request_id: int, summary: _Summary, valuation: Valuation) -> None:
    account = valuation.account
    for row in _summary_rows(summary.tags, valuation):
        if summary.told.get((account, *row[::2])) != row:
            summary.told[account, row.key, row.currency] = row
            client.tell(AccountSummary(request_id, account, row.key, row.value, row.currency))


def _summary_rows(tags: tuple[str, ...], valuation: Valuation) -> list[NamedValue]:
    known = summary_values(valuation)
    rows = []
    for tag in tags:
        if tag.startswith(LEDGER):
            rows += _ledger_rows(tag, valuation)
        elif (row := known.get(SUMMARY_SPELLINGS.get(tag, tag))) is not None:
            rows.append(row._replace(key=tag))
    return rows


def _ledger_rows(tag: str, valuation: Valuation) -> list[NamedValue]:
    """`$LEDGER` is the base currency's sum, `$LEDGER:EUR` one currency, `$LEDGER:ALL` all of them."""
    wanted = tag.partition(":")[2] or BASE
    return all_ledger_values(valuation) if wanted == "ALL" else ledger_values(valuation, wanted)


def _portfolio_value(account: str, holding: HoldingValue) -> PortfolioValue:
    return PortfolioValue(
        holding.contract,
        holding.position,
        float(holding.price),
        float(holding.value),
        float(round(holding.average_cost, 8)),
        float(holding.unrealized),
        float(holding.realized),
        account,
    )


def _position(account: str, holding: HoldingValue) -> Position:
    return Position(account, holding.contract, holding.position, float(round(holding.average_cost, 8)))
