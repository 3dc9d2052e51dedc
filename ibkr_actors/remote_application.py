"""Strategies in a process without a bridge: they work at a desk in another process, over a message broker."""

from __future__ import annotations

import threading
import time
from typing import Final

from loguru import logger

from ibkr_actors.actors.actor import NOBODY, Running, ask, start, tell
from ibkr_actors.actors.desk import Desk, Signals, emit
from ibkr_actors.actors.errands import Errand, ErrandsActor
from ibkr_actors.actors.messages import StartStrategies, Stop, StopStrategy
from ibkr_actors.actors.remote.host import Host, RemoteOptions
from ibkr_actors.actors.remote.letters import Heartbeat
from ibkr_actors.actors.remote.remote_desk import RemoteDesk
from ibkr_actors.actors.supervisor import Staff, StrategyStatus, Supervisor
from ibkr_actors.base.ids import OrderIds, request_ids
from ibkr_actors.base.local_messages import ConnectionChanged, OrderChanged
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.timeouts import time_limit
from ibkr_actors.brokers.broker import Broker
from ibkr_actors.errors import DeskError
from ibkr_actors.staffed_application import STOP_WITHIN, StaffedApplication, stop_strategies

ANSWER_WITHIN: Final = 2.0
LOOK_EVERY: Final = 0.05
"""Seconds between two looks while a desk is waited for."""


