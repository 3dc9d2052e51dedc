"""The trading desk: many actors share one connection with the bridge."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from loguru import logger

from ibkr_actors.actors.accounts import AccountsActor, AccountState
from ibkr_actors.actors.actor import (
    ACTOR_THREAD,
    Actor,
    Mail,
    Running,
    ShortCutMail,
    ask,
    run_directly,
    start,
    tell,
)
from ibkr_actors.actors.bridge import LAST_REQUESTS, BridgeActor
from ibkr_actors.actors.bulletins import BulletinsActor
from ibkr_actors.actors.desk import Desk, Signals, emit
from ibkr_actors.actors.errands import Errand, ErrandsActor
from ibkr_actors.actors.market_data import MarketDataActor
from ibkr_actors.actors.messages import (
    CancelOrder,
    Connect,
    PlaceOrder,
    Register,
    StartStrategies,
    Stop,
    StopStrategies,
    SubscribeTypes,
    UseBridge,
)
from ibkr_actors.actors.orders import OrdersActor
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.performance import performance_of
from ibkr_actors.actors.router import RouterActor
from ibkr_actors.actors.scanners import ScannersActor
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy, Staff, Supervisor
from ibkr_actors.base.bridge_connection import BridgeAddress
from ibkr_actors.base.ids import OrderIds, request_ids
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState
from ibkr_actors.base.message_codes import CodeTable, CodeTreatment, FarmState
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.pacing import MESSAGES_PER_SECOND
from ibkr_actors.base.server_versions import NEWEST
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.desk_status import DeskStatus
from ibkr_actors.errors import BridgeError, DeskError, HandshakeRefused

STOP_WITHIN: Final = 2.0
"""Seconds in which `stop` ends everything; half of it is the strategies'."""
ANSWER_WITHIN: Final = 2.0
"""Seconds that an actor has to say how it stands."""

_ENDING_ORDER: Final = (
    "supervisor",
    "orders",
    "errands",
    "market_data",
    "scanners",
    "accounts",
    "bridge",
    "router",
)
"""The desk's own actors, each behind those that need it to their end."""

_LAST_PRICES: Final = (4, 68, 37, 9, 75, 1, 66)
"""Tick types that tell the price of a holding, best first: last, mark, close, bid."""


