"""The AccountsActor: account values, positions, profit and loss, kept current."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ibkr_actors.actors.actor import DeskActor, Mail, tell
from ibkr_actors.actors.messages import Ask, Batch, Release, Send, Subscribe, SubscribeTypes
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState
from ibkr_actors.base.message_codes import CODES, CodeTable, Ends
from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountDownloadEnd,
    AccountUpdateTime,
    AccountValue,
    CancelPositions,
    CancelProfitAndLoss,
    PortfolioValue,
    Position,
    PositionEnd,
    PositionsRequest,
    ProfitAndLoss,
    ProfitAndLossRequest,
)
from ibkr_actors.base.messages.connection import ManagedAccounts, Notice
from ibkr_actors.base.messages.declaration import Message, Request

ACCOUNT_TYPES = (AccountValue, PortfolioValue, AccountUpdateTime, AccountDownloadEnd)
POSITION_TYPES = (Position, PositionEnd)


@dataclass(slots=True)
class AccountState:
    """What is known of the accounts of a login."""

    accounts: tuple[str, ...] = ()
    values: dict[tuple[str, str, str], AccountValue] = field(default_factory=dict)
    """By account, key and currency."""
    portfolio: dict[tuple[str, int], PortfolioValue] = field(default_factory=dict)
    """By account and contract id."""
    positions: dict[tuple[str, int], Position] = field(default_factory=dict)
    """By account and contract id; closed ones are gone."""
    profit_and_loss: ProfitAndLoss | None = None
    time: AccountUpdateTime | None = None
    downloaded: AccountDownloadEnd | None = None
    positions_end: PositionEnd | None = None

    def first_live(self, allowed: Collection[str]) -> str:
        """A live account (one that does not begin with D) that is not among those allowed; empty without one."""
        live = (
            account for account in self.accounts if not account.startswith("D") and account not in allowed
        )
        return next(live, "")

    def copy(self) -> AccountState:
        """The state of this moment, for another thread."""
        return AccountState(
            self.accounts,
            dict(self.values),
            dict(self.portfolio),
            dict(self.positions),
            self.profit_and_loss,
            self.time,
            self.downloaded,
            self.positions_end,
        )


class AccountsActor(DeskActor):
    """Keeps the accounts of the login current, for the desk and for every actor that wants them.

    Responsible for:
    1. one subscription to account values, positions and profit and loss, whoever wants them: the bridge has one of
       each for a connection, and one actor's cancellation must not end another's data;
    2. serving an actor that subscribes from what is known, then the changes;
    3. subscribing again after a lost connection.

    Account updates are those of the first account; positions those of all. Understands: Ask, Release, Batch.
    """

    serves: ClassVar[tuple[type[Request], ...]] = (AccountDataRequest, PositionsRequest, CancelPositions)

    def __init__(
        self,
        bridge: Mail,
        router: Mail,
        request_id: Callable[[], int],
        *,
        codes: CodeTable = CODES,
        code: str = "accounts",
    ) -> None:
        super().__init__(code)
        self._bridge, self._router = bridge, router
        self._request_id = request_id
        self._codes = codes
        self.state = AccountState()
        self._watching: dict[type, list[Mail]] = {kind: [] for kind in (*ACCOUNT_TYPES, *POSITION_TYPES)}
        self._subscribed = False
        self._profit: ProfitAndLossRequest | None = None

    def initialize(self) -> None:
        """Watch everything about accounts."""
        self._router.tell(SubscribeTypes(self.mail, (*ACCOUNT_TYPES, *POSITION_TYPES, ManagedAccounts)))

    # ----------------------------------------------------------------------------------------------------- requests

    def receive(self, message: Any) -> Any:
        """Requests of actors."""
        match message:
            case Ask(mail, _, AccountDataRequest(subscribe=True)):
                self._serve(mail, ACCOUNT_TYPES, self._known_account())
            case Ask(mail, _, AccountDataRequest()):
                self._leave(mail, ACCOUNT_TYPES)
            case Ask(mail, _, PositionsRequest()):
                self._serve(mail, POSITION_TYPES, self._known_positions())
            case Ask(mail, _, CancelPositions()):
                self._leave(mail, POSITION_TYPES)
            case Release(mail, _):
                self._leave(mail, (*ACCOUNT_TYPES, *POSITION_TYPES))
            case "state":
                return self.state.copy()
            case _:
                return super().receive(message)
        return None

    def _serve(self, mail: Mail, types: tuple[type, ...], known: list[Message]) -> None:
        for kind in types:
            if mail not in self._watching[kind]:
                self._watching[kind].append(mail)
        if known:
            tell(mail, Batch(known, 0.0))

    def _leave(self, mail: Mail, types: tuple[type, ...]) -> None:
        for kind in types:
            if mail in self._watching[kind]:
                self._watching[kind].remove(mail)

    def _known_account(self) -> list[Message]:
        state = self.state
        ends = (state.time, state.downloaded)
        return [*state.values.values(), *state.portfolio.values(), *(end for end in ends if end is not None)]

    def _known_positions(self) -> list[Message]:
        end = self.state.positions_end
        return [*self.state.positions.values(), *([end] if end is not None else [])]

    # ------------------------------------------------------------------------------------------ what the bridge says

    def _pass_on(self, message: Message) -> None:
        for mail in self._watching[type(message)]:
            tell(mail, Batch([message], 0.0))

    def managed_accounts(self, message: ManagedAccounts) -> None:
        """Which accounts there are."""
        self.state.accounts = message.accounts

    def notice(self, notice: Notice) -> None:
        """The bridge lost what was subscribed, though the connection with it stands."""
        if self._codes.facts(notice.code).ends is Ends.MARKET_DATA:
            self._subscribed = False
            self._subscribe()

    def connection_changed(self, change: ConnectionChanged) -> None:
        """A lost connection took the subscriptions with it."""
        if change.state is ConnectionState.LOST:
            self._subscribed = False
        elif change.state is ConnectionState.CONNECTED:
            self._subscribe()

    def _subscribe(self) -> None:
        if self._subscribed or not self.state.accounts:
            return
        self._subscribed = True
        # What was closed while nobody was listening would stay for ever.
        self.state.positions.clear()
        self.state.portfolio.clear()
        account = self.state.accounts[0]
        for request in (AccountDataRequest(True, account), PositionsRequest()):
            self._bridge.tell(Send(request, self.code))
        if self._profit is None:
            # The router makes it again after a lost connection, as every subscription with an id of its own.
            self._profit = ProfitAndLossRequest(account, request_id=self._request_id())
            self._router.tell(Subscribe(self.mail, self._profit, self._profit.request_id))
            self._bridge.tell(Send(self._profit, self.code))

    def account_value(self, message: AccountValue) -> None:
        """One value."""
        self.state.values[message.account, message.key, message.currency] = message
        self._pass_on(message)

    def portfolio_value(self, message: PortfolioValue) -> None:
        """One position with its value."""
        self.state.portfolio[message.account, message.contract.contract_id] = message
        self._pass_on(message)

    def account_update_time(self, message: AccountUpdateTime) -> None:
        """When the values were computed."""
        self.state.time = message
        self._pass_on(message)

    def account_download_end(self, message: AccountDownloadEnd) -> None:
        """All of it was sent once."""
        self.state.downloaded = message
        self._pass_on(message)

    def position(self, message: Position) -> None:
        """One position; zero when it was closed."""
        key = message.account, message.contract.contract_id
        if message.position:
            self.state.positions[key] = message
        else:
            self.state.positions.pop(key, None)
        self._pass_on(message)

    def position_end(self, message: PositionEnd) -> None:
        """All of them were sent once."""
        self.state.positions_end = message
        self._pass_on(message)

    def profit_and_loss(self, message: ProfitAndLoss) -> None:
        """Profit and loss of the account."""
        self.state.profit_and_loss = message

    def stop(self) -> None:
        """End the subscriptions."""
        if self._subscribed:
            self._bridge.tell(Send(AccountDataRequest(False, self.state.accounts[0]), self.code))
            self._bridge.tell(Send(CancelPositions(), self.code))
        if self._profit is not None:
            self._bridge.tell(Send(CancelProfitAndLoss(self._profit.request_id), self.code))
        super().stop()
