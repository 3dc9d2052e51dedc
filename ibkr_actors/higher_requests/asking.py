"""What higher requests need of a blocking interface, and how they ask again when the bridge could not answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from loguru import logger

from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import CommissionAndFeesReport
from ibkr_actors.base.replies import Answer
from ibkr_actors.base.timeouts import LONGEST
from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.errors import InvalidRequest, RequestRejected, RequestTimeout


class Asks(Protocol):
    """The few things that higher requests are built upon."""

    def perform(self, request: Request) -> Any:
        """Make a request and return its data: of `ContractDataRequest` the one contract, completed."""
        ...

    def answer_to(self, request: Request) -> Answer:
        """The whole answer to a request.

        Raises RequestRejected, RequestTimeout and ConnectionLost, and paces what the bridge wants to be paced.
        """
        ...

    def known_commissions(self) -> Mapping[str, CommissionAndFeesReport]:
        """The commissions that the bridge has told so far, by execution id."""
        ...


class Clock:
    """The time, and how to wait for a later one; tests have one of their own."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Patience(FrozenValue, frozen=True):
    """How often a step is asked for when the bridge has a trouble that passes, and how long to wait between."""

    attempts: int = 4
    """At least 1: the first one counts."""
    wait: float = 10.0
    """Seconds before the second attempt; twice as long before each further one."""

    def __post_init__(self) -> None:
        if not isinstance(self.attempts, int) or self.attempts < 1 or not 0 <= self.wait <= LONGEST:
            raise InvalidRequest(
                f"{self}: give 1 attempt or more, and a wait of 0 seconds or more, {LONGEST:,.0f} at most"
            )

    def waits(self) -> Iterator[float]:
        """How long to wait before each further attempt."""
        for attempt in range(self.attempts - 1):
            yield min(self.wait * 2**attempt, LONGEST)


_SERVICE_TROUBLE: Final = 162
_NO_SUCH_QUERY: Final = 366
_TICKS_FAILED: Final = 10187
_PASSES: Final = ("pacing violation", "query cancelled", "connection", "timed out", "try again")
"""Words of the historical service's troubles that pass."""
_NO_DATA: Final = ("no data", "no historical data")


def has_no_data(error: RequestRejected) -> bool:
    """Whether the bridge says that there is nothing, which is an answer."""
    text = error.text.lower()
    return error.code in (_SERVICE_TROUBLE, _TICKS_FAILED) and any(words in text for words in _NO_DATA)


def passes(error: RequestRejected | RequestTimeout) -> bool:
    """Whether the same request may be answered later."""
    if isinstance(error, RequestTimeout) or error.code == _NO_SUCH_QUERY:
        return True
    return error.code in (_SERVICE_TROUBLE, _TICKS_FAILED) and any(
        words in error.text.lower() for words in _PASSES
    )


def answer_if_any(asks: Asks, request: Request, patience: Patience, clock: Clock) -> Answer | None:
    """The answer to a historical request, None when the bridge says that there is nothing.

    Asks again, as `patience` says, while the trouble is one that passes: the service's pacing, its connection, a query
    that it forgot, a time-out. Raises the last error, and any other at once.
    """
    for wait in patience.waits():
        try:
            return _answer_if_any(asks, request)
        except (RequestRejected, RequestTimeout) as error:
            if not passes(error):
                raise
            logger.warning("asking again in {:g} seconds: {}", wait, error)
            clock.sleep(wait)
    return _answer_if_any(asks, request)


def _answer_if_any(asks: Asks, request: Request) -> Answer | None:
    try:
        return asks.answer_to(request)
    except RequestRejected as error:
        if has_no_data(error):
            return None
        raise
