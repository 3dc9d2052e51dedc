"""The desk's side of actors in other processes."""

from __future__ import annotations

import math
import queue
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from loguru import logger
from msgspec import Struct

from ibkr_actors.actors.actor import DeskActor
from ibkr_actors.actors.desk import Desk
from ibkr_actors.actors.messages import Batch
from ibkr_actors.actors.order_records import OrderRecords
from ibkr_actors.actors.recovery import Recovered
from ibkr_actors.actors.remote.codec import FOR_DESK, Unreadable
from ibkr_actors.actors.remote.identities import is_number_of
from ibkr_actors.actors.remote.letters import (
    ActorFacts,
    Actors,
    Call,
    Farewell,
    Heartbeat,
    OrderAnswer,
    Question,
    Registration,
    StartOver,
    Trade,
)
from ibkr_actors.actors.remote.postman import BATCH_SECONDS, Postman
from ibkr_actors.actors.remote.remote_actor import RemoteActor
from ibkr_actors.actors.remote.remote_trades import RemoteTrades
from ibkr_actors.actors.remote.roster import Roster
from ibkr_actors.base.back_off import BackOff
from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.messages.declaration import IdentifiedRequest
from ibkr_actors.brokers.broker import Broker, Delivery
from ibkr_actors.brokers.topology import (
    BRIDGE,
    DESK_LATE,
    DESK_NEWS,
    DESK_REQUESTS,
    LATE,
    MULTI_CLIENT,
    Queue,
    actor_events,
)

PREFETCH: Final = 500
"""Letters that the desk has at a time without having dealt with them."""
CONSUME_AGAIN: Final = 0.25
"""Seconds before letters are asked for again that another desk takes, at the start."""
LONGEST_BACK_OFF: Final = 5.0
"""The same later, at most."""
LAST_LETTERS: Final = 0.5
"""Seconds in which the postman ends."""


class Received(Struct, frozen=True):
    """To `RemoteActors`, from the broker's thread: a letter, and when it came (by both clocks)."""

    delivery: Delivery
    at: float
    time: float


class Open(Struct, frozen=True):
    """To `RemoteActors`: the desk is ready, so letters can be taken, unless another desk does until then (monotonic).

    `outcome` gets an empty text, or why they can't be taken.
    """

    until: float
    outcome: queue.SimpleQueue[str]


class Serving(Struct, frozen=True):
    """To `RemoteActors`, from the broker's thread: this desk takes the letters; on each connection."""


class InUse(Struct, frozen=True):
    """To `RemoteActors`, from the broker's thread: another connection takes the letters."""

    reason: str


class StopRemote(Struct, frozen=True):
    """Asked of `RemoteActors`: have an actor stop; the answer is what stands against it, or an empty text."""

    code: str


