"""The desk's own actors, made in their order and introduced to each other."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ibkr_actors.actors.accounts import AccountsActor
from ibkr_actors.actors.actor import Actor, Mail
from ibkr_actors.actors.bridge import BridgeActor
from ibkr_actors.actors.bulletins import BulletinsActor
from ibkr_actors.actors.crew import Crew
from ibkr_actors.actors.desk import Desk, Signals
from ibkr_actors.actors.direct_mail import ShortCutMail, run_directly
from ibkr_actors.actors.errands import Errand, ErrandsActor
from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.market_data import MarketDataActor
from ibkr_actors.actors.messages import CancelOrder, PlaceOrder, Register, SubscribeTypes, UseBridge
from ibkr_actors.actors.orders import OrdersActor
from ibkr_actors.actors.recovery import Recovered
from ibkr_actors.actors.router import RouterActor
from ibkr_actors.actors.scanners import ScannersActor
from ibkr_actors.base.ids import OrderIds, request_ids
from ibkr_actors.base.message_codes import CodeTable
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId
from ibkr_actors.base.messages.declaration import Request


class Assembly:
    """The actors of one life of a desk: first the bridge's, then that of orders, then `desk` makes the others.

    Responsible for: which of them run on a thread of their own and which on the thread that reads, and what each is
    told of the others. Whatever runs is in the crew at once, so that a start which fails half-way can be ended.
    """

    def __init__(self, crew: Crew, client_id: int, codes: CodeTable, signals: Signals) -> None:
        self._crew, self._client_id, self._codes, self._signals = crew, client_id, codes, signals
        self._ids, self._order_ids = request_ids(), OrderIds()
        # Those that run on the thread that reads tell each other something: one lock for all.
        self._lock = threading.RLock()
        self._router_actor = RouterActor(client_id=client_id, codes=codes)
        self._router = self._run_directly(self._router_actor)
        self._bridge_actor: BridgeActor
        self._bridge: Mail
        self._orders_actor: OrdersActor
        self._orders: Mail

    def _run_directly(self, actor: Actor) -> Mail:
        return self._crew.keep(run_directly(actor, self._lock))

    def add_bridge(self, new_bridge: Callable[..., BridgeActor]) -> BridgeActor:
        """The actor that has the connection; `new_bridge` makes it of its router and of whom it tells what was sent."""
        made = new_bridge(self._router, sent=lambda request: self._orders_actor.note_departure(request))
        self._bridge_actor, self._bridge = made, self._crew.run(made)
        self._router.tell(UseBridge(self._bridge))
        return made

    def add_orders(
        self, journal: Journal, recovered: Recovered, live_accounts: frozenset[str]
    ) -> OrdersActor:
        """The actor of orders, which others place and cancel without a detour by its mailbox."""
        errands = self._crew.run(ErrandsActor("errands"))
        made = self._orders_actor = OrdersActor(
            self._bridge,
            self._router,
            self._order_ids,
            self._signals,
            self._ids.__next__,
            lock=self._lock,
            errand=lambda do: errands.tell(Errand(do)),
            deliver=self._router_actor.deliver,
            send=self._bridge_actor.outgoing.send,
            client_id=self._client_id,
            live_accounts=live_accounts,
            journal=journal,
            recovered=recovered,
            codes=self._codes,
        )
        self._orders = ShortCutMail(self._run_directly(made), (PlaceOrder, CancelOrder), made.take)
        return made

    def desk(self) -> Desk:
        """The other actors, and what strategies are given of all of them."""
        bridge_actor, codes = self._bridge_actor, self._codes
        to = self._bridge, self._router
        market_data = self._run_directly(MarketDataActor(*to, codes=codes))
        bulletins = self._run_directly(BulletinsActor(*to))
        scanners = self._run_directly(ScannersActor(*to, codes=codes))
        accounts = self._run_directly(
            AccountsActor(*to, self._ids.__next__, deliver=self._router_actor.deliver, codes=codes)
        )
        specialists: dict[type[Request], Mail] = {
            **dict.fromkeys(MarketDataActor.serves, market_data),
            **dict.fromkeys(BulletinsActor.serves, bulletins),
            **dict.fromkeys(ScannersActor.serves, scanners),
            **dict.fromkeys(AccountsActor.serves, accounts),
        }
        return Desk(
            *to,
            self._orders,
            market_data,
            specialists,
            self._ids,
            self._order_ids,
            self._signals,
            client_id=self._client_id,
            turns=lambda: bridge_actor.turns,
        )

    def introduce(self) -> None:
        """Tell the router who runs, and what the bridge's actor has to hear of."""
        self._router.tell(SubscribeTypes(self._bridge, (NextValidId, ManagedAccounts)))
        for running in self._crew:
            if running.mail is not self._router:
                self._router.tell(Register(running.code, running.mail))
