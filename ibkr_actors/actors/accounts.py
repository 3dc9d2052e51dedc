"""The AccountsActor: account values, positions, profit and loss, kept current."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from ibkr_actors.actors.actor import DeskActor, Mail, tell
from ibkr_actors.actors.messages import (
    Ask,
    AwaitAnswer,
    Batch,
    Release,
    Send,
    Subscribe,
    SubscribeTypes,
)
from ibkr_actors.actors.owner_news import tell_at_once
from ibkr_actors.base.local_messages import LOCAL, ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.message_codes import CODES, CodeTable, Ends, Scope
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


@dataclass(frozen=True, slots=True)
class Follower:
    """An actor that wants account updates, and its request."""

    code: str
    mail: Mail
    request: AccountDataRequest
    account: str

    def fail(self, reason: str) -> None:
        """Tell it that none come."""
        tell(self.mail, Batch([RequestFailed(LOCAL, reason, self.request)], 0.0))


@dataclass(slots=True)
class AccountState:
    """What is known of the accounts of a login."""

    accounts: tuple[str, ...] = ()
    """All of the login, the first one first."""
    account: str = ""
    """The one whose values and portfolio are kept."""
    values: dict[tuple[str, str, str], AccountValue] = field(default_factory=dict)
    """By account, key and currency."""
    portfolio: dict[tuple[str, int], PortfolioValue] = field(default_factory=dict)
    """By account and contract id."""
    held: dict[tuple[str, int], PortfolioValue] = field(default_factory=dict)
    """Of the same the newest with a position: what a contract was worth stays known when it is closed."""
    positions: dict[tuple[str, int], Position] = field(default_factory=dict)
    """By account and contract id; closed ones are gone."""
    profit_and_loss: ProfitAndLoss | None = None
    time: AccountUpdateTime | None = None
    downloaded: AccountDownloadEnd | None = None
    positions_end: PositionEnd | None = None

    def forget_account(self) -> None:
        """Nothing is known of an account any more, so nothing says either that all of it was sent."""
        self.values.clear()
        self.portfolio.clear()
        self.time = self.downloaded = None

    def forget_positions(self) -> None:
        """Likewise of positions."""
        self.positions.clear()
        self.positions_end = None

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
            self.account,
            dict(self.values),
            dict(self.portfolio),
            dict(self.held),
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
    3. subscribing again after a lost connection; who asks meanwhile waits for what the new subscription brings, and
       the state tells what was known last;
    4. telling those who wait when the bridge refuses a subscription, does not answer it or has ended it, and making it
       again for who asks next;
    5. which account's updates these are, for the bridge has those of one at a time: the first one's, until an actor
       asks for another's. It is refused while others follow the present one.

    Positions are those of all accounts, profit and loss that of the first. Runs on the threads of those who tell it
    something: it only sorts and remembers. So it knows what was lost before any strategy does. `deliver` puts a message
    into an actor's next parcel, without it the actor is told at once. Understands: Ask, Release, Batch.
    """

    serves: ClassVar[tuple[type[Request], ...]] = (AccountDataRequest, PositionsRequest, CancelPositions)

    def __init__(
        self,
        bridge: Mail,
        router: Mail,
        request_id: Callable[[], int],
        *,
        deliver: Callable[[Mail, Message], bool] | None = None,
        codes: CodeTable = CODES,
        code: str = "accounts",
    ) -> None:
        super().__init__(code)
        self._bridge, self._router = bridge, router
        self._request_id = request_id
        self._deliver = deliver or partial(tell_at_once, time.monotonic)
        self._codes = codes
        self.state = AccountState()
        self._followers: dict[str, Follower] = {}
        """Who wants account updates, by the URN of its mail."""
        self._watching: list[Mail] = []
        """Who wants positions."""
        self._former = ""
        """The account that was followed before: some of its values may still be on their way."""
        self._subscribed = False
        self._unanswered: set[type[Request]] = set()
        """Subscriptions that the bridge refused, did not answer or ended: they are made again for whoever asks next."""
        self._profit: ProfitAndLossRequest | None = None

    def initialize(self) -> None:
        """Watch everything about accounts."""
        self._router.tell(SubscribeTypes(self.mail, (*ACCOUNT_TYPES, *POSITION_TYPES, ManagedAccounts)))

    # ----------------------------------------------------------------------------------------------------- requests

    def receive(self, message: Any) -> Any:
        """Requests of actors."""
        match message:
            case Ask(mail, code, AccountDataRequest(subscribe=True) as request):
                self._follow(Follower(code, mail, request, request.account or self._first_account))
            case Ask(mail, _, AccountDataRequest()):
                self._followers.pop(mail.actor_urn, None)
            case Ask(mail, _, PositionsRequest()):
                self._watch_positions(mail)
            case Ask(mail, _, CancelPositions()):
                self._leave_positions(mail)
            case Release(mail, _):
                self._followers.pop(mail.actor_urn, None)
                self._leave_positions(mail)
            case "state":
                return self.state.copy()
            case _:
                return super().receive(message)
        return None

    @property
    def _first_account(self) -> str:
        return self.state.accounts[0] if self.state.accounts else ""

    def _follow(self, follower: Follower) -> None:
        others = [
            other
            for urn, other in self._followers.items()
            if urn != follower.mail.actor_urn and other.account != follower.account
        ]
        if others:
            follower.fail(
                f"{others[0].code} follows account {others[0].account}, and the bridge tells of one account at a time; "
                "request_account_updates_multi tells of any"
            )
            return
        self._followers[follower.mail.actor_urn] = follower
        if follower.account != self.state.account or AccountDataRequest in self._unanswered:
            self._choose(follower.account)
        elif known := self._known_account():
            tell(follower.mail, Batch(known, 0.0))

    def _choose(self, account: str) -> None:
        """From now on this account's values are kept; rather none of the former one's than such as may be wrong."""
        state = self.state
        self._former, state.account = state.account, account
        state.forget_account()
        if self._subscribed:
            self._ask(AccountDataRequest(True, account))

    def _ask(self, request: AccountDataRequest | PositionsRequest) -> None:
        self._unanswered.discard(type(request))
        self._router.tell(AwaitAnswer(self.mail, request))
        self._bridge.tell(Send(request, self.code))

    def _watch_positions(self, mail: Mail) -> None:
        if mail not in self._watching:
            self._watching.append(mail)
        if PositionsRequest in self._unanswered:
            self.state.forget_positions()
            self._ask(PositionsRequest())
        elif known := self._known_positions():
            tell(mail, Batch(known, 0.0))

    def _leave_positions(self, mail: Mail) -> None:
        if mail in self._watching:
            self._watching.remove(mail)

    def _known_account(self) -> list[Message]:
        """What a subscription of now has brought; what is left of one that was lost may be wrong."""
        if not self._subscribed:
            return []
        state = self.state
        ends = (state.time, state.downloaded)
        return [*state.values.values(), *state.portfolio.values(), *(end for end in ends if end is not None)]

    def _known_positions(self) -> list[Message]:
        """As `_known_account`."""
        if not self._subscribed:
            return []
        end = self.state.positions_end
        return [*self.state.positions.values(), *([end] if end is not None else [])]

    # ------------------------------------------------------------------------------------------ what the bridge says

    def _tell_followers(self, message: Message) -> None:
        for follower in self._followers.values():
            self._deliver(follower.mail, message)

    def _tell_positions(self, message: Message) -> None:
        for mail in self._watching:
            self._deliver(mail, message)

    def managed_accounts(self, message: ManagedAccounts) -> None:
        """Which accounts there are."""
        self.state.accounts = message.accounts

    def notice(self, notice: Notice) -> None:
        """The bridge lost what was subscribed, though the connection with it stands; or it refuses or ends a part."""
        facts = self._codes.facts(notice.code)
        if facts.ends is Ends.MARKET_DATA:
            self._subscribed = False
            self._subscribe()
        elif facts.scope is Scope.ACCOUNT and facts.ends_request:
            self._give_up(f"the bridge refused it: {notice.code} {notice.text}")
        elif facts.ends is Ends.ACCOUNT_SUBSCRIPTION and self.state.downloaded is not None:
            # Somebody else's request has ended it: one of our own that waits for its answer would be meant otherwise.
            self.state.forget_account()
            self._fail_followers(f"the bridge ended it: {notice.code} {notice.text}")
        elif self._is_profit(notice.request_id) and ProfitAndLossRequest.facts.replies.ended_by(facts):
            self._profit = None

    def request_failed(self, failure: RequestFailed) -> None:
        """The bridge refuses a subscription, or does not answer it; one that a lost connection took is made again."""
        if not self._subscribed:
            return
        match failure.request:
            case AccountDataRequest(True, self.state.account) if self.state.downloaded is None:
                self._give_up(failure.reason)
            case PositionsRequest() if self.state.positions_end is None:
                self._unanswered.add(PositionsRequest)
                self._tell_positions(failure)
                self._watching.clear()
            case ProfitAndLossRequest():
                self._profit = None
            case _:
                return

    def _is_profit(self, request_id: int) -> bool:
        return self._profit is not None and self._profit.request_id == request_id

    def _fail_followers(self, reason: str) -> None:
        """Nobody gets account updates any more."""
        self._unanswered.add(AccountDataRequest)
        failed, self._followers = self._followers, {}
        for follower in failed.values():
            follower.fail(reason)

    def _give_up(self, reason: str) -> None:
        """The account can't be had: the first one is followed again, unless it is that."""
        self._fail_followers(reason)
        if self.state.account != self._first_account:
            self._choose(self._first_account)

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
        self.state.forget_account()
        self.state.forget_positions()
        self.state.profit_and_loss = None
        self.state.account = self.state.account or self._first_account
        self._ask(AccountDataRequest(True, self.state.account))
        self._ask(PositionsRequest())
        if self._profit is None:
            # The router makes it again after a lost connection, as every subscription with an id of its own.
            self._profit = ProfitAndLossRequest(self._first_account, request_id=self._request_id())
            self._router.tell(Subscribe(self.mail, self._profit, self._profit.request_id))
            self._bridge.tell(Send(self._profit, self.code))

    def account_value(self, message: AccountValue) -> None:
        """One value."""
        if self._is_followed(message.account):
            self.state.values[message.account, message.key, message.currency] = message
            self._tell_followers(message)

    def portfolio_value(self, message: PortfolioValue) -> None:
        """One position with its value."""
        if self._is_followed(message.account):
            key = message.account, message.contract.contract_id
            self.state.portfolio[key] = message
            if message.position:
                self.state.held[key] = message
            self._tell_followers(message)

    def _is_followed(self, account: str) -> bool:
        return account == self.state.account or account != self._former

    def account_update_time(self, message: AccountUpdateTime) -> None:
        """When the values were computed."""
        self.state.time = message
        self._tell_followers(message)

    def account_download_end(self, message: AccountDownloadEnd) -> None:
        """All of it was sent once."""
        if self._is_followed(message.account):
            self.state.downloaded = message
            self._unanswered.discard(AccountDataRequest)
            self._tell_followers(message)

    def position(self, message: Position) -> None:
        """One position; zero when it was closed."""
        key = message.account, message.contract.contract_id
        if message.position:
            self.state.positions[key] = message
        else:
            self.state.positions.pop(key, None)
        self._tell_positions(message)

    def position_end(self, message: PositionEnd) -> None:
        """All of them were sent once."""
        self.state.positions_end = message
        self._unanswered.discard(PositionsRequest)
        self._tell_positions(message)

    def profit_and_loss(self, message: ProfitAndLoss) -> None:
        """Profit and loss of the account."""
        self.state.profit_and_loss = message

    def stop(self) -> None:
        """End the subscriptions."""
        if self._subscribed:
            self._bridge.tell(Send(AccountDataRequest(False, self.state.account), self.code))
            self._bridge.tell(Send(CancelPositions(), self.code))
        if self._profit is not None:
            self._bridge.tell(Send(CancelProfitAndLoss(self._profit.request_id), self.code))
        super().stop()