class RemoteActors(DeskActor):
    """Serves the actors of other processes as the desk's own are served.

    Responsible for:
    1. letters: reading them, burying those that can't be read, acknowledging each when what it asks is recorded;
    2. requests of actors that are registered (`Roster`), trades once and in time (`RemoteTrades`);
    3. a trade of an actor that has not registered with this life of the desk yet: it waits for that, or is refused
       when its time is over;
    4. telling anybody who asks which actors there are;
    5. taking letters again when another connection takes them, for as long as it does: an earlier one of this desk,
       perhaps, whose end the broker has not noticed.

    Understands: Open, Serving, InUse, Received, StopRemote (ask), "actors" (ask).
    """

    act_interval = 0.1

    def __init__(
        self,
        desk: Desk,
        broker: Broker,
        records: OrderRecords,
        recovered: Recovered,
        *,
        local: Callable[[], list[ActorFacts]],
        batch_seconds: float = BATCH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        code: str = "remote",
    ) -> None:
        """`local` tells the actors of the desk's own process; it is called on this actor's thread."""
        super().__init__(code)
        self._desk, self._broker, self._recovered, self._local, self._clock = (
            desk,
            broker,
            recovered,
            local,
            clock,
        )
        self._postman = Postman(broker, batch_seconds=batch_seconds, told=records.told, clock=clock)
        self._trades = RemoteTrades(desk, recovered.origins)
        own = frozenset(facts.code for facts in local())
        self._roster = Roster(
            desk,
            broker,
            self._postman,
            records,
            name=uuid.uuid4().hex,
            is_taken=own.__contains__,
            clock=clock,
        )
        self._parked: list[tuple[str, Trade, Received]] = []
        self.unreadable = 0
        """Letters that could not be read."""
        self._opening: Open | None = None
        self._has_served = False
        self._in_use = ""
        """Why no letters are taken at present, when that was told."""
        self._back_off = BackOff(longest=LONGEST_BACK_OFF)
        self._consume_at: float | None = None

    def initialize(self) -> None:
        """Before there is a connection with the bridge: what it says of orders has to find their owners."""
        self._postman.start()
        self._roster.recover(self._recovered)

    def receive(self, message: Any) -> Any:
        """Letters, and questions of the desk."""
        match message:
            case Received():
                self._open_letter(message)
            case Open():
                self._opening = message
                self._consume(DESK_REQUESTS)
            case Serving():
                self._serve()
            case InUse(reason):
                self._hear_of_another_desk(reason)
            case StopRemote(code):
                return self._stop_one(code)
            case "actors":
                return self._actors()
            case _:
                return super().receive(message)
        return None

    def _consume(self, *queues: Queue) -> None:
        mail = self.mail

        def receive(delivery: Delivery) -> None:
            mail.tell(Received(delivery, self._clock(), time.time()))

        def started() -> None:
            mail.tell(Serving())

        def refused(reason: str) -> None:
            mail.tell(InUse(reason))

        for one in queues:
            if one is DESK_REQUESTS:
                self._broker.consume(one, receive, prefetch=PREFETCH, started=started, refused=refused)
            else:
                self._broker.consume(one, receive, prefetch=PREFETCH)

    def _serve(self) -> None:
        """Who takes the requests is the desk, so the others follow."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.outcome.put("")
        if not self._has_served:
            self._has_served = True
            self._consume(DESK_NEWS, DESK_LATE)
        if self._in_use:
            logger.info("this desk takes the requests at {} again", self._broker.place)
        self._in_use = ""
        self._roster.listening_since = self._clock()
        self._back_off.reset()

    def _hear_of_another_desk(self, reason: str) -> None:
        """One that was killed a moment ago, perhaps, which the broker has not noticed."""
        opening = self._opening
        self._roster.listening_since = math.inf
        if opening is None:
            self._tell_once(reason)
            self._consume_at = self._clock() + self._back_off.next()
        elif self._clock() < opening.until:
            self._consume_at = self._clock() + CONSUME_AGAIN
        else:
            opening.outcome.put(f"another desk takes the requests at {self._broker.place}: {reason}")

    def _tell_once(self, reason: str) -> None:
        if not self._in_use:
            logger.error(
                "actors in other processes have no desk: another connection takes the requests at {}, "
                "until it ends: {}",
                self._broker.place,
                reason,
            )
        self._in_use = reason

    # ----------------------------------------------------------------------------------------------------- letters

    def _open_letter(self, received: Received) -> None:
        delivery = received.delivery
        code = delivery.routing_key.partition(".")[2]
        try:
            letter, _ = FOR_DESK.read(delivery.body)
        except Unreadable as reason:
            self._bury(received, code, str(reason))
            return
        try:
            done = self._handle(code, letter, received)
        except Exception as error:  # one strange letter must not stop all others
            self._bury(received, code, f"it could not be dealt with: {error!r}")
            raise
        if done:
            self._broker.acknowledge(delivery)

    def _bury(self, received: Received, code: str, reason: str) -> None:
        self.unreadable += 1
        logger.error("a letter from {} can't be read, and is a dead letter now: {}", code, reason)
        self._broker.bury(received.delivery, reason)

    def _handle(self, code: str, letter: Any, received: Received) -> bool:
        """Whether the letter has been dealt with."""
        is_late = received.delivery.queue == LATE
        if isinstance(letter, Trade):
            return self._trade(code, letter, received, is_late=is_late)
        if not is_late:
            self._roster.hear(code, letter.life)
            self._attend(code, letter, received)
        return True

    def _attend(self, code: str, letter: Any, received: Received) -> None:
        match letter:
            case Registration():
                if self._roster.register(code, letter):
                    self._unpark(code)
            case Heartbeat():
                actor = self._roster.find(code, letter.life)
                if actor is not None:
                    actor.clock.waited(received.delivery.sent_at, received.time)
                self._roster.heartbeat(code, letter)
            case Farewell(life, state):
                self._roster.farewell(code, life, state)
            case StartOver(life, start):
                self._roster.start_over(code, life, start)
            case Call():
                self._call(code, letter)
            case Question():
                self._answer_question(code, letter)

    def _call(self, code: str, call: Call) -> None:
        actor = self._roster.find(code, call.life)
        if actor is None or actor.mail.start != call.start:
            return  # of an earlier life or start, whose subscriptions have ended
        request = call.request
        if isinstance(request, IdentifiedRequest):
            if not is_number_of(actor.slot, request.request_id):
                reason = f"request id {request.request_id} is not one of this actor"
                actor.mail.tell(Batch([RequestFailed(request.request_id, reason)], self._clock()))
                return
            actor.uses(request=request.request_id)
        actor.mail.note(request)
        self._desk.pass_on(actor.mail, code, request)

    # ------------------------------------------------------------------------------------------------------- trades

    def _trade(self, code: str, trade: Trade, received: Received, *, is_late: bool) -> bool:
        answer = self._trades.known_answer(trade)
        actor = self._roster.trader(code, trade.life)
        if answer is not None:
            self._answer(code, answer)
        elif is_late:
            self._answer(code, self._trades.refuse(trade, self._too_late(trade)))
        elif actor is None:
            return self._park(code, trade, received)
        else:
            self._roster.hear(code, trade.life)
            self._carry_out(actor, trade, received)
        return True

    @staticmethod
    def _too_late(trade: Trade) -> str:
        return f"it waited longer than its time to live ({trade.time_to_live:g} s), and was not sent"

    def _carry_out(self, actor: RemoteActor, trade: Trade, received: Received) -> None:
        delivery = received.delivery
        on_its_way = actor.clock.waited(delivery.sent_at, received.time)
        waited = delivery.waited + on_its_way + (self._clock() - received.at)
        actor.uses(order=trade.number)
        self._answer(actor.code, self._trades.answer(trade, actor.mail, waited))

    def _answer(self, code: str, answer: OrderAnswer) -> None:
        self._postman.send(code, answer, BRIDGE)

    def _park(self, code: str, trade: Trade, received: Received) -> bool:
        """The actor will register with this life of the desk in a moment, if it lives."""
        known = self._roster.actors.get(code)
        if known is not None and known.lives:
            self._answer(code, self._trades.refuse(trade, f"another process has the code {code!r} now"))
            return True
        self._broker.declare(actor_events(code))
        self._parked.append((code, trade, received))
        return False

    def _unpark(self, code: str) -> None:
        parked, self._parked = self._parked, []
        for one, trade, received in parked:
            if one == code:
                if self._trade(one, trade, received, is_late=False):
                    self._broker.acknowledge(received.delivery)
            else:
                self._parked.append((one, trade, received))

    def _give_up_parked(self) -> None:
        parked, self._parked = self._parked, []
        for code, trade, received in parked:
            if self._clock() - received.at <= trade.time_to_live:
                self._parked.append((code, trade, received))
                continue
            reason = f"{code} did not register with this desk within its time to live, and it was not sent"
            self._answer(code, self._trades.refuse(trade, reason))
            self._broker.acknowledge(received.delivery)

    # --------------------------------------------------------------------------------------------------- questions

    def _actors(self) -> list[ActorFacts]:
        now = self._clock()
        remote = [actor.describe(now) for actor in self._roster.actors.values()]
        return [*self._local(), *remote]

    def _answer_question(self, code: str, question: Question) -> None:
        problem = self._stop_one(question.stop) if question.stop else ""
        letter = Actors(question.life, question.number, self._actors(), problem)
        self._postman.send(code, letter, MULTI_CLIENT)

    def _stop_one(self, code: str) -> str:
        if any(facts.code == code for facts in self._local()):
            return f"{code} runs in the desk's own process, and stops with it"
        return "" if self._roster.stop(code) else f"no actor with the code {code!r} lives in another process"

    def act(self) -> None:
        """Look for actors that have died, and for trades whose actor did not come."""
        self._roster.look()
        self._give_up_parked()
        if self._consume_at is not None and self._clock() >= self._consume_at:
            self._consume_at = None
            self._consume(DESK_REQUESTS)

    def stop(self) -> None:
        """Take no more letters, and send what is left."""
        for taken in (DESK_REQUESTS, DESK_NEWS, DESK_LATE):
            self._broker.cancel(taken)
        self._roster.dismiss_all()
        self._postman.stop(LAST_LETTERS)
        super().stop()
