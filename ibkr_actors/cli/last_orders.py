"""What a desk without strategies goes on for: orders that have to be cancelled, while there is no connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from loguru import logger

from ibkr_actors.base.local_messages import ConnectionState
from ibkr_actors.configuration import LoadedStrategy
from ibkr_actors.desk_status import DeskStatus

WAIT_FOR_CONNECTION: Final = 600.0
"""Seconds that a desk goes on for them: a bridge that starts anew is back by then."""


class LastOrders:
    """The working orders of strategies that are down for good and had `orders_at_death = "cancel"`.

    The desk cancels them as soon as there is a connection; ending before would leave them at work.
    """

    def __init__(
        self, strategies: Iterable[LoadedStrategy], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._codes = {one.code for one in strategies if one.policy.orders_at_death == "cancel"}
        self._clock = clock
        self._wait_until: float | None = None

    def need_the_desk(self, status: DeskStatus) -> bool:
        """Whether the desk has to wait for a connection, on their account; that it waits is logged."""
        left = self._left(status)
        if not left:
            self._wait_until = None
            return False
        now = self._clock()
        if self._wait_until is None:
            self._wait_until = now + WAIT_FOR_CONNECTION
            logger.warning(
                "every strategy has ended, and orders that are to be cancelled may work; there is no connection, "
                "waiting for one, {:g} minutes at most: {}",
                WAIT_FOR_CONNECTION / 60,
                left,
            )
        if now < self._wait_until:
            return True
        logger.error("no connection came; not cancelled, and perhaps at work: {}", left)
        return False

    def _left(self, status: DeskStatus) -> str:
        if status.connection is ConnectionState.CONNECTED:
            return ""
        down = {one.code for one in status.strategies if one.state == "failed"} & self._codes
        return "; ".join(order.in_words() for order in status.orders if order.code in down and order.may_work)
