"""What an application with strategies has, wherever its bridge is."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

from loguru import logger

from ibkr_actors.actors.actor import ACTOR_THREAD, Mail, ask
from ibkr_actors.actors.messages import StopStrategies
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy, Staff, StrategyStatus, status_of
from ibkr_actors.errors import DeskError

STOP_WITHIN: Final = 2.0
"""Seconds in which `stop` ends everything; half of it is the strategies'."""
_OWN_THREADS: Final = (ACTOR_THREAD, "broker ")
"""Names of the application's own threads begin so."""


class StaffedApplication(ABC):
    """Strategies that are registered, and run while a context lasts."""

    def __init__(self) -> None:
        self._staff: list[Staff] = []
        self._lock = threading.RLock()

    def register(
        self,
        strategy: type[StrategyActor],
        *,
        code: str,
        policy: RestartPolicy | None = None,
        **parameters: Any,
    ) -> None:
        """Add a strategy. `code` names it: in the log, its orders and its account.

        Raises DeskError when it is no strategy's class, the code is taken, the application runs already, or a
        parameter is wrong.
        """
        self.enlist(strategy, code, parameters, policy)

    def enlist(
        self,
        strategy: type[StrategyActor],
        code: str,
        parameters: Mapping[str, Any],
        policy: RestartPolicy | None = None,
    ) -> None:
        """The same as `register`, for parameters of any names, `code` and `policy` among them."""
        with self._lock:
            if self.running:
                raise DeskError(f"strategy {code} comes too late: register it before the desk starts")
            if any(member.code == code for member in self._staff):
                raise DeskError(f"two strategies can't share the code {code!r}")
            self._staff.append(Staff.of(strategy, code, dict(parameters), policy))

    @property
    @abstractmethod
    def running(self) -> bool:
        """Whether it was started and not stopped."""

    def strategies(self) -> list[StrategyStatus]:
        """How each strategy does; when nothing runs any more, how it ended. Raises DeskError when no answer comes."""
        return self._ask_strategies() if self.running else [status_of(member) for member in self._staff]

    @abstractmethod
    def _ask_strategies(self) -> list[StrategyStatus]:
        """Ask the supervisor."""

    @abstractmethod
    def start(self, timeout: float = 15.0) -> None:
        """Start the strategies; returns when each has its thread, where it is constructed."""

    def stop(self) -> None:
        """End strategies, subscriptions, connections and every thread. Safe at any time, also twice.

        On a thread of its own (the receiver of a signal, a strategy) it returns at once, for that thread has to end
        too; the end is then made on another thread.
        """
        if threading.current_thread().name.startswith(_OWN_THREADS):
            threading.Thread(target=self._stop, name="desk stop", daemon=True).start()
        else:
            self._stop()

    @abstractmethod
    def _stop(self) -> None:
        """End everything, on a thread that is not the application's own."""

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


def stop_strategies(supervisor: Mail) -> None:
    """Have a supervisor stop all of its strategies; whatever goes wrong, everything else has to end still."""
    try:
        ask(supervisor, "supervisor", StopStrategies(STOP_WITHIN / 2), STOP_WITHIN / 2 + 0.2)
    except Exception as error:  # noqa: BLE001  # it may be anything
        logger.error("the strategies were not stopped in order: {}", error)
