"""The simulated gateway without socket and clock: requests of clients in, replies out.

Whoever owns the connections calls `connect`, `handle`, `advance` and `disconnect`, each with the time where it
matters, and sends what they return. A test does so with two sessions back to back, or with messages alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeAlias

from loguru import logger

from ibkr_actors.base.messages.connection import StartApiRequest
from ibkr_actors.base.messages.declaration import Message, Reply, Request
from ibkr_actors.base.session import Undecodable
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.accounts.ledger import Ledger
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.clients.shared_ticks import in_full
from ibkr_actors.simulated_gateway.exchange.bindings import Bindings
from ibkr_actors.simulated_gateway.exchange.exchange import Exchange
from ibkr_actors.simulated_gateway.exchange.exercises import Exercises
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions
from ibkr_actors.simulated_gateway.exchange.order_reports import OrderReports
from ibkr_actors.simulated_gateway.exchange.settlements import Settlements
from ibkr_actors.simulated_gateway.hours.calendars import says_where_days_come_from
from ibkr_actors.simulated_gateway.hours.market_time import day_number
from ibkr_actors.simulated_gateway.limit_sets import Limits
from ibkr_actors.simulated_gateway.market.data_rights import DataRights, Subscription
from ibkr_actors.simulated_gateway.market.history import History
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.market_data_files import MarketData
from ibkr_actors.simulated_gateway.market.marks import MarketMarks
from ibkr_actors.simulated_gateway.market.replays import catalogue_and_replays
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.simulated_gateway.refusals import DUPLICATE_CLIENT, Refusal, id_of
from ibkr_actors.simulated_gateway.replies.accounts import AccountReplies
from ibkr_actors.simulated_gateway.replies.accounts_multi import MultiAccountReplies
from ibkr_actors.simulated_gateway.replies.completed_orders import CompletedOrderReplies
from ibkr_actors.simulated_gateway.replies.configuration import ConfigurationReplies
from ibkr_actors.simulated_gateway.replies.connection import ConnectionReplies
from ibkr_actors.simulated_gateway.replies.contracts import ContractReplies
from ibkr_actors.simulated_gateway.replies.depth import DepthReplies
from ibkr_actors.simulated_gateway.replies.display_groups import DisplayGroupReplies
from ibkr_actors.simulated_gateway.replies.exercise import ExerciseReplies
from ibkr_actors.simulated_gateway.replies.history import HistoryReplies
from ibkr_actors.simulated_gateway.replies.history_queries import HistoryQueryReplies
from ibkr_actors.simulated_gateway.replies.market_data import MarketDataReplies
from ibkr_actors.simulated_gateway.replies.news import NewsReplies
from ibkr_actors.simulated_gateway.replies.news_ticks import NewsTicks
from ibkr_actors.simulated_gateway.replies.newsroom import Newsroom
from ibkr_actors.simulated_gateway.replies.options import OptionReplies
from ibkr_actors.simulated_gateway.replies.orders import OrderReplies
from ibkr_actors.simulated_gateway.replies.profit import ProfitReplies
from ibkr_actors.simulated_gateway.replies.reference_data import ReferenceDataReplies
from ibkr_actors.simulated_gateway.replies.scanners import ScannerReplies
from ibkr_actors.simulated_gateway.replies.service import Service
from ibkr_actors.simulated_gateway.replies.unreadable_requests import answer_unreadable
from ibkr_actors.simulated_gateway.replies.wall_street_horizon import HorizonReplies
from ibkr_actors.simulated_gateway.replies.withdrawn import WithdrawnReplies

Deliveries: TypeAlias = list[tuple[Client, list[Reply]]]
"""For each client that has something to hear, what it is, in order."""

MAXIMUM_CLIENTS: Final = 32
_ONE_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a simulated gateway is set up."""

    seed: int = 0
    """The market's seed: the same seed, the same prices."""
    accounts: tuple[str, ...] = ("DU1000001",)
    cash: Decimal = Decimal(1_000_000)
    """In US dollars, in each account at the start."""
    always_open: bool = True
    """Trade around the clock; otherwise in the exchanges' hours."""
    announces_open_orders: bool = False
    """Tell a client of its live orders before anything else, as gateways since the middle of 2026 do."""
    catalogue: Path | str | None = None
    """A catalogue file, TOML or CSV, that extends or replaces the built-in listing."""
    market_data: Subscription = Subscription.LIVE
    """What market data the login has subscribed to."""
    data: tuple[MarketData, ...] = ()
    """Real bars or ticks, each the market of one instrument. The exchanges then keep their hours."""
    has_horizon: bool = True
    """The login may see Wall Street Horizon's calendar; an ordinary one is told 10276."""
    orders: OrderOptions = field(default_factory=OrderOptions)
    """How orders are treated where real gateways differ by their settings."""
    limits: Limits = Limits.NONE
    """What is enforced of a real gateway's limits; see docs/gateway_limits.md."""
    faults: tuple[str, ...] = ()
    """What goes wrong, each as `NAME[:key=value,...][@when]`; see docs/gateway_faults.md."""
    nightly_reset: str | None = None
    """The time in New York, `HH:MM`, at which the servers are reset each night; None for never."""

    @property
    def is_always_open(self) -> bool:
        """Exchanges trade around the clock: never where data are replayed, which come in the hours of exchanges."""
        return self.always_open and not self.data

    @property
    def begins(self) -> datetime | None:
        """When the data begin; None without data."""
        return min((each.begins for each in self.data), default=None)


