"""One order, live: to look at, to wait for, to change, to cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from msgspec import structs

from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.orders import CancelOrderRequest, OrderCancel
from ibkr_actors.base.order_checks import change_of
from ibkr_actors.base.order_handle import OrderFacts, OrderView
from ibkr_actors.base.order_tracking import PREVIEWED, REFUSED, SENT, UNKNOWN, TrackedOrder
from ibkr_actors.base.timeouts import patience
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import ConnectionLost, IbkrError, InvalidRequest, OrderEnded, RequestTimeout


class OrderHandle(OrderView):
    """An order as `place_order` returns it. Any thread may look, wait, change and cancel, several at once.

    Facts, history and notices are those of `OrderView`. Nobody has to look for them to be kept current. After a lost
    connection they stand still; `connect()` asks the bridge what became of the orders that worked.
    """

    def __init__(
        self,
        tracked: TrackedOrder,
        at: datetime,
        client_id: int,
        changed: threading.Condition,
        send: Callable[[Request], None] | None,
    ) -> None:
        """`send` is None for an order of another client, or one placed by hand."""
        super().__init__(tracked, at)
        self.client_id = client_id
        """The client that placed it."""
        self.tracked = tracked
        """For whoever tracks it; change nothing in it."""
        self.preview: OrderState | None = None
        """What the bridge answered to a what-if order: margins and commission; of any other order None."""
        self.order_state: OrderState | None = None
        """The state that came with the order the last time; warnings stand there."""
        self.lost: IbkrError | None = None
        """Why nothing is heard of it for now, or is not known yet what became of it behind a lost connection."""
        self._changed = changed
        self._send = send

    # ------------------------------------------------------------------------------------------------------ waiting

    def wait_until(
        self,
        holds: Callable[[OrderFacts], bool],
        timeout: float | None = None,
        what: str = "what was waited for",
    ) -> OrderFacts:
        """Wait until something holds of the order; returns the facts of which it held first.

        Raises RequestTimeout after so many seconds (None or infinity waits for ever), OrderEnded when the order has
        ended and it does not hold, ConnectionLost when nothing more is heard of it.
        """
        return self._await(holds, lambda facts: facts.ended, timeout, what)

    def _await(
        self,
        holds: Callable[[OrderFacts], bool],
        is_too_late: Callable[[OrderFacts], bool],
        timeout: float | None,
        what: str,
    ) -> OrderFacts:
        limit = patience(timeout)

        def is_decided() -> bool:
            return holds(self.facts) or is_too_late(self.facts) or self.lost is not None

        with self._changed:
            is_in_time = self._changed.wait_for(is_decided, limit)
            facts = self.facts
            if holds(facts):
                return facts
            if is_too_late(facts):
                raise OrderEnded(self.order_id, facts.status, facts.reason, f"without {what}")
            if not is_in_time:
                state = f"it is {facts.status}, filled {facts.filled}"
                raise RequestTimeout(f"order {self.order_id}: {what}", limit or 0.0, state)
            raise ConnectionLost(f"order {self.order_id}: no news of {what}: {self.lost}") from self.lost

    def wait_for(self, status: str | Iterable[str], timeout: float | None = None) -> OrderFacts:
        """Wait until the order has, or has had, a status, or one of several. Raises as `wait_until`.

        An order may pass over statuses: a market order is often Filled without ever being Submitted. Waiting for one
        that it has passed over raises OrderEnded when it ends. Raises InvalidRequest for what is no status.
        """
        wanted = frozenset((status,) if isinstance(status, str) else status)
        _refuse_unknown(wanted)
        had = next((change.facts for change in self.history if change.status in wanted), None)
        if had is not None:
            return had
        return self.wait_until(
            lambda facts: facts.status in wanted, timeout, f"{' or '.join(sorted(wanted))}"
        )

    def wait_until_ended(self, timeout: float | None = None) -> OrderFacts:
        """Wait until nothing more happens to it: filled, cancelled, refused. Raises as `wait_until`."""
        return self.wait_until(lambda facts: facts.ended, timeout, "its end")

    def wait_for_commission(self, timeout: float | None = None) -> float:
        """Wait until it is filled and each of its fills has its commission; returns the sum.

        The bridge tells fills and commissions behind the status, sometimes by seconds. Raises as `wait_until`; here an
        order that is filled has not ended before its commissions came.
        """

        def is_paid(facts: OrderFacts) -> bool:
            return facts.status == Status.FILLED and self.tracked.is_paid

        def ended_otherwise(facts: OrderFacts) -> bool:
            return facts.ended and facts.status != Status.FILLED

        return self._await(is_paid, ended_otherwise, timeout, "its commissions").commission

    # ------------------------------------------------------------------------------------------------------- trading

    def modify(self, order: Order) -> None:
        """Change the order: the same id, with the values of `order`. Take `handle.order`, change it, and give it here.

        Returns when it is sent; `status`, `notices` and `reason` tell what the bridge made of it. Raises OrderEnded,
        ConnectionLost, UnsupportedByServer, and InvalidRequest for what can't be, also another order's id or contract.
        """
        if self.tracked.is_exercise:
            raise InvalidRequest(
                f"order {self.order_id} exercises options, which can't be changed; cancel it"
            )
        request = change_of(structs.replace(self.tracked.request, order_id=self.order_id), order)
        if self.ended:
            raise OrderEnded(self.order_id, self.status, self.reason, "and can't be changed")
        self._sender()(request)

    def cancel(self, order_cancel: OrderCancel | None = None) -> None:
        """Ask the bridge to cancel it; does nothing when it has ended.

        Returns when that is sent: `wait_for("Cancelled")` tells whether it was, for it may fill before. Raises
        ConnectionLost, UnsupportedByServer, and InvalidRequest for an order of another client.
        """
        send = self._sender()
        if not self.ended or self.status == "Unknown":
            request = CancelOrderRequest(self.order_id, order_cancel or OrderCancel())
            send(snapshot(request, CancelOrderRequest))

    def _sender(self) -> Callable[[Request], None]:
        if self._send is None:
            who = f"client {self.client_id}" if self.order_id else "somebody by hand"
            raise InvalidRequest(
                f"order {self.order_id} was placed by {who}; only that one can change or cancel it"
            )
        return self._send


STATUSES: Final = frozenset((*Status, SENT, REFUSED, UNKNOWN, PREVIEWED))
"""All that an order's status is known to be."""


def _refuse_unknown(wanted: frozenset[str]) -> None:
    """A status that no order ever has would be waited for in vain."""
    unknown = sorted(wanted - STATUSES)
    if unknown:
        raise InvalidRequest(
            f"{', '.join(unknown)} is no status of an order; there are {', '.join(sorted(STATUSES))}. "
            "For one that is newer than this list, use wait_until"
        )