class RemoteApplication(StaffedApplication):
    """Strategies of one process, at a desk in another.

    Responsible for: the connection with the broker, one `RemoteDesk` for each strategy, the strategies' lives by their
    policies, signals (`signals`); stopping all of it within two seconds.

    It has the methods of `MultiClientApplication` that make sense without a bridge, and runs the same strategies::

        actors = RemoteApplication(RabbitMQ("amqps://desk.example.com/trading", ...))
        actors.register(MovingAverageCross, code="cross", symbol="AAPL")
        with actors:
            ...
    """

    def __init__(self, broker: Broker, options: RemoteOptions | None = None) -> None:
        super().__init__()
        self._broker = broker
        self._options = options or RemoteOptions()
        self._hosts: list[_StrategyHost] = []
        self._supervisor: Running | None = None
        self._errands: Running | None = None
        self._changed = threading.Condition()
        self.signals = Signals()

    # ------------------------------------------------------------------------------------------- starting, stopping

    def start(self, timeout: float = 15.0) -> None:
        """Connect with the broker, and start the strategies as the desk lets them in; returns when all run.

        Raises BrokerError when there is no broker, and DeskError when the desk refuses a strategy (its code is that of
        a living actor) or does not answer, within `timeout` seconds. Nothing is left running then.
        """
        time_limit(timeout)
        with self._lock:
            if self._supervisor is not None:
                raise DeskError("the strategies run already")
            if not self._staff:
                raise DeskError("no strategy is registered")
            deadline = time.monotonic() + timeout
            self._broker.start(timeout=timeout)
            try:
                self._start_actors()
                self._await_desk(deadline, timeout)
            except BaseException:
                self._stop()
                raise

    def _start_actors(self) -> None:
        self._errands = start(ErrandsActor("errands"))
        here = Desk(
            NOBODY, NOBODY, NOBODY, NOBODY, {}, request_ids(), OrderIds(), self.signals
        )  # the strategies' own desks are elsewhere
        for member in self._staff:
            member.state = "registered"  # whatever it was at the end of an earlier start
        self._supervisor = start(Supervisor(here, self._staff, lambda _change: None))
        self._hosts = [_StrategyHost(self, member) for member in self._staff]
        for host in self._hosts:
            host.open(self._broker, self._options)

    def _await_desk(self, deadline: float, timeout: float) -> None:
        logger.info("waiting for the desk at {}", self._broker.place)
        with self._changed:
            while waiting := [host.member.code for host in self._hosts if not host.is_in]:
                refusals = [host.refusal for host in self._hosts if host.refusal]
                if refusals:
                    raise DeskError(f"the desk at {self._broker.place} refuses: {'; '.join(refusals)}")
                left = deadline - time.monotonic()
                if left <= 0:
                    codes = ", ".join(waiting)
                    raise DeskError(
                        f"no desk at {self._broker.place} has let in {codes} within {timeout:g} seconds; is it running?"
                    )
                self._changed.wait(min(left, LOOK_EVERY))

    def enter(self, host: _StrategyHost) -> None:
        """On the broker's thread: the desk lets a strategy in."""
        supervisor = self._supervisor
        if supervisor is not None:
            tell(supervisor.mail, StartStrategies((host.member.code,)))
        with self._changed:
            host.is_in = True
            self._changed.notify_all()

    def refuse(self, host: _StrategyHost, reason: str) -> None:
        """On the broker's thread: the desk does not let a strategy in."""
        logger.error("{} can't work at the desk: {}", host.member.code, reason)
        with self._changed:
            host.refusal = reason
            self._changed.notify_all()
        if host.is_in:
            self.dismiss(host)

    def dismiss(self, host: _StrategyHost) -> None:
        """On the broker's thread: the desk wants a strategy to stop."""
        supervisor = self._supervisor
        if supervisor is not None:
            tell(supervisor.mail, StopStrategy(host.member.code))

    def errand(self, host: _StrategyHost, messages: list[Message]) -> None:
        """On the broker's thread: what a strategy is told is told to whoever listens, on a thread of its own."""
        if self._errands is not None:
            code = host.member.code
            tell(self._errands.mail, Errand(lambda: self._emit(code, messages)))

    def _emit(self, code: str, messages: list[Message]) -> None:
        for message in messages:
            match message:
                case ConnectionChanged():
                    emit(self.signals.connection_changed, change=message)
                case OrderChanged():
                    emit(self.signals.order_changed, code=code, change=message)
                    if message.status == "Filled":
                        emit(self.signals.order_filled, code=code, change=message)
                case ExecutionDetails():
                    emit(self.signals.execution, code=code, details=message)
                case CommissionAndFeesReport():
                    emit(self.signals.commission, code=code, report=message)

    def _stop(self) -> None:
        with self._lock:
            deadline = time.monotonic() + STOP_WITHIN
            supervisor, self._supervisor = self._supervisor, None
            if supervisor is not None:
                stop_strategies(supervisor.mail)
                tell(supervisor.mail, Stop())
            for host in self._hosts:
                host.remote.close()
            self._broker.stop(max(0.5, deadline - time.monotonic()))
            errands, self._errands = self._errands, None
            if errands is not None:
                tell(errands.mail, Stop())
            for running in (supervisor, errands):
                if running is not None and not running.join(max(0.1, deadline - time.monotonic())):
                    logger.error("the {} actor did not end", running.code)
            for member in self._staff:
                member.desk = None

    # ------------------------------------------------------------------------------------------------------- status

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._supervisor is not None

    def _ask_strategies(self) -> list[StrategyStatus]:
        supervisor = self._supervisor
        if supervisor is None:
            raise DeskError("the strategies do not run")
        found: list[StrategyStatus] = ask(supervisor.mail, "supervisor", "strategies", ANSWER_WITHIN)
        return found


class _StrategyHost(Host):
    """One strategy of the application, as its desk sees it."""

    def __init__(self, application: RemoteApplication, member: Staff) -> None:
        self.member = member
        self.is_in = False
        self.refusal = ""
        self._application = application

    def open(self, broker: Broker, options: RemoteOptions) -> None:
        """Knock at the desk."""
        member = self.member
        self.remote = RemoteDesk(
            member.code,
            member.strategy.__name__,
            broker,
            self,
            options,
            orders_at_death=member.policy.orders_at_death,
        )
        member.desk = self.remote.desk
        self.remote.open()

    def state(self) -> Heartbeat:
        """How the strategy does."""
        member = self.member
        return Heartbeat(self.remote.life, member.state, member.starts, member.last_error)

    def welcome(self, desk: Desk) -> None:
        """The strategy can start."""
        self.member.desk = desk
        self._application.enter(self)

    def refuse(self, reason: str) -> None:
        """The strategy can't work at that desk."""
        self._application.refuse(self, reason)

    def stop(self) -> None:
        """The desk wants the strategy to stop."""
        self._application.dismiss(self)

    def hear(self, messages: list[Message]) -> None:
        """What the strategy is told."""
        if messages:
            self._application.errand(self, messages)