class Gateway:
    """Everything behind the protocol of a simulated gateway.

    Responsible for: who is connected; which part answers a request; the time that all parts agree on.
    Delegates: each concern to its `Service`, orders to `Exchange`, money to `Accounts`, prices to `Market`.
    Not responsible for: bytes, sockets, threads, the clock. Not for use by several threads at once.
    """

    def __init__(self, options: Options, now: float) -> None:
        self.options = options
        if not options.is_always_open and (missing := says_where_days_come_from()):
            logger.info(missing)
        self.catalogue, replays = catalogue_and_replays(options.catalogue, options.data, now)
        self.market = Market(
            self.catalogue, options.seed, now, always_open=options.is_always_open, replayed=replays
        )
        self.accounts = Accounts(
            [Ledger.with_cash(account, options.cash) for account in options.accounts],
            MarketMarks(self.market),
        )
        self.shares_ticks = False
        """Whether deliveries may hold `SharedTicks` in place of single messages: quicker, for who encodes them."""
        self._now = now
        self._clients: list[Client] = []
        self._reports = OrderReports(
            self._client_of,
            options.orders,
            master_id=lambda: self._configuration.master_client_id,
            on_fill=self._order_filled,
            on_end=self._order_ended,
        )
        self.exchange = Exchange(
            self.market,
            self.accounts,
            self._reports,
            seed=options.seed,
            options=options.orders,
            bypasses_precautions=lambda: self._configuration.bypasses_precautions,
        )
        self._connection = ConnectionReplies(self.accounts, self.exchange.book)
        self._configuration = ConfigurationReplies(
            self.exchange.book, options.orders, announces_open_orders=options.announces_open_orders
        )
        self._orders = OrderReplies(
            self.catalogue,
            self.exchange,
            Bindings(self.exchange.book, lambda: self._configuration.negative_manual_ids),
            options.orders.presets,
        )
        self._exercises = Exercises(self.catalogue, self.market, self.accounts, self.exchange, self._reports)
        self._settlements = Settlements(
            self.market, self.accounts, self.exchange, self._exercises, self._reports
        )
        self._services = self._all_services()
        self._handlers: dict[type[Request], Callable[[Client, Any], None]] = {
            request: handler for service in self._services for request, handler in service.handlers().items()
        }
        self._day = day_number(now)

    def _all_services(self) -> tuple[Service, ...]:
        seed, newsroom = self.options.seed, Newsroom(self.catalogue, self.options.seed)
        rights = DataRights(self.options.market_data)
        return (
            self._connection,
            ContractReplies(self.catalogue),
            ReferenceDataReplies(self.catalogue),
            DisplayGroupReplies(),
            MarketDataReplies(self.catalogue, self.market, NewsTicks(newsroom), rights),
            DepthReplies(self.catalogue, self.market, rights),
            OptionReplies(self.catalogue, self.market),
            NewsReplies(self.catalogue, newsroom),
            HorizonReplies(self.catalogue, self.accounts, seed, is_entitled=self.options.has_horizon),
            WithdrawnReplies(),
            self._configuration,
            HistoryReplies(self.catalogue, History(self.market), rights),
            HistoryQueryReplies(self.catalogue, self.market, History(self.market), rights),
            ScannerReplies(self.market),
            self._orders,
            ExerciseReplies(self._exercises),
            CompletedOrderReplies(),
            AccountReplies(self.accounts),
            MultiAccountReplies(self.accounts),
            ProfitReplies(self.accounts),
        )

    # ----------------------------------------------------------------------------------------------------- clients

    def connect(self, server_version: int) -> Client:
        """A client has settled a version; it has not said yet who it is."""
        client = Client(server_version)
        self._clients.append(client)
        return client

    def disconnect(self, client: Client) -> None:
        """A client is gone. Its subscriptions end, its orders go on working."""
        if client in self._clients:
            self._clients.remove(client)
        for service in self._services:
            service.forget(client)

    @property
    def clients(self) -> tuple[Client, ...]:
        """Who is connected."""
        return tuple(self._clients)

    def _client_of(self, client_id: int) -> Client | None:
        return next((client for client in self._clients if client.client_id == client_id), None)

    def _start(self, client: Client, request: StartApiRequest) -> None:
        if self._client_of(request.client_id) is not None:
            client.notice(-1, *DUPLICATE_CLIENT)
            client.closing = "its client id is in use"
            return
        client.client_id = request.client_id
        if self._configuration.announces_open_orders and self.exchange.book.open_orders(client.number):
            self._orders.send_open_orders(client, client.number)
        self._connection.welcome(client)

    # ---------------------------------------------------------------------------------------------------- messages

    def handle(self, client: Client, request: Message, now: float) -> Deliveries:
        """Serve one request; returns what it makes the gateway say, to whomever."""
        client.now = self._now = now
        if isinstance(request, StartApiRequest):
            if client.client_id is None:
                self._start(client, request)
        elif client.client_id is not None:  # real gateways ignore what comes before the start
            self._serve(client, request)
        return self._deliveries()

    @property
    def served(self) -> frozenset[type[Request]]:
        """The requests that something answers."""
        return frozenset(self._handlers) | {StartApiRequest}

    def _serve(self, client: Client, request: Message) -> None:
        if isinstance(request, Undecodable):
            answer_unreadable(client, request)
            return
        try:
            self._configuration.check(request)
            self._handlers[type(request)](client, request)  # type: ignore[index]
        except Refusal as refusal:
            client.refuse(id_of(request), refusal)

    def manual_order(self, contract: Contract, order: Order) -> int:
        """Place an order by hand, as if at the bridge's screen; returns its permanent id.

        What clients hear of it comes with the next deliveries. Raises Refusal for what can't be an order.
        """
        return self._orders.place_by_hand(contract, order, self._now)

    def cancel_manually(self, permanent_id: int) -> None:
        """Cancel any open order by hand. Raises Refusal for one that isn't there or can't be cancelled."""
        self.exchange.cancel_by_hand(permanent_id)

    def advance(self, now: float) -> Deliveries:
        """Let it be `now`: prices move, orders fill, subscriptions are told. Time never goes back.

        Of data that are replayed no price is passed over: the gateway is brought to each of their moments on the way.
        """
        moments = self.market.moments(now)
        if moments and self._watched():
            for moment in moments:
                self._advance_to(moment)
        self._advance_to(now)
        return self._deliveries()

    def _advance_to(self, now: float) -> None:
        self._now = now
        for client in self._clients:
            client.now = now
        self._reports.send_late_reports(now)
        expired = self.catalogue.advance(now)
        if day_number(now) != self._day:
            self._start_day(now)
        changed = {quote.contract_id: quote for quote in self.market.advance(now, self._watched())}
        self._settlements.settle(expired, now)
        self.exchange.advance(changed, now)
        for service in self._services:
            service.quotes_changed(changed)
            service.advance(now)

    def _watched(self) -> set[int]:
        watched = set(self.exchange.book.contracts())
        for service in self._services:
            watched.update(service.watched())
        return watched

    def _start_day(self, now: float) -> None:
        self._day = day_number(now)
        for service in self._services:
            service.day_ends(now)
        self.accounts.start_day()
        self.exchange.book.start_day()
        self.exchange.trades.forget_old(now)
        self.catalogue.forget_expired_options(now - _ONE_DAY, self.market.looked_at)

    def _order_filled(self, order: WorkingOrder) -> None:
        for service in self._services:
            service.order_filled(order)

    def _order_ended(self, order: WorkingOrder) -> None:
        for service in self._services:
            service.order_ended(order, self._now)

    def _deliveries(self) -> Deliveries:
        return [
            (client, messages if self.shares_ticks else in_full(messages))
            for client in self._clients
            if (messages := client.take_outbox())
        ]
