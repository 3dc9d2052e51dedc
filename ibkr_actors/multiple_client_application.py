"""The trading desk: many actors share one connection with the bridge."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

from loguru import logger

from ibkr_actors.actors.accounts import AccountState
from ibkr_actors.actors.actor import Running, tell
from ibkr_actors.actors.assembly import Assembly
from ibkr_actors.actors.bridge import BridgeActor
from ibkr_actors.actors.crew import ANSWER_WITHIN, ENDING_ORDER, Crew
from ibkr_actors.actors.desk import Signals, emit
from ibkr_actors.actors.messages import Connect, StartStrategies, Stop
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.performance import performance_of
from ibkr_actors.actors.recovery import take_over
from ibkr_actors.actors.remote.letters import ActorFacts
from ibkr_actors.actors.remote.remote_actors import Open, RemoteActors, StopRemote
from ibkr_actors.actors.supervisor import StrategyStatus, Supervisor
from ibkr_actors.base.bridge_connection import GREETING_TIMEOUT, BridgeAddress
from ibkr_actors.base.liveness import SILENCE, Liveness
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState
from ibkr_actors.base.message_codes import CodeTable, CodeTreatment
from ibkr_actors.base.order_checks import named_accounts
from ibkr_actors.base.outgoing import LAST_REQUESTS
from ibkr_actors.base.pacing import MESSAGES_PER_SECOND
from ibkr_actors.base.server_versions import NEWEST
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.base.timeouts import time_limit
from ibkr_actors.brokers.broker import Broker
from ibkr_actors.desk_status import DeskStatus, live_prices, valuations_of, watched_prices
from ibkr_actors.errors import BridgeError, DeskError, HandshakeRefused
from ibkr_actors.staffed_application import STOP_WITHIN, StaffedApplication, stop_strategies

CLOSING: Final = 0.3
"""Seconds of `STOP_WITHIN` that are left for the end of what comes behind the last order."""


class MultiClientApplication(StaffedApplication):
    """The trading desk.

    Responsible for: starting the desk's actors in their order, the first connection, the strategies; stopping all of
    it within two seconds, with no thread left; telling how it stands (`status`); signals (`signals`).

    Usable from any thread of a larger application, also as a context manager::

        desk = MultiClientApplication("127.0.0.1", 7497, client_id=7)
        desk.register(MovingAverageCross, code="cross", symbol="AAPL")
        with desk:
            ...

    A bridge silent for `silence` seconds is asked for its time; one that then gives no answer is connected again. A
    live account (one that does not begin with D) is refused unless `live_accounts` names it. `codes` has codes of the
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
        durable_journal: bool = False,
        messages_per_second: int = MESSAGES_PER_SECOND,
        highest_version: int = NEWEST,
        silence: float = SILENCE,
        codes: Iterable[CodeTreatment] = (),
        broker: Broker | None = None,
    ) -> None:
        """With a `broker`, actors in other processes work at this desk too; it needs a journal then.

        A `durable_journal` is on the disk before an order leaves, so that a power failure loses no order.
        """
        if broker is not None and journal is None:
            raise DeskError(
                "a desk for actors in other processes needs a journal: an order is acknowledged when it is recorded"
            )
        if durable_journal and journal is None:
            raise DeskError("durable_journal has no effect without a journal: name its file")
        super().__init__()
        self._address = BridgeAddress(host, port, client_id, highest_version=highest_version)
        self._live_accounts = named_accounts(live_accounts)
        self._journal, self._durable_journal = journal, durable_journal
        self._new_bridge = partial(
            BridgeActor,
            self._address,
            messages_per_second=messages_per_second,
            liveness=Liveness(silence),
        )
        self._codes = CodeTable(codes)
        self._broker = broker
        self._crew = Crew()
        self._change = ConnectionChanged(ConnectionState.STOPPED)
        self._changed = threading.Condition()
        self._started_at = 0.0
        self._bridge_actor: BridgeActor | None = None
        self._remote: RemoteActors | None = None
        self.signals = Signals()

    # ------------------------------------------------------------------------------------------- starting, stopping

    def start(self, timeout: float = 15.0) -> None:
        """Connect and start the strategies; returns when each has its thread, where it is constructed.

        Raises ConnectFailed or HandshakeRefused when there is no connection within `timeout` seconds, and DeskError for
        a live account that is not allowed, or when another desk has its journal or serves the actors of its broker;
        BrokerError without a connection with the broker. Nothing is left running then.
        """
        time_limit(timeout)
        with self._lock:
            if self._crew:
                raise DeskError("the desk runs already")
            self._started_at = time.monotonic()
            if self._broker is not None:
                self._broker.start(timeout=timeout)
            try:
                self._start_actors()
                if self._broker is not None:
                    # Its answer comes when it has the orders of earlier lives: only then may the bridge speak of them.
                    self._crew.ask("remote", "actors", timeout)
                self._connect(timeout)
                self._refuse_live_accounts()
                # Its answer comes behind what the bridge said first: now the next order id is known.
                self._crew.ask("orders", "orders")
                self._crew.ask("supervisor", StartStrategies(), timeout)
                if self._broker is not None:
                    self._open(timeout)
            except BaseException:
                self._stop()
                raise

    def _start_actors(self) -> None:
        client_id = self._address.client_id
        assembly = Assembly(self._crew, client_id, self._codes, self.signals)
        self._bridge_actor = assembly.add_bridge(self._new_bridge)
        journal, recovered = take_over(self._journal, client_id, durable=self._durable_journal)
        records = assembly.add_orders(journal, recovered, self._live_accounts).records
        desk = assembly.desk()
        self._crew.run(Supervisor(desk, self._staff, self._note_connection))
        if self._broker is not None:
            local = self._local_actors
            self._remote = RemoteActors(desk, self._broker, records, recovered, local=local)
            self._crew.run(self._remote)
        assembly.introduce()

    def _open(self, timeout: float) -> None:
        """Take letters of other processes, unless another desk does."""
        outcome: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._crew.ask("remote", Open(time.monotonic() + timeout, outcome), timeout)
        try:
            problem = outcome.get(timeout=timeout + ANSWER_WITHIN)
        except queue.Empty:
            problem = "the message broker does not answer"
        if problem:
            raise DeskError(problem)

    def _connect(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        self._crew.ask("bridge", Connect(min(timeout, GREETING_TIMEOUT)), timeout + ANSWER_WITHIN)
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
        accounts: AccountState = self._crew.ask("accounts", "state")
        if account := accounts.first_live(self._live_accounts):
            raise DeskError(
                f"account {account} is a live account; trading it has to be allowed by naming it: "
                "desk.live_accounts beside allow_live_trading = true in a configuration, live_accounts in a program"
            )

    def _stop(self) -> None:
        with self._lock:
            if not self._crew:
                if self._broker is not None:
                    self._broker.stop()
                return
            deadline = time.monotonic() + STOP_WITHIN
            supervisor = self._crew.find("supervisor")
            if supervisor is not None:
                stop_strategies(supervisor.mail)
            for code in ENDING_ORDER:
                self._end(code, deadline)
            if self._broker is not None:
                self._broker.stop(max(0.5, deadline - time.monotonic()))
            self._crew.clear()
            change = ConnectionChanged(ConnectionState.STOPPED, self._change.epoch)
            self._note_connection(change)
        emit(self.signals.connection_changed, change=change)

    def _end(self, code: str, deadline: float) -> None:
        running = self._crew.find(code)
        if running is None:
            return
        if code == "bridge" and self._bridge_actor is not None:
            self._end_bridge(self._bridge_actor, running, deadline - CLOSING)
        else:
            tell(running.mail, Stop())
        if not running.join(max(0.1, deadline - time.monotonic())):
            logger.error("the {} actor did not end", code)

    @staticmethod
    def _end_bridge(actor: BridgeActor, running: Running, deadline: float) -> None:
        """What is about orders may leave until the deadline; anything else that keeps it is broken off before."""
        actor.last_orders_by = deadline
        tell(running.mail, Stop())
        ended = running.join(LAST_REQUESTS + 0.1)
        if not ended and actor.outgoing.holds_orders:
            ended = running.join(deadline + 0.1 - time.monotonic())
        if not ended:
            actor.break_off()

    # ------------------------------------------------------------------------------------------------------- status

    def __repr__(self) -> str:
        return f"<MultiClientApplication {self._place}, {len(self._staff)} strategies, {self._change.state.value}>"

    @property
    def running(self) -> bool:
        """Whether the desk was started and not stopped."""
        return bool(self._crew)

    def status(self) -> DeskStatus:
        """How the desk stands now. Raises DeskError when it does not run, or when an actor is stuck.

        Not for receivers of signals: the desk's own threads, which call them, would wait for themselves.
        """
        messages, _ = self._crew.ask("router", "statistics")
        orders: list[OwnedOrder] = self._crew.ask("orders", "orders")
        accounts: AccountState = self._crew.ask("accounts", "state")
        lines = self._crew.ask("market_data", "quotes").values()
        return DeskStatus(
            connection=self._change.state,
            server_version=self._change.server_version,
            reason=self._change.reason,
            messages=messages,
            seconds=time.monotonic() - self._started_at,
            accounts=accounts,
            orders=orders,
            strategies=self._ask_strategies(),
            actors=self.actors(),
            performance=performance_of(orders, valuations_of(accounts, live_prices(lines))),
            watched=watched_prices(lines),
            # Not asked for: the bridge's actor may be busy connecting.
            farms=[] if self._bridge_actor is None else list(self._bridge_actor.farms.values()),
            statistics=self.statistics.copy(),
        )

    def actors(self) -> list[ActorFacts]:
        """The actors of this desk, in its own process and in others. Raises as `status`."""
        if self._broker is None:
            return self._local_actors()
        found: list[ActorFacts] = self._crew.ask("remote", "actors")
        return found

    def _local_actors(self) -> list[ActorFacts]:
        return [
            ActorFacts.here(one.code, one.strategy, one.state, one.starts, one.last_error)
            for one in self._ask_strategies()
        ]

    def _ask_strategies(self) -> list[StrategyStatus]:
        found: list[StrategyStatus] = self._crew.ask("supervisor", "strategies")
        return found

    @property
    def unreadable_letters(self) -> int:
        """Letters from other processes that could not be read; they are among the broker's dead letters."""
        return self._remote.unreadable if self._remote is not None else 0

    def stop_actor(self, code: str) -> None:
        """Have a strategy in another process stop. Raises DeskError when none of that code lives in one."""
        problem = (
            self._crew.ask("remote", StopRemote(code))
            if self._broker is not None
            else "the desk has no broker"
        )
        if problem:
            raise DeskError(problem)

    @property
    def statistics(self) -> Statistics:
        """What all connections have read: messages, unreadable ones, unknown ids and fields. For any thread."""
        return Statistics() if self._bridge_actor is None else self._bridge_actor.statistics
