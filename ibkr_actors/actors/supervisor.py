"""The Supervisor: strategies start, fail, start again, and stop."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from loguru import logger
from msgspec import Struct

from ibkr_actors.actors.actor import DeskActor, Running, Unmade, start, tell
from ibkr_actors.actors.desk import Desk, emit
from ibkr_actors.actors.messages import (
    IDLE,
    ActorEnded,
    CancelAll,
    Fate,
    StartStrategies,
    Stop,
    StopStrategies,
    StopStrategy,
)
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.back_off import BackOff
from ibkr_actors.base.handlers import warn_of_misspelt_handlers
from ibkr_actors.base.local_messages import ConnectionChanged
from ibkr_actors.errors import DeskError

_AT_DEATH: Final = ("keep", "cancel")
LEFT_BEHIND: Final = "left behind"
"""State of a strategy that did not stop in its time."""
CODE: Final = r"^[A-Za-z0-9_-]+$"
"""What the code of a strategy looks like: it is in logs, in journals and in the keys of a message broker."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When a strategy that failed is started again: after a delay that doubles, unless it fails too often."""

    restart: bool = True
    most_failures: int = 5
    """More failures than these within `within` seconds, and it stays down."""
    within: float = 60.0
    first_delay: float = 0.5
    """Seconds before the first start at most, and half of it at least; each delay is twice the one before."""
    longest_delay: float = 30.0
    orders_at_death: str = "keep"
    """What becomes of its working orders when it stays down: `keep` or `cancel`."""

    def __post_init__(self) -> None:
        """Raises DeskError for a value that can't be: it would show when the strategy has failed."""
        if self.orders_at_death not in _AT_DEATH:
            raise DeskError(f"orders_at_death is one of {', '.join(_AT_DEATH)}, got {self.orders_at_death!r}")
        if not isinstance(self.most_failures, int) or self.most_failures < 0:
            raise DeskError(f"most_failures is a whole number from 0 on, got {self.most_failures!r}")
        for name in ("within", "first_delay", "longest_delay"):
            seconds = getattr(self, name)
            if not isinstance(seconds, int | float) or not seconds > 0:
                raise DeskError(f"{name} is a number of seconds above 0, got {seconds!r}")


@dataclass(slots=True)
class Staff:
    """One registered strategy, through all its lives."""

    code: str
    strategy: type[StrategyActor]
    parameters: Struct
    policy: RestartPolicy
    state: str = "registered"
    running: Running | None = None
    starts: int = 0
    failures: deque[float] = field(default_factory=deque)
    restart_at: float | None = None
    last_error: str = ""
    back_off: BackOff = field(default_factory=BackOff)
    desk: Desk | None = None

    @classmethod
    def of(
        cls,
        strategy: type[StrategyActor],
        code: str,
        parameters: dict[str, Any],
        policy: RestartPolicy | None,
    ) -> Staff:
        """A new one. Raises DeskError for what is no strategy's class, no code, and for a wrong parameter."""
        if not (isinstance(strategy, type) and issubclass(strategy, StrategyActor)):
            raise DeskError(f"a strategy is a class that derives from StrategyActor, got {strategy!r}")
        if not isinstance(code, str) or not re.fullmatch(CODE, code):
            raise DeskError(f"the code of a strategy is made of letters, digits, _ and -; got {code!r}")
        return cls(code, strategy, strategy.parse_parameters(parameters), policy or RestartPolicy())

    """Where it works, when that is not the supervisor's own desk."""


@dataclass(frozen=True, slots=True)
class StrategyStatus:
    """How a strategy is doing, for people."""

    code: str
    strategy: str
    state: str
    starts: int
    last_error: str


