"""What the bridge is asked about orders that it knows more of than we do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from loguru import logger

from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import ExecutionDetails, ExecutionRequest
from ibkr_actors.base.messages.orders import OpenOrder, OpenOrdersRequest, OrderStatus
from ibkr_actors.base.replies import Answer
from ibkr_actors.base.session import Undecodable
from ibkr_actors.blocking.order_handle import OrderHandle
from ibkr_actors.blocking.order_records import OrderRecords
from ibkr_actors.blocking.waiting import Question
from ibkr_actors.errors import ConnectionLost, IbkrError

_TELL_OF_ORDERS: Final = frozenset(kind.facts.id for kind in (OpenOrder, OrderStatus, ExecutionDetails))


class Inquiry:
    """Some orders, what the bridge is asked about them, and how far it has answered.

    Nobody has to wait for it: an answer that comes late counts as well.
    """

    def __init__(
        self,
        about: Sequence[OrderHandle],
        requests: Sequence[Request],
        concluded: Callable[[Inquiry], None],
    ) -> None:
        """`concluded` is called when everything is answered, or can't be."""
        self.about, self._concluded = about, concluded
        self.questions = [_Question(request, self._hear) for request in requests]
        self.is_readable = True
        """Whether all that was told of orders meanwhile could be read."""

    @property
    def is_open(self) -> bool:
        """Whether an answer is missing."""
        return not all(question.is_over for question in self.questions)

    @property
    def error(self) -> IbkrError | None:
        """Why there is no answer to one of the questions."""
        return next((question.error for question in self.questions if question.error is not None), None)

    def _hear(self, _answer: Answer) -> None:
        if not self.is_open:
            self._concluded(self)


class _Question(Question):
    """One that tells also when there is no answer."""

    def fail(self, error: IbkrError) -> None:
        """There is none."""
        super().fail(error)
        self._answered(self)


class OrderQuestions:
    """Asks what became of orders behind a lost connection, and of those that the bridge has refused perhaps.

    Responsible for: which questions there are, and what follows from their answers; of an answer in which something
    could not be read, that what it does not tell of does not follow. What the bridge says reaches it under the lock.
    Not responsible for: sending, which `put` does for it.
    """

    def __init__(
        self, orders: OrderRecords, request_ids: Iterator[int], put: Callable[[Sequence[Question]], None]
    ) -> None:
        self._orders, self._request_ids, self._put = orders, request_ids, put
        self._open: list[Inquiry] = []

    def ask_after_loss(self, about: Sequence[OrderHandle], timeout: float) -> None:
        """About orders that worked when the connection was lost. Returns when all is known, or not in time."""
        if not about:
            return
        requests = (OpenOrdersRequest(), ExecutionRequest(request_id=next(self._request_ids)))
        inquiry = Inquiry(about, requests, self._conclude_loss)
        self._begin(inquiry)
        with self._orders.changed:
            if not self._orders.changed.wait_for(lambda: not inquiry.is_open, timeout):
                self._leave_open(inquiry, f"the bridge has not answered within {timeout:g} seconds")

    def ask_about_doubts(self) -> None:
        """About orders that it is time to ask about: what the bridge has refused is none of its open orders.

        On the pacer's thread, every few seconds. Nobody waits.
        """
        with self._orders.changed:
            about = self._orders.doubtful()
        if about:
            self._begin(Inquiry(about, (OpenOrdersRequest(),), self._conclude_doubt))

    def _begin(self, inquiry: Inquiry) -> None:
        with self._orders.changed:
            self._open.append(inquiry)
        self._put(inquiry.questions)

    def hear_unreadable(self, message: Undecodable) -> None:
        """It may have told of any order."""
        if message.error.message_id is None or message.error.message_id in _TELL_OF_ORDERS:
            for inquiry in self._open:
                inquiry.is_readable = False

    def _conclude_loss(self, inquiry: Inquiry) -> None:
        self._open.remove(inquiry)
        if inquiry.error is not None:
            self._leave_open(inquiry, str(inquiry.error))
        elif not inquiry.is_readable:
            self._leave_open(inquiry, "not all that the bridge has answered can be read")
        else:
            self._orders.settle([handle for handle in inquiry.about if handle.lost is not None])

    def _leave_open(self, inquiry: Inquiry, why: str) -> None:
        """Nothing is known of those that the bridge has not told of; the handles say so."""
        unknown = [handle for handle in inquiry.about if handle.lost is not None]
        if unknown:
            logger.error("what became of {} orders is not known: {}", len(unknown), why)
        for handle in unknown:
            words = (
                f"what became of order {handle.order_id} while there was no connection is not known: {why}"
            )
            handle.lost = ConnectionLost(words)
        self._orders.changed.notify_all()

    def _conclude_doubt(self, inquiry: Inquiry) -> None:
        self._open.remove(inquiry)
        if inquiry.error is None and inquiry.is_readable:
            self._orders.settle([handle for handle in inquiry.about if handle.tracked.is_in_doubt])
