"""What the bridge tells without being asked in a call, kept within bounds."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from ibkr_actors.base.fills import revision_of, uncorrected
from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountValue,
    PortfolioValue,
    Position,
    PositionsRequest,
)
from ibkr_actors.base.messages.connection import ManagedAccounts, Notice
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.news import NewsBulletin
from ibkr_actors.base.newest import Newest

MOST_NOTICES: Final = 1_000


class Kept:
    """Executions, commissions, positions, account values, portfolio, bulletins and notices, as they were last told.

    Not for several threads at once: whoever owns it has a lock.
    """

    def __init__(self) -> None:
        self.accounts: tuple[str, ...] = ()
        self.executions: Newest[str, ExecutionDetails] = Newest()
        """By what an execution and its corrections have in common."""
        self.commissions: Newest[str, CommissionAndFeesReport] = Newest()
        self.positions: Newest[tuple[str, Any], Position] = Newest()
        self.portfolio: Newest[tuple[str, Any], PortfolioValue] = Newest()
        self.account_values: Newest[tuple[str, str, str], AccountValue] = Newest()
        self.bulletins: deque[NewsBulletin] = deque(maxlen=MOST_NOTICES)
        self.notices: deque[Notice] = deque(maxlen=MOST_NOTICES)
        self.notices_heard = 0
        self._account = ""
        """The one whose values are kept."""
        self.subscribed: set[type[Request]] = set()
        """Subscriptions without an id that go on, so that what they bring is kept current."""

    def hear(self, message: Any) -> None:
        """Keep a message, if it is of a kind that is kept."""
        match message:
            case ExecutionDetails():
                self._keep_execution(message)
            case CommissionAndFeesReport():
                self.commissions.put(message.execution_id, message)
            case Position():
                _keep_position(self.positions, message)
            case PortfolioValue() if self._is_of_the_account(message):
                _keep_position(self.portfolio, message)
            case AccountValue() if self._is_of_the_account(message):
                self.account_values.put((message.account, message.key, message.currency), message)
            case NewsBulletin():
                self.bulletins.append(message)
            case Notice():
                self.notices.append(message)
                self.notices_heard += 1
            case ManagedAccounts():
                self.accounts = message.accounts
            case _:
                return

    def _keep_execution(self, message: ExecutionDetails) -> None:
        """A corrected execution replaces the one that it corrects."""
        execution_id = message.execution.execution_id
        known = self.executions.get(uncorrected(execution_id))
        if known is None or revision_of(known.execution.execution_id) < revision_of(execution_id):
            self.executions.put(uncorrected(execution_id), message)

    def _is_of_the_account(self, message: AccountValue | PortfolioValue) -> bool:
        """False for what was on its way when another account was chosen.

        An advisor's group, or whatever account the bridge takes by itself, is told under other names.
        """
        return self._account not in self.accounts or message.account in ("", self._account)

    def begin(self, request: Request, *, is_followed: bool) -> None:
        """A request is about to be made, and `is_followed` when the same one goes on already.

        What nothing has kept current meanwhile is forgotten. The bridge tells of one account at a time.
        """
        kind = type(request)
        is_kept = is_followed or kind in self.subscribed
        if isinstance(request, AccountDataRequest):
            is_kept = is_kept and request.account == self._account
            self._account = request.account
        if not is_kept:
            self.end(kind)

    def complete(self, request: Request) -> None:
        """The first round of a request without an id has come, and what follows keeps it current."""
        if not isinstance(request, AccountDataRequest) or request.account == self._account:
            self.subscribed.add(type(request))

    def hear_replaced(self) -> None:
        """Another subscription to an account has ended the one before: ours, unless we have just made another one."""
        if AccountDataRequest in self.subscribed:
            self.end(AccountDataRequest)

    def end(self, subscription: type[Request]) -> None:
        """Nothing keeps current any more what a subscription brought: rather nothing than what may be wrong."""
        self.subscribed.discard(subscription)
        if subscription is PositionsRequest:
            self.positions.clear()
        elif subscription is AccountDataRequest:
            self.portfolio.clear()
            self.account_values.clear()

    def forget_subscriptions(self) -> None:
        """The connection is gone."""
        self.subscribed.clear()
        for table in (self.positions, self.portfolio, self.account_values):
            table.clear()


def _keep_position(table: Newest[tuple[str, Any], Any], message: Any) -> None:
    """A position of nothing is none."""
    key = (message.account, message.contract.contract_id or str(message.contract))
    if message.position:
        table.put(key, message)
    else:
        table.pop(key, None)