class MultiClientApplication:
    """The trading desk.

    Responsible for: starting the desk's actors in their order, the first connection, the strategies; stopping all of
    it within two seconds, with no thread left; telling how it stands (`status`); signals (`signals`).

    Usable from any thread of a larger application, also as a context manager::

        desk = MultiClientApplication("127.0.0.1", 7497, client_id=7)
        desk.register(MovingAverageCross, code="cross", symbol="AAPL")
        with desk:
            ...

    A live account (one that does not begin with D) is refused unless `live_accounts` names it. `codes` has codes of the
    bridge treated otherwise than they usually are::

        MultiClientApplication(codes=[CodeTreatment(10089, ends=Ends.NOTHING)])
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 7497,
        client_id: int = 0,
        *,
        live_accounts: frozenset[str] = frozenset(),
        journal: Path | None = None,
        messages_per_second: int = MESSAGES_PER_SECOND,
        highest_version: int = NEWEST,
        codes: Iterable[CodeTreatment] = (),
    ) -> None:
        self._address = BridgeAddress(host, port, client_id, highest_version=highest_version)
        self._live_accounts = live_accounts
        self._journal = journal
        self._messages_per_second = messages_per_second
        self._codes = CodeTable(codes)
        self._staff: list[Staff] = []
        self._running: list[Running] = []
        self._roles: dict[str, Mail] = {}
        self._lock = threading.RLock()
        self._change = ConnectionChanged(ConnectionState.STOPPED)
        self._changed = threading.Condition()
        self._started_at = 0.0
        self._bridge_actor: BridgeActor | None = None
        self.signals = Signals()

    # -------------------------------------------------------------------------------------------------- registering

    def register(
        self,
        strategy: type[StrategyActor],
        *,
        code: str,
        policy: RestartPolicy | None = None,
        **parameters: Any,
    ) -> None:
        """Add a strategy, which starts with the desk. `code` names it: in the log, its orders and its account.

        Raises DeskError when the code is taken, the desk runs already, or a parameter is wrong.
        """
        with self._lock:
            if self._running:
                raise DeskError(f"strategy {code} comes too late: register it before the desk starts")
            if any(member.code == code for member in self._staff):
                raise DeskError(f"two strategies can't share the code {code!r}")
            values = strategy.parse_parameters(parameters)
            self._staff.append(Staff(code, strategy, values, policy or RestartPolicy()))

    # ------------------------------------------------------------------------------------------- starting, stopping

    def start(self, timeout: float = 15.0) -> None:
        """Connect and start the strategies; returns when they run.

        Raises ConnectFailed or HandshakeRefused when there is no connection within `timeout` seconds, and DeskError for
        a live account that is not allowed. Nothing is left running then.
        """
        with self._lock:
            if self._running:
                raise DeskError("the desk runs already")
            self._started_at = time.monotonic()
            try:
                self._start_actors()
                self._connect(timeout)
                self._refuse_live_accounts()
                # Its answer comes behind what the bridge said first: now the next order id is known.
                self._ask("orders", "orders")
                self._ask("supervisor", StartStrategies(), timeout)
            except BaseException:
                self._stop()
                raise

    def _start_actors(self) -> None:
        # Router, orders, market data and bulletins run on the reader's thread and tell each other: one lock for all.
        lock = threading.RLock()
        address = self._address
        codes = self._codes
        router_actor = RouterActor(client_id=address.client_id, codes=codes)
        router = self._keep(run_directly(router_actor, lock))
        bridge_actor = BridgeActor(address, router, messages_per_second=self._messages_per_second)
        bridge = self._run(bridge_actor)
        self._bridge_actor = bridge_actor
        router.tell(UseBridge(bridge))
        ids, order_ids = request_ids(), OrderIds()
        errands = self._run(ErrandsActor("errands"))
        orders_actor = OrdersActor(
            bridge,
            router,
            order_ids,
            self.signals,
            ids.__next__,
            lock=lock,
            errand=lambda do: errands.tell(Errand(do)),
            deliver=router_actor.deliver,
            send=bridge_actor.outgoing.send,
            client_id=address.client_id,
            live_accounts=self._live_accounts,
            journal=self._journal,
            codes=codes,
        )
        orders_mail = self._keep(run_directly(orders_actor, lock))
        orders = ShortCutMail(orders_mail, (PlaceOrder, CancelOrder), orders_actor.take)
        market_data = self._keep(run_directly(MarketDataActor(bridge, router, codes=codes), lock))
        bulletins = self._keep(run_directly(BulletinsActor(bridge, router), lock))
        scanners = self._run(ScannersActor(bridge, router, codes=codes))
        accounts = self._run(AccountsActor(bridge, router, ids.__next__, codes=codes))
        specialists: dict[type[Request], Mail] = {
            **dict.fromkeys(MarketDataActor.serves, market_data),
            **dict.fromkeys(BulletinsActor.serves, bulletins),
            **dict.fromkeys(ScannersActor.serves, scanners),
            **dict.fromkeys(AccountsActor.serves, accounts),
        }
        desk = Desk(
            bridge, router, orders, market_data, specialists, ids, order_ids, self.signals, address.client_id
        )
        self._run(Supervisor(desk, self._staff, self._note_connection))
        router.tell(SubscribeTypes(bridge, (NextValidId, ManagedAccounts)))
        for code, mail in self._roles.items():
            if code != "router":
                router.tell(Register(code, mail))

    def _run(self, actor: Actor) -> Mail:
        return self._keep(start(actor))

    def _keep(self, running: Running) -> Mail:
        self._running.append(running)
        self._roles[running.code] = running.mail
        return running.mail

    def _connect(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        self._ask("bridge", Connect(), timeout)
        with self._changed:
            while self._change.state is not ConnectionState.CONNECTED:
                if self._change.state is ConnectionState.LOST:
                    raise HandshakeRefused(
                        f"the bridge at {self._place} refused this client: {self._change.reason}"
                    )
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise BridgeError(f"the bridge at {self._place} was not ready within {timeout:g} seconds")

    @property
    def _place(self) -> str:
        return f"{self._address.host}:{self._address.port}"

    def _note_connection(self, change: ConnectionChanged) -> None:
        """Called on the supervisor's thread."""
        with self._changed:
            self._change = change
            self._changed.notify_all()

    def _refuse_live_accounts(self) -> None:
        accounts: AccountState = self._ask("accounts", "state")
        for account in accounts.accounts:
            if not account.startswith("D") and account not in self._live_accounts:
                raise DeskError(
                    f"account {account} is a live account; trading it has to be allowed by naming it: "
                    "desk.live_accounts beside allow_live_trading = true in a configuration, live_accounts in a program"
                )

    def stop(self) -> None:
        """End strategies, subscriptions, the connection and every thread. Safe at any time, also twice.

        On a thread of the desk itself (the receiver of a signal, a strategy) it returns at once, for that thread has to
        end too; the end is then made on a thread of its own.
        """
        if self._is_own_thread():
            threading.Thread(target=self._stop, name="desk stop", daemon=True).start()
        else:
            self._stop()

    def _is_own_thread(self) -> bool:
        return threading.current_thread().name.startswith(ACTOR_THREAD)

    def _stop(self) -> None:
        with self._lock:
            if not self._running:
                return
            deadline = time.monotonic() + STOP_WITHIN
            self._stop_strategies()
            for code in _ENDING_ORDER:
                self._end(code, deadline)
            self._running.clear()
            self._roles.clear()
            change = ConnectionChanged(ConnectionState.STOPPED, self._change.epoch)
            self._note_connection(change)
        emit(self.signals.connection_changed, change=change)

    def _stop_strategies(self) -> None:
        if "supervisor" in self._roles:
            try:
                self._ask("supervisor", StopStrategies(STOP_WITHIN / 2), STOP_WITHIN / 2 + 0.2)
            except Exception as error:  # noqa: BLE001  # whatever it is, everything else has to end still
                logger.error("the strategies were not stopped in order: {}", error)

    def _end(self, code: str, deadline: float) -> None:
        running = next((one for one in self._running if one.code == code), None)
        if running is None:
            return
        tell(running.mail, Stop())
        if code == "bridge" and self._bridge_actor is not None and not running.join(LAST_REQUESTS + 0.1):
            self._bridge_actor.break_off()
        if not running.join(max(0.1, deadline - time.monotonic())):
            logger.error("the {} actor did not end", code)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    # ------------------------------------------------------------------------------------------------------- status

    @property
    def running(self) -> bool:
        """Whether the desk was started and not stopped."""
        return bool(self._running)

    def status(self) -> DeskStatus:
        """How the desk stands now. Raises DeskError when it does not run, or when an actor is stuck.

        Not for receivers of signals: the desk's own threads, which call them, would wait for themselves.
        """
        messages, _ = self._ask("router", "statistics")
        orders: list[OwnedOrder] = self._ask("orders", "orders")
        accounts: AccountState = self._ask("accounts", "state")
        watched = self._watched()
        return DeskStatus(
            connection=self._change.state,
            server_version=self._change.server_version,
            reason=self._change.reason,
            messages=messages,
            seconds=time.monotonic() - self._started_at,
            accounts=accounts,
            orders=orders,
            strategies=self._ask("supervisor", "strategies"),
            performance=performance_of(orders, _prices(accounts, watched)),
            watched=watched,
            farms=self._farms(),
            statistics=self.statistics.copy(),
        )

    @property
    def statistics(self) -> Statistics:
        """What all connections have read: messages, unreadable ones, unknown ids and fields. For any thread."""
        return Statistics() if self._bridge_actor is None else self._bridge_actor.statistics

    def _farms(self) -> list[FarmState]:
        """Not asked for: the bridge's actor may be busy connecting."""
        return [] if self._bridge_actor is None else list(self._bridge_actor.farms.values())

    def _watched(self) -> list[tuple[Contract, float]]:
        lines = self._ask("market_data", "quotes").values()
        priced = [(contract, _price_in(newest)) for contract, newest in lines]
        return [(contract, price) for contract, price in priced if price is not None]

    def _ask(self, code: str, question: Any, timeout: float = ANSWER_WITHIN) -> Any:
        mail = self._roles.get(code)
        if mail is None:
            raise DeskError("the desk does not run")
        if any(one.code == code and one.runs_here() for one in self._running):
            raise DeskError(f"the {code} actor can't answer a question that is asked on its own thread")
        return ask(mail, code, question, timeout)


def _prices(accounts: AccountState, watched: list[tuple[Contract, float]]) -> dict[int, float]:
    """The newest price of each contract: from its line when there is one, else from the portfolio."""
    known = {contract_id: value.market_price for (_, contract_id), value in accounts.portfolio.items()}
    return known | {contract.contract_id: price for contract, price in watched}


def _price_in(newest: Mapping[Any, Message]) -> float | None:
    for tick_type in _LAST_PRICES:
        tick = newest.get(tick_type)
        if isinstance(tick, TickPrice) and tick.price > 0:
            return tick.price
    return None