class Supervisor(DeskActor):
    """Runs the strategies of a desk.

    Responsible for:
    1. starting each with its parameters on a thread of its own, after the desk has a connection; its constructor runs
       there too;
    2. a strategy that fails: ending its subscriptions, starting a new one by its policy, giving up when it fails too
       often; its orders stay its own;
    3. stopping them all within a time, and saying which did not end;
    4. the orders of one that stays down, however it came to that: kept or cancelled by its policy;
    5. sending the signals of strategies and of the connection.

    Understands: StartStrategies, StopStrategy, StopStrategies (ask), ActorEnded, Batch of ConnectionChanged.
    """

    act_interval = 0.1

    def __init__(
        self,
        desk: Desk,
        staff: list[Staff],
        on_connection: Callable[[ConnectionChanged], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        code: str = "supervisor",
    ) -> None:
        super().__init__(code)
        self._desk = desk
        self._staff = {member.code: member for member in staff}
        self._on_connection = on_connection
        self._clock = clock
        self._stopping = False

    def receive(self, message: Any) -> Any:
        """Orders of the desk, and the news of strategies."""
        match message:
            case StartStrategies(codes):
                for member in self._staff.values():
                    if codes is None or member.code in codes:
                        self._start(member)
            case StopStrategy(code):
                self._stop_one(self._staff[code])
            case StopStrategies(seconds):
                return self._stop_all(seconds)
            case ActorEnded(code, fate, error, mail):
                member = self._staff[code]
                # News of a life that is buried already, by the end of the desk, is no news.
                if member.running is not None and member.running.mail == mail:
                    self._bury(member, fate, error)
            case "strategies":
                return [status_of(member) for member in self._staff.values()]
            case _:
                return super().receive(message)
        return None

    def connection_changed(self, change: ConnectionChanged) -> None:
        """Tell the desk and whoever listens."""
        self._on_connection(change)
        emit(self._desk.signals.connection_changed, change=change)

    # -------------------------------------------------------------------------------------------------------- lives

    def _start(self, member: Staff) -> None:
        member.restart_at = None
        if not member.starts:
            warn_of_misspelt_handlers(member.strategy, StrategyActor)
        member.starts += 1
        member.state = "running"
        desk = member.desk or self._desk
        unmade = Unmade(member.code, partial(_make, member.strategy, member.code, member.parameters, desk))
        try:
            member.running = start(
                unmade, ended=self.mail, introduce=partial(desk.introduce, member.code), turns=desk.turns
            )
        except Exception as error:  # noqa: BLE001  # threads may be too many, or open files
            logger.opt(exception=error).error("strategy {} can't be started", member.code)
            self._bury(member, Fate.FAILED, error)
            return
        emit(self._desk.signals.strategy_started, code=member.code, attempt=member.starts)

    def _bury(self, member: Staff, fate: Fate, error: BaseException | None) -> None:
        if member.running is not None:
            (member.desk or self._desk).release(member.code, member.running.mail)
            member.running = None
        if fate is Fate.STOPPED:
            member.state = "stopped"
            emit(self._desk.signals.strategy_stopped, code=member.code)
            return
        member.state = "failed"
        member.last_error = repr(error)
        emit(self._desk.signals.strategy_failed, code=member.code, error=error)
        self._plan_restart(member)

    def _plan_restart(self, member: Staff) -> None:
        now, policy = self._clock(), member.policy
        member.failures.append(now)
        while member.failures and now - member.failures[0] > policy.within:
            member.failures.popleft()
        if self._stopping or not policy.restart:
            self._end_orders(member)
            return
        if len(member.failures) > policy.most_failures:
            logger.error(
                "strategy {} failed {} times within {:g} s and stays down",
                member.code,
                len(member.failures),
                policy.within,
            )
            self._end_orders(member)
            return
        if len(member.failures) == 1:
            member.back_off = BackOff(policy.first_delay, policy.longest_delay)
        delay = member.back_off.next()
        member.state = "restarting"
        member.restart_at = now + delay
        logger.warning("strategy {} is started again in {:.1f} s", member.code, delay)

    def _end_orders(self, member: Staff) -> None:
        """Nobody will look after the orders of a strategy that stays down."""
        if member.policy.orders_at_death == "cancel":
            (member.desk or self._desk).orders.tell(CancelAll(member.code))

    def act(self) -> None:
        """Start again whose time has come; let those that have no thread look for what has been silent too long."""
        now = self._clock()
        desks = [self._desk, *(member.desk for member in self._staff.values() if member.desk is not None)]
        for direct in (mail for desk in desks for mail in (desk.router, desk.market_data, desk.orders)):
            tell(direct, IDLE)
        for member in self._staff.values():
            if member.restart_at is not None and now >= member.restart_at and not self._stopping:
                self._start(member)

    # ------------------------------------------------------------------------------------------------------ the end

    def _stop_one(self, member: Staff) -> None:
        """It does not start again either."""
        member.restart_at = None
        if member.running is not None:
            tell(member.running.mail, Stop())
        elif member.state == "restarting":
            self._stay_down(member, "failed")

    def _stay_down(self, member: Staff, state: str) -> None:
        member.state = state
        self._end_orders(member)

    def _stop_all(self, seconds: float) -> list[str]:
        self._stopping = True
        running = [member.running for member in self._staff.values() if member.running is not None]
        for one in running:
            tell(one.mail, Stop())
        deadline = self._clock() + seconds
        late = [one for one in running if not one.join(max(0.0, deadline - self._clock()))]
        for one in late:
            one.abandon()
            logger.error("strategy {} did not stop within {:g} s; it is left behind", one.code, seconds)
        for member in self._staff.values():
            member.restart_at = None
            ending = member.running.ending if member.running is not None else None
            if ending is not None:
                self._bury(member, ending.fate, ending.error)
            elif member.running in late:
                self._stay_down(member, LEFT_BEHIND)
            elif member.state == "restarting":
                self._stay_down(member, "failed")
        return [one.code for one in late]


def _make(strategy: type[StrategyActor], code: str, parameters: Struct, desk: Desk) -> StrategyActor:
    """On the strategy's own thread: a constructor may take its time (a model that is loaded), and delays nobody."""
    made = strategy(code, parameters)
    made.attach(desk)
    return made


def status_of(member: Staff) -> StrategyStatus:
    """How it does, or how it ended."""
    return StrategyStatus(
        member.code, member.strategy.__name__, member.state, member.starts, member.last_error
    )
