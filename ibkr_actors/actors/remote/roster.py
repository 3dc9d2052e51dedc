"""Which actors of other processes work at a desk: they come, they live, they die."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from loguru import logger

from ibkr_actors.actors.desk import Desk, emit
from ibkr_actors.actors.messages import CancelAll
from ibkr_actors.actors.order_records import OrderRecords
from ibkr_actors.actors.recovery import Recovered
from ibkr_actors.actors.remote.identities import MOST_SLOTS, is_number_of
from ibkr_actors.actors.remote.letters import (
    Heartbeat,
    HeartbeatSeen,
    Letter,
    Ping,
    Refusal,
    Registration,
    StopActor,
    Welcome,
)
from ibkr_actors.actors.remote.order_numbers import OrderNumbers
from ibkr_actors.actors.remote.postman import Postman
from ibkr_actors.actors.remote.remote_actor import (
    AWAY,
    DEAD,
    FAILED,
    STARTING,
    STOPPED,
    Challenge,
    RemoteActor,
)
from ibkr_actors.actors.remote.remote_mail import RemoteMail
from ibkr_actors.actors.supervisor import LEFT_BEHIND
from ibkr_actors.brokers.broker import Broker
from ibkr_actors.brokers.topology import MULTI_CLIENT, actor_events, actor_market_data
from ibkr_actors.errors import DeskError

CHALLENGE_SECONDS: Final = 1.5
"""Seconds in which an actor whose code another process wants has to say that it lives."""


class Roster:
    """Keeps the actors of other processes.

    Responsible for:
    1. one living process a code: another one is refused while the first one answers;
    2. the ids of each code, which are the same in all its lives;
    3. an actor that is silent for longer than its grace while the desk hears: its subscriptions end, its working orders
       are kept or cancelled as it has declared, and what is said of them is kept for it;
    4. an actor that comes again.

    Not thread-safe: belongs to the thread of `RemoteActors`.
    """

    def __init__(
        self,
        desk: Desk,
        broker: Broker,
        postman: Postman,
        records: OrderRecords,
        *,
        name: str,
        is_taken: Callable[[str], bool],
        clock: Callable[[], float],
    ) -> None:
        """`name` is that of the desk's life; `is_taken` knows the codes of the desk's own process."""
        self._desk, self._broker, self._postman, self._records = desk, broker, postman, records
        self._name, self._is_taken, self._clock = name, is_taken, clock
        self.actors: dict[str, RemoteActor] = {}
        self.listening_since = math.inf
        """When letters began to come. Endless while none come: nobody is silent to a desk that does not hear."""

    def recover(self, recovered: Recovered) -> None:
        """Know the actors of an earlier life of the desk, whose orders are kept for them until they come."""
        for code, known in recovered.actors.items():
            if self._is_taken(code):
                continue
            actor = self._make(code, known.slot)
            actor.orders_at_death = known.orders_at_death
            numbers = (one.number for one in recovered.origins if is_number_of(known.slot, one.number))
            actor.uses(order=max(numbers, default=0))
            for order in recovered.orders:
                if order.code == code and order.origin is not None:
                    actor.numbers.add(order.origin.number, order.order_id)
            self._broker.declare(actor_events(code))
            self._seat(actor, self._mail_of(actor, dormant=True))

    def find(self, code: str, life: str) -> RemoteActor | None:
        """The actor, if this life of it works at the desk."""
        actor = self.actors.get(code)
        return actor if actor is not None and actor.lives and actor.life == life else None

    def trader(self, code: str, life: str) -> RemoteActor | None:
        """The actor, if this life of it is known: also one whose strategy has ended, for its last orders may come
        behind the news of that."""
        actor = self.actors.get(code)
        if actor is None or actor.life != life:
            return None
        return actor if actor.lives or actor.state in (STOPPED, FAILED) else None

    # ------------------------------------------------------------------------------------------------ registration

    def register(self, code: str, wanted: Registration) -> bool:
        """An actor wants to work here; whether it does now."""
        if self._is_taken(code):
            self._refuse(code, wanted, f"the code {code!r} is that of a strategy in the desk's own process")
            return False
        actor = self.actors.get(code)
        if actor is not None and actor.lives and actor.life != wanted.life:
            self._challenge(actor, wanted)
            return False
        return self._accept(code, wanted)

    def _challenge(self, actor: RemoteActor, wanted: Registration) -> None:
        """Two processes with one code: ask the one that has it for a sign of life."""
        challenge = actor.challenge
        if challenge is None or challenge.registration.life != wanted.life:
            actor.challenge = Challenge(wanted, self._clock())
            self._tell(actor.code, Ping(actor.life))

    def _accept(self, code: str, wanted: Registration) -> bool:
        actor = self.actors.get(code)
        if actor is None:
            slot = self._slot_for(wanted)
            if slot is None:
                self._refuse(code, wanted, f"the desk has had {MOST_SLOTS} codes, and has ids for no more")
                return False
            actor = self._make(code, slot)
        if wanted.slot not in (None, actor.slot):
            self._refuse(code, wanted, "its ids are those of another actor by now; start it again")
            return False
        if not (actor.lives and actor.life == wanted.life and actor.mail.start == wanted.start):
            self._begin(actor, wanted)
        actor.last_heard = self._clock()
        client_id = self._desk.client_id
        welcome = (self._name, actor.slot, actor.next_request, actor.next_order, client_id, wanted.start)
        self._tell(code, Welcome(wanted.life, *welcome))
        return True

    def _begin(self, actor: RemoteActor, wanted: Registration) -> None:
        actor.registration, actor.state, actor.challenge = wanted, STARTING, None
        actor.orders_at_death, actor.grace = wanted.orders_at_death, wanted.grace
        actor.starts, actor.last_error = wanted.start, ""
        self._records.actor(actor.code, actor.slot, actor.orders_at_death)
        self._broker.declare(actor_events(actor.code))
        self._broker.declare(actor_market_data(actor.code, wanted.market_data_batches))
        self._seat(actor, self._mail_of(actor, start=wanted.start))
        logger.info("{} works at the desk, from {} (process {})", actor.code, wanted.host, wanted.process)
        emit(self._desk.signals.strategy_started, code=actor.code, attempt=wanted.start)

    def _slot_for(self, wanted: Registration) -> int | None:
        used = {actor.slot for actor in self.actors.values()}
        if wanted.slot is not None and wanted.slot not in used:
            return wanted.slot
        return next((slot for slot in range(MOST_SLOTS) if slot not in used), None)

    def _make(self, code: str, slot: int) -> RemoteActor:
        numbers = OrderNumbers(self._desk.client_id)
        mail = RemoteMail(code, "", 0, numbers, self._postman.take, dormant=True)
        self.actors[code] = RemoteActor(code, slot, numbers, mail, self._clock())
        return self.actors[code]

    def _mail_of(self, actor: RemoteActor, *, start: int = 0, dormant: bool = False) -> RemoteMail:
        take = self._postman.take
        return RemoteMail(actor.code, actor.life, start, actor.numbers, take, dormant=dormant)

    def _seat(self, actor: RemoteActor, mail: RemoteMail) -> None:
        """What the bridge says of the actor's orders goes there from now on, and nothing is lost in between."""
        old, actor.mail = actor.mail, mail
        self._desk.introduce(actor.code, mail)
        self._desk.release(actor.code, old)
        old.ended = True

    def _refuse(self, code: str, wanted: Registration, reason: str) -> None:
        logger.error("{} on {} (process {}) is refused: {}", code, wanted.host, wanted.process, reason)
        self._tell(code, Refusal(wanted.life, reason))

    def _tell(self, code: str, letter: Letter) -> None:
        self._postman.send(code, letter, MULTI_CLIENT)

    # -------------------------------------------------------------------------------------------------------- life

    def hear(self, code: str, life: str) -> None:
        """Anything that came from a living actor is a sign of life."""
        actor = self.find(code, life)
        if actor is None:
            return
        actor.last_heard = self._clock()
        challenge, actor.challenge = actor.challenge, None
        if challenge is not None and actor.registration is not None:
            known = actor.registration
            place = f"on {known.host} (process {known.process})"
            self._refuse(
                code, challenge.registration, f"an actor with the code {code!r} lives already, {place}"
            )

    def heartbeat(self, code: str, beat: Heartbeat) -> None:
        """The actor lives, and tells how its strategy does."""
        actor = self.trader(code, beat.life)
        self._tell(code, HeartbeatSeen(beat.life, self._name, known=actor is not None))
        if actor is None:
            return
        actor.last_heard = self._clock()
        was, actor.state = actor.state, beat.state
        actor.starts, actor.last_error = beat.starts, beat.last_error
        if actor.state == FAILED and was != FAILED:
            error = DeskError(f"{code} failed in its own process: {beat.last_error}")
            self._leave(actor, FAILED, error)
        elif actor.state == STOPPED and was != STOPPED:
            self._leave(actor, STOPPED)

    def start_over(self, code: str, life: str, start: int) -> None:
        """The strategy starts anew in the same process: what it had subscribed to has ended."""
        actor = self.find(code, life)
        if actor is not None:
            actor.starts = max(actor.starts, start)
            self._seat(actor, self._mail_of(actor, start=start, dormant=start == 0))

    def farewell(self, code: str, life: str, state: str) -> None:
        """The process ends. A strategy that was not down has done with its orders what it wanted."""
        actor = self.find(code, life)
        if actor is None:
            return
        if state in (FAILED, LEFT_BEHIND):
            self._leave(actor, FAILED, DeskError(f"{code} was {state} when its process ended"))
        else:
            self._leave(actor, STOPPED)

    def stop(self, code: str) -> bool:
        """Ask an actor to stop; False when there is none of that code."""
        actor = self.actors.get(code)
        if actor is None or not actor.lives:
            return False
        self._tell(code, StopActor(actor.life))
        return True

    def look(self) -> None:
        """Find out who has died, and who gets the code of one that did not answer."""
        for actor in list(self.actors.values()):
            challenge = actor.challenge
            if challenge is not None and self._waited_since(challenge.since) > CHALLENGE_SECONDS:
                logger.warning("{} did not answer; another process takes its place", actor.code)
                self._accept(actor.code, challenge.registration)
            elif (actor.lives or actor.state == AWAY) and (
                silent := self._waited_since(actor.last_heard)
            ) > actor.grace:
                self._leave(actor, DEAD, DeskError(f"{actor.code} has been silent for {silent:.1f} s"))

    def _waited_since(self, moment: float) -> float:
        """Seconds in which the desk could have heard somebody."""
        return self._clock() - max(moment, self.listening_since)

    def _leave(self, actor: RemoteActor, state: str, error: DeskError | None = None) -> None:
        actor.state = state
        self._seat(actor, self._mail_of(actor, dormant=True))
        if error is None:
            logger.info("{} has left the desk", actor.code)
            emit(self._desk.signals.strategy_stopped, code=actor.code)
            return
        actor.last_error = actor.last_error or str(error)
        logger.error("{}; its orders: {}", error, actor.orders_at_death)
        emit(self._desk.signals.strategy_failed, code=actor.code, error=error)
        if actor.orders_at_death == "cancel":
            self._desk.orders.tell(CancelAll(actor.code))

    def dismiss_all(self) -> None:
        """The desk ends: tell those that live, so that they need not find out."""
        for actor in self.actors.values():
            if actor.lives:
                self._tell(actor.code, HeartbeatSeen(actor.life, self._name, known=False))
