"""The RouterActor: which actor gets which message."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import pykka
from loguru import logger
from msgspec.structs import replace

from ibkr_actors.actors.actor import DeskActor, Mail, tell
from ibkr_actors.actors.direct_mail import DirectMail
from ibkr_actors.actors.messages import (
    AwaitAnswer,
    Forget,
    Leaving,
    OwnOrder,
    Register,
    Send,
    Subscribe,
    SubscribeTypes,
    Unsubscribe,
    UseBridge,
)
from ibkr_actors.actors.questions import Questions
from ibkr_actors.actors.routes import Route, Subscriber, Target, end_of
from ibkr_actors.base.ids import FIRST_REQUEST_ID
from ibkr_actors.base.local_messages import LOCAL, ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.message_codes import CODES, REFUSING_CODES, CodeFacts, CodeTable, Ends
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.market_data import MarketDataRequest, Tick
from ibkr_actors.base.messages.orders import OpenOrder, OrderBound, OrderStatus
from ibkr_actors.base.messages.scanners import ScannerSubscriptionRequest
from ibkr_actors.base.order_tracking import ABOUT_AN_ORDER
from ibkr_actors.base.session import Undecodable
from ibkr_actors.base.trouble_log import UnreadableMessages, log_notice

KEPT_BY_SPECIALISTS: Final = (MarketDataRequest, ScannerSubscriptionRequest)
"""Subscriptions that an actor of the desk keeps, with what belongs to them (the type of market data, newest values)."""


class RouterActor(DeskActor):
    """Brings each message from the bridge to the actors that asked for it.

    Responsible for:
    1. knowing who subscribed to which request id, to which type, and who owns which order;
    2. forwarding in the order of arrival, one `Batch` a subscriber, never a message at a time;
    3. ending a request's subscription with its last reply, or with an error that ends it;
    4. telling the subscribers of requests that a lost connection left without an answer (`RequestFailed`);
    5. telling a refusal without an id to whoever asked without one, if nobody else can be meant;
    6. broadcasting what belongs to nobody, and forgetting an actor that is gone;
    7. making subscriptions again on a new connection, but for those that specialists keep.

    Understands: UseBridge, Batch, Register, Forget, Subscribe, Unsubscribe, SubscribeTypes, AwaitAnswer,
    Leaving, OwnOrder.  Tells: Batch to actors, Send to the bridge.
    Never: blocks, changes a message, keeps one after forwarding it.
    """

    def __init__(
        self,
        code: str = "router",
        *,
        client_id: int | None = None,
        codes: CodeTable = CODES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """With a `client_id`, orders and executions of other clients belong to nobody, whatever their order ids."""
        super().__init__(code)
        self._client_id = client_id
        self._codes, self._clock = codes, clock
        self._subscribers: dict[str, Subscriber] = {}
        self._in_order: list[Subscriber] = []
        self._routes: dict[int, Route] = {}
        self._by_type: dict[type, list[Subscriber]] = {}
        self._questions = Questions()
        self._unreadable = UnreadableMessages()
        self._owners: dict[int, Subscriber | None] = {}
        """None for an order whose owner is gone: it is still nobody else's."""
        self._execution_orders: dict[str, int] = {}
        self._bridge: Mail | None = None
        self._sending = False
        self.messages = 0
        self.late: Counter[str] = Counter()

    # ------------------------------------------------------------------------------------------------ subscriptions

    def receive(self, message: Any) -> Any:
        """Subscriptions, and the statistics that the desk asks for."""
        match message:
            case UseBridge(mail):
                self._bridge = mail
            case Register(code, mail):
                self._subscriber(mail, code)
            case Subscribe():
                self._subscribe(message)
            case Unsubscribe(mail, request_id):
                self._unsubscribe(mail, request_id)
            case SubscribeTypes(mail, types):
                self._subscribe_types(self._subscriber(mail), types)
            case AwaitAnswer(mail, request):
                self._await_answer(self._subscriber(mail), request)
            case OwnOrder() | Leaving():
                self._note(message)
            case Forget(mail):
                self._forget(mail)
            case "statistics":
                return self.messages, dict(self.late)
            case _:
                return super().receive(message)
        return None

    def _subscriber(self, mail: Mail, code: str = "") -> Subscriber:
        key = mail.actor_urn
        if key not in self._subscribers:
            self._subscribers[key] = Subscriber(code or mail.actor_class.__name__, mail)
            self._put_in_order()
        return self._subscribers[key]

    def _put_in_order(self) -> None:
        """Who runs on this very thread gets its parcels first, then strategies, then the desk's own actors.

        A thread that was woken waits for the interpreter as long as this one works on: so this one's work comes first,
        and of the others those that somebody waits for.
        """
        newest_first = reversed(self._subscribers.values())
        self._in_order = sorted(newest_first, key=lambda each: not isinstance(each.mail, DirectMail))

    def _subscribe(self, wanted: Subscribe) -> None:
        subscriber = self._subscriber(wanted.mail)
        fresh = Route(wanted.request, at_last=end_of(wanted.request, self._routes))
        route = self._routes.setdefault(wanted.request_id, fresh)
        others = tuple(
            target for target in route.targets if target[0] is not subscriber or target[1] != wanted.as_id
        )
        if wanted.memory is not None:
            route.memory, route.keeper = wanted.memory, subscriber
        route.aim((*others, (subscriber, wanted.as_id)))

    def _unsubscribe(self, mail: Mail, request_id: int) -> None:
        """`request_id` is the actor's own: that of the request, or the one it is relabelled to."""
        subscriber = self._subscribers.get(mail.actor_urn)  # None: it was forgotten, with all its routes
        for own_id, route in list(self._routes.items()):
            left = tuple(
                (target, as_id)
                for target, as_id in route.targets
                if target is not subscriber or (as_id if as_id is not None else own_id) != request_id
            )
            self._keep(own_id, route, left)

    def _keep(self, request_id: int, route: Route, left: tuple[Target, ...]) -> None:
        route.aim(left)
        if not left:
            del self._routes[request_id]

    def _subscribe_types(self, subscriber: Subscriber, types: Iterable[type]) -> None:
        for kind in types:
            subscribers = self._by_type.setdefault(kind, [])
            if subscriber not in subscribers:
                subscribers.append(subscriber)

    def _await_answer(self, subscriber: Subscriber, request: Request) -> None:
        replies = request.facts.replies
        if replies.stream and replies.end is None:
            self._subscribe_types(subscriber, replies.every_type())
        else:
            self._questions.add(subscriber, request, self._clock())

    def _note(self, message: OwnOrder | Leaving) -> None:
        if isinstance(message, OwnOrder):
            self._owners[message.order_id] = self._subscriber(message.mail)
        else:
            self._questions.leave(message.request, self._routes)

    def _forget(self, mail: Mail) -> None:
        gone = self._subscribers.pop(mail.actor_urn, None)
        if gone is None:
            return
        self._put_in_order()
        for request_id, route in list(self._routes.items()):
            self._keep(request_id, route, tuple(target for target in route.targets if target[0] is not gone))
            if not route.targets:
                self._cancel(request_id, route.request)
        for subscribers in self._by_type.values():
            if gone in subscribers:
                subscribers.remove(gone)
        self._owners = {
            order_id: owner if owner is not gone else None for order_id, owner in self._owners.items()
        }

    def _cancel(self, request_id: int, request: Request) -> None:
        """End a subscription that nobody listens to any more, unless a specialist does that."""
        cancellation = request.facts.replies.cancellation(request, request_id)
        if self._bridge is None or cancellation is None or isinstance(request, KEPT_BY_SPECIALISTS):
            return
        tell(self._bridge, Send(cancellation, self.code))

    # ------------------------------------------------------------------------------------------------------ routing

    def handle(self, messages: Iterable[Message]) -> None:
        """Sort a batch into parcels and send them off."""
        routes = self._routes
        count = 0
        for message in messages:
            count += 1
            if isinstance(message, Tick):
                route = routes.get(message.request_id)
                if route is None:
                    self.late[type(message).__name__] += 1
                    continue
                if route.memory is not None:
                    route.memory[message.tick_type] = message
                for append in route.appends:
                    append(message)
                for append, as_id in route.relabelled:
                    append(replace(message, request_id=as_id))
            else:
                self._route(message)
        self.messages += count
        self._send_parcels()

    def deliver(self, mail: Mail, message: Message) -> bool:
        """Put a message into an actor's next parcel, behind what the bridge has said to it; under the router's lock.

        Within a batch it travels with the batch, which saves its receiver a wakeup. False when the actor is gone.
        """
        subscriber = self._subscribers.get(mail.actor_urn)
        if subscriber is None or not mail.is_alive():
            return False
        subscriber.parcel.append(message)
        if not self._sending:
            self._send_parcels()
        return True

    def _send_parcels(self) -> None:
        now = self._clock()
        self._sending = True
        try:
            for subscriber in list(self._in_order):
                if subscriber.parcel:
                    self._send_parcel(subscriber, now)
        finally:
            self._sending = False

    def _send_parcel(self, subscriber: Subscriber, now: float) -> None:
        try:
            subscriber.send_parcel(now)
        except pykka.ActorDeadError:
            logger.debug("actor {} is gone; its subscriptions end", subscriber.code)
            self._forget(subscriber.mail)

    def _route(self, message: Any) -> None:
        match message:
            case OrderStatus() | OrderBound():
                self._to_owner(self._own(message.order_id, message.client_id), message)
            case OpenOrder():
                self._to_owner(self._own(message.order_id, message.order.client_id), message)
            case ExecutionDetails():
                self._route_execution(message)
            case CommissionAndFeesReport():
                self._to_owner(self._execution_orders.get(message.execution_id, LOCAL), message)
            case Notice():
                self._route_notice(message)
            case RequestFailed(order_id, _, request) if isinstance(request, ABOUT_AN_ORDER):
                self._to_owner(order_id, message)
            case RequestFailed() if message.request_id == LOCAL:
                self._questions.fail(message)
            case Undecodable():
                self._unreadable.log(message)
            case ConnectionChanged():
                self._route_connection_change(message)
            case _:
                self._route_reply(message)

    def _own(self, order_id: int, client_id: int) -> int:
        """The order id, if it is one of ours: order ids count per client."""
        return order_id if self._client_id in (None, client_id) else LOCAL

    def _to_owner(self, order_id: int, message: Message) -> None:
        """To the order's owner, to whoever watches the type or asked for it; to all when it never had an owner."""
        told = [*self._by_type.get(type(message), ()), *self._questions.askers(type(message))]
        if order_id not in self._owners:
            self._broadcast(message)
            return
        owner = self._owners[order_id]
        if owner is not None:
            told.append(owner)
        for subscriber in dict.fromkeys(told):
            subscriber.parcel.append(message)

    def _route_execution(self, message: ExecutionDetails) -> None:
        order_id = self._own(message.execution.order_id, message.execution.client_id)
        self._execution_orders[message.execution.execution_id] = order_id
        if message.request_id in self._routes:
            self._deliver(self._routes[message.request_id], message)
        else:
            self._to_owner(order_id, message)

    def _route_notice(self, notice: Notice) -> None:
        facts = self._codes.facts(notice.code)
        route = self._routes.get(notice.request_id)
        if facts.ends is Ends.MARKET_DATA:
            self._tell_all(notice, facts)
            self._subscribe_again(facts)
        elif route is not None:
            self._deliver(route, notice)
            if route.request.facts.replies.ended_by(facts):
                del self._routes[notice.request_id]
        elif notice.request_id in self._owners:
            self._to_owner(notice.request_id, notice)
        elif notice.request_id >= FIRST_REQUEST_ID:
            self.late[type(notice).__name__] += 1
        elif (question := self._questions.refused(notice)) is not None:
            self._log(notice, facts)
            question.subscriber.parcel.append(notice)
            question.fail(self._questions.refusals.reason(notice))
        else:
            self._tell_all(notice, facts)

    def _tell_all(self, notice: Notice, facts: CodeFacts) -> None:
        """What concerns nobody's request or order concerns every actor, and whoever runs the desk."""
        self._log(notice, facts)
        self._broadcast(notice)

    @staticmethod
    def _log(notice: Notice, facts: CodeFacts) -> None:
        """Why there is no connection says the actor that makes it."""
        if notice.code not in REFUSING_CODES:
            log_notice(notice, facts)

    def _route_reply(self, message: Any) -> None:
        request_id = getattr(message, "request_id", None)
        if request_id is None:
            self._route_unidentified(message)
            return
        route = self._routes.get(request_id)
        if route is None:
            self.late[type(message).__name__] += 1
            return
        self._deliver(route, message)
        if isinstance(message, RequestFailed):
            del self._routes[request_id]
            return
        self._questions.refusals.hear_answer(route.silent_before)
        replies = route.request.facts.replies
        if replies.closes(route.request, message):
            del self._routes[request_id]
            if replies.is_reserved:
                self._cancel(request_id, route.request)

    def _route_unidentified(self, message: Any) -> None:
        kind = type(message)
        for subscriber in dict.fromkeys((*self._by_type.get(kind, ()), *self._questions.askers(kind))):
            subscriber.parcel.append(message)
        self._questions.end(kind)

    def _deliver(self, route: Route, message: Any) -> None:
        for subscriber, as_id in route.targets:
            subscriber.parcel.append(message if as_id is None else replace(message, request_id=as_id))

    def _broadcast(self, message: Message, but: Iterable[Subscriber] = ()) -> None:
        for subscriber in self._subscribers.values():
            if subscriber not in but:
                subscriber.parcel.append(message)

    def _route_connection_change(self, change: ConnectionChanged) -> None:
        self._broadcast(change)
        if change.state is ConnectionState.LOST:
            self._fail_what_waits()
        elif change.state is ConnectionState.CONNECTED and change.epoch > 1:
            self._subscribe_again()

    def _fail_what_waits(self) -> None:
        """What only waits for its answer waits in vain."""
        for request_id, route in list(self._routes.items()):
            if not route.request.facts.replies.keeps_on(route.request):
                self._deliver(route, RequestFailed(request_id, "the connection was lost", route.request))
                del self._routes[request_id]
        self._questions.fail_all()

    def act(self) -> None:
        """Give up questions that the bridge does not answer."""
        self._questions.expire(self._clock())
        self._send_parcels()

    def _subscribe_again(self, lost: CodeFacts | None = None) -> None:
        """A new connection knows no subscription, and after a loss the bridge none of those that it lost.

        Specialists make theirs again; all others are made here.
        """
        assert self._bridge is not None, "a router without a bridge hears of no connection"
        for route in self._routes.values():
            forgotten = lost is None or route.request.facts.replies.ended_by(lost)
            if forgotten and not isinstance(route.request, KEPT_BY_SPECIALISTS):
                self._bridge.tell(Send(route.request, self.code))
