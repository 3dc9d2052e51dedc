"""What every call of the blocking interface shares: one connection, who waits for what, and what is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from loguru import logger
from msgspec.structs import replace

from ibkr_actors.base.bridge_connection import BridgeAddress
from ibkr_actors.base.ids import OrderIds, request_ids
from ibkr_actors.base.liveness import QUESTION, SILENCE, Liveness
from ibkr_actors.base.message_codes import CodeTable, Ends, Severity
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Message, Request
from ibkr_actors.base.order_tracking import MAKES_AN_ORDER
from ibkr_actors.base.replies import Answer, OpenRequests, cancels
from ibkr_actors.base.session import Undecodable
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.base.trouble_log import UnreadableMessages, log_notice
from ibkr_actors.blocking.departures import Departure
from ibkr_actors.blocking.farms import Farms
from ibkr_actors.blocking.kept import Kept
from ibkr_actors.blocking.link import Link
from ibkr_actors.blocking.order_entry import Noted, OrderEntry
from ibkr_actors.blocking.order_questions import OrderQuestions
from ibkr_actors.blocking.order_records import OrderRecords
from ibkr_actors.blocking.stream import Stream
from ibkr_actors.blocking.waiting import Question, Waiting
from ibkr_actors.errors import BridgeError, ConnectionLost, HandshakeRefused, IbkrError


class Client:
    """The client behind the blocking calls; safe from any thread.

    Responsible for: connecting, numbering requests, waiting for answers, streams, and telling everybody who waits when
    the connection is lost. The reader's thread takes the lock for moments only, and nobody sends while holding it.
    Not responsible for: what a call returns (`shapes`), orders (`OrderRecords`).
    """

    def __init__(
        self,
        address: BridgeAddress,
        codes: CodeTable,
        stream_limit: int,
        live_accounts: Collection[str] = (),
        silence: float = SILENCE,
    ) -> None:
        self.address = address
        self.lock = threading.RLock()
        self.order_ids = OrderIds()
        self.kept = Kept()
        self.farms = Farms()
        self.orders = OrderRecords(
            self.lock, address.client_id, codes, lambda request: self.entry.send(request)
        )
        self.entry = OrderEntry(self, self.orders, self.order_ids, frozenset(live_accounts))
        self._request_ids = request_ids()
        self._questions = OrderQuestions(self.orders, self._request_ids, self._put)
        self.statistics = Statistics()
        self._silence = silence
        self.link = self._new_link()
        """The newest connection."""
        self._codes = codes
        self._stream_limit = stream_limit
        self._open_requests = OpenRequests(codes)
        self._unreadable = UnreadableMessages()
        self._changed = threading.Condition(self.lock)
        self._welcome: set[type[Message]] = set()
        self._connecting = threading.Lock()
        self._lost: IbkrError | None = ConnectionLost("it was not made yet")
        """Why there is no connection; None while requests can be made."""
        self._ended: IbkrError | None = None
        """Why the newest connection has ended, whether it was of use or not."""
        self._refusal = ""

    # --------------------------------------------------------------------------------------------------- connection

    def _new_link(self) -> Link:
        link = Link(
            self.address,
            self.statistics,
            on_messages=self._hear_all,
            on_lost=lambda error: self._lose(link, error),
            on_failed=self._fail,
            on_silence=self._ask_for_a_sign,
            on_turn=self._questions.ask_about_doubts,
            liveness=Liveness(self._silence),
        )
        return link

    def connect(self, timeout: float) -> None:
        """Connect and wait for the accounts and the next order id. Does nothing while there is a connection.

        Raises ConnectFailed, HandshakeRefused (with the bridge's reason) or ConnectionLost.
        """
        with self._connecting:
            if self._lost is not None:
                self._connect(timeout)

    def _connect(self, timeout: float) -> None:
        link = self._new_link()
        with self.lock:
            self.link = link
            self._ended, self._refusal = None, ""
            self._welcome.clear()
        try:
            link.open(timeout)
            self._await_welcome(timeout)
            link.start_sending()
            with self.lock:
                self._lost = self._ended
                unknown = self.orders.find_again() if self._lost is None else []
            self.require_connection()
        except BaseException:
            link.close()
            raise
        self._questions.ask_after_loss(unknown, timeout)
        self.require_connection()

    def _await_welcome(self, timeout: float) -> None:
        with self._changed:
            is_over = self._changed.wait_for(lambda: self._is_welcome or self._ended is not None, timeout)
            if self._ended is not None:
                raise self._ended
            if not is_over:
                raise HandshakeRefused(
                    f"the bridge sent no accounts and no order id within {timeout:g} seconds; is it logged in?"
                )

    @property
    def _is_welcome(self) -> bool:
        return len(self._welcome) == len(_WELCOME)

    def disconnect(self) -> None:
        """Close the connection; whoever waits gets ConnectionLost. A second call does nothing."""
        link = self.link
        link.close()
        self._lose(link, None)

    @property
    def is_connected(self) -> bool:
        """Whether requests can be made now."""
        return self._lost is None

    def _lose(self, link: Link, error: IbkrError | None) -> None:
        """On the reader's thread, as the connection's end; or on that of whoever closed it.

        Once it is told, the next connection can be made; whatever else the end of this one brings concerns nobody.
        """
        with self._changed:
            if link is not self.link:
                return
            if self._ended is None:
                self._ended = self._as_loss(error)
                logger.info("the connection with the bridge has ended: {}", self._ended)
            if self._lost is None:
                self._lost = self._ended
            self._open_requests.fail_all(self._lost)
            self.orders.lose(self._lost)
            self.kept.forget_subscriptions()
            self.farms.clear()
            self._changed.notify_all()

    def _as_loss(self, error: IbkrError | None) -> IbkrError:
        if self._refusal and not self._is_welcome:
            return HandshakeRefused(f"{self._refusal} (client id {self.address.client_id})")
        if isinstance(error, BridgeError):
            return error
        return ConnectionLost(str(error) if error is not None else "the connection was closed")

    def require_connection(self) -> None:
        """Raises ConnectionLost when there is no connection."""
        if self._lost is not None:
            raise ConnectionLost(f"there is no connection with the bridge ({self._lost}); call connect()")

    @property
    def accounts(self) -> tuple[str, ...]:
        """Those of the login."""
        return self.kept.accounts

    # ------------------------------------------------------------------------------------------------------ asking

    def check(self, request: Request) -> None:
        """Raises what keeps a request from leaving: ConnectionLost, UnsupportedByServer, InapplicableField, ..."""
        self.require_connection()
        self.link.check(request)

    def ask(self, request: Request, timeout: float) -> Answer:
        """Send a request and wait for its whole answer; of a subscription, for its first round.

        Raises RequestRejected, RequestTimeout, ConnectionLost, and what a request that can't be written raises.
        """
        request = self._numbered(request)
        waiting = Waiting(request, self.lock, self._keep_current)
        self.link.check(request)
        with self.lock:
            self.require_connection()
            link = self.link
            seen = self.kept.notices_heard
            self._begin(request)
            self._open_requests.add(waiting)
        try:
            link.send(request, waiting)
            waiting.wait(timeout, lambda: self._state_of(request, seen))
        except BaseException:
            link.forget(waiting)
            self._give_up(waiting)
            raise
        self._tidy_up(request)
        return waiting

    def _begin(self, request: Request) -> None:
        """Under the lock, before anybody is added who asks."""
        is_followed = any(type(asker.request) is type(request) for asker in self._open_requests)
        self.kept.begin(request, is_followed=is_followed)

    def _keep_current(self, answer: Answer) -> None:
        """On the reader's thread: a subscription without an id keeps current what its first round has brought."""
        request = answer.request
        if request.facts.replies.has_first_round and not isinstance(request, IdentifiedRequest):
            self.kept.complete(request)

    def _put(self, questions: Sequence[Question]) -> None:
        """Ask what nobody has to wait for."""
        with self.lock:
            link = self.link
            for question in questions:
                self._open_requests.add(question)
        for question in questions:
            link.send(question.request)

    def _numbered(self, request: Request) -> Request:
        if isinstance(request, IdentifiedRequest):
            return replace(request, request_id=next(self._request_ids))
        return request

    def _give_up(self, waiting: Waiting) -> None:
        with self.lock:
            was_open = not waiting.is_over
            self._open_requests.give_up(waiting)
        request = waiting.request
        if was_open and self.is_connected and isinstance(request, IdentifiedRequest):
            self._cancel(request)

    def _tidy_up(self, request: Request) -> None:
        """A request with an id that goes on behind its answer is ended; one without keeps current what it brings."""
        replies = request.facts.replies
        if isinstance(request, IdentifiedRequest) and (replies.has_first_round or replies.is_reserved):
            self._cancel(request)

    def _cancel(self, request: Request) -> None:
        replies = request.facts.replies
        cancellation = replies.cancellation(request, getattr(request, "request_id", 0))
        if replies.cancelled_by_itself:
            cancellation = replace(request, subscribe=False)
        if cancellation is not None and self.is_connected:
            self.link.send(cancellation)

    def _state_of(self, request: Request, seen: int) -> str:
        """What may be the reason why an answer does not come."""
        heard = self.kept.notices_heard - seen
        told = [
            f"{notice.code} {notice.text}"
            for notice in list(self.kept.notices)[-heard:] * bool(heard)
            if notice.request_id < 0 and self._codes.facts(notice.code).severity is Severity.ERROR
        ]
        states = [self.farms.behind(request), f"the bridge said meanwhile: {'; '.join(told)}" if told else ""]
        return "; ".join(state for state in states if state) or "connected, the bridge said nothing about it"

    def send(self, request: Request) -> None:
        """Send a request that nothing answers, and return when it has left; or a cancellation, which may leave later.

        Raises ConnectionLost when it was not sent, or may have been; and what a request that can't be written raises.
        """
        if isinstance(request, Cancellation):
            self.require_connection()
            self._end_what_it_cancels(request)
            self.link.send(request)
            return
        self.check(request)
        self._end_what_it_cancels(request)
        self.send_noted(request, lambda: self._open_requests.note_silent(request))

    def send_noted(self, request: Request, note: Callable[[], Noted]) -> Noted:
        """Send, when `note` was called under the lock: from then on a lost connection concerns the request."""
        departure = Departure(request, self.lock)
        with self.lock:
            self.require_connection()
            link, noted = self.link, note()
        link.send(request, departure)
        departure.wait()
        return noted

    def _end_what_it_cancels(self, request: Request) -> None:
        with self.lock:
            following = self._open_requests.following(type(request))
            if isinstance(request, Cancellation):
                asker = self._open_requests.find(request.request_id)
                is_its_own = asker is not None and cancels(type(request), type(asker.request))
                following = [asker] if asker is not None and is_its_own else []
            for asker in following:
                self._open_requests.give_up(asker)
                if isinstance(asker, Stream):
                    asker.finish()
                else:
                    asker.fail(ConnectionLost(f"{type(request).__name__} ended the request"))
            for kind in [each for each in self.kept.subscribed if cancels(type(request), each)]:
                self.kept.end(kind)

    # ------------------------------------------------------------------------------------------------------ streams

    def stream(self, request: Request) -> Stream:
        """Subscribe. Raises ConnectionLost, and what a request that can't be written raises."""
        request = self._numbered(request)
        stream = Stream(request, self.lock, self._stream_limit, self._end_stream)
        self.link.check(request)
        with self.lock:
            self.require_connection()
            link = self.link
            self._begin(request)
            self._open_requests.add(stream, follows=True)
        link.send(request)
        return stream

    def _end_stream(self, stream: Stream) -> None:
        with self.lock:
            if not stream.finish():
                return
            self._open_requests.give_up(stream)
            cancel = stream.request.facts.replies.cancel
            others = cancel and not stream.request_id and self._open_requests.following(cancel)
            is_kept = type(stream.request) in self.kept.subscribed
        if not others and not is_kept:
            self._cancel(stream.request)

    # ---------------------------------------------------------------------------------------- on the reader's thread

    def _hear_all(self, messages: list[Message]) -> None:
        with self.lock:
            for message in messages:
                self._hear(message)

    def _hear(self, message: Any) -> None:
        self.kept.hear(message)
        taken = self.orders.hear(message)
        taken = self._open_requests.hear(message) or taken
        match message:
            case Notice():
                self._hear_notice(message, taken)
            case NextValidId():
                self.order_ids.at_least(message.order_id)
            case Undecodable():
                self._unreadable.log(message)
                self._questions.hear_unreadable(message)
            case _:
                pass
        if type(message) in _WELCOME:
            self._welcome.add(type(message))
            self._changed.notify_all()

    def _hear_notice(self, notice: Notice, taken: bool) -> None:
        self.farms.hear_notice(notice)
        facts = self._codes.facts(notice.code)
        if facts.ends is Ends.CONNECTION:
            self._refusal = f"{notice.code} {notice.text}"
        if facts.ends is Ends.ACCOUNT_SUBSCRIPTION:
            self.kept.hear_replaced()
        if not taken:
            log_notice(notice, facts)

    # --------------------------------------------------------------------------------------- on the pacer's thread

    def _ask_for_a_sign(self) -> None:
        """The bridge has been silent for long. The answer has its place among the others', but nobody waits for it.

        One that did not come within a whole silence does not come.
        """
        with self.lock:
            for former in [each for each in self._open_requests if each.request is QUESTION]:
                self._open_requests.give_up(former)
            self._open_requests.add(Answer(QUESTION))
        self.link.send(QUESTION)

    # --------------------------------------------------------------------------- on the thread of whoever has written

    def _fail(self, request: Request, reason: str) -> None:
        """A request that was not sent."""
        with self.lock:
            if isinstance(request, MAKES_AN_ORDER):
                self.orders.fail(request, reason)
            for asker in [each for each in self._open_requests if each.request is request]:
                asker.fail(ConnectionLost(f"{type(request).__name__} was not sent: {reason}"))
                self._open_requests.give_up(asker)


_WELCOME: Final = (ManagedAccounts, NextValidId)
"""What makes a connection usable."""
