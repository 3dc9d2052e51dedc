"""What lies between the gateway and its connections: everything that goes wrong on purpose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from random import Random

from loguru import logger

from ibkr_actors.base.message_codes import CODES
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Message, Reply
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.clients.shared_ticks import in_full
from ibkr_actors.simulated_gateway.faults.declaration import Fault, Planned
from ibkr_actors.simulated_gateway.faults.effect import EVERY_CLIENT, Effect
from ibkr_actors.simulated_gateway.faults.market_data import goes_on
from ibkr_actors.simulated_gateway.faults.when import When
from ibkr_actors.simulated_gateway.gateway import Deliveries, Gateway


class FaultLayer:
    """The gateway as its clients meet it. It is called as the gateway is, and calls the gateway.

    Responsible for: when planned faults come, which effects are at work, in which order requests and replies pass them.
    Not responsible for: what an effect does. Without an effect everything passes as it is.
    """

    def __init__(self, gateway: Gateway, now: float, planned: Sequence[Planned] = ()) -> None:
        self.gateway = gateway
        self.random = Random(gateway.options.seed)  # noqa: S311  # faults, not secrets
        self._now = now
        self._clients: list[Client] = []
        self._effects: list[Effect] = []
        self._speaks_at = 0
        """Where in the row of effects whoever speaks stands: only those behind hear it."""
        self._streams: dict[Client, dict[int, IdentifiedRequest]] = {}
        self._dead: set[tuple[Client, int]] = set()
        self._nobody_before = -inf
        self._out: Deliveries = []
        self._plan: list[tuple[float, Fault, When]] = []
        self._begin_planned(planned)

    def _begin_planned(self, planned: Sequence[Planned]) -> None:
        for each in planned:
            if each.when is None:
                self._begin(each.fault)
                continue
            moment = each.when.first(self._now)
            if moment >= self._now:
                self._plan.append((moment, each.fault, each.when))
            else:
                logger.warning("the fault {} does not come: its time is over", each.fault.name)

    # -------------------------------------------------------------------------------------------- as the gateway does

    def connect(self, server_version: int) -> Client:
        """See `Gateway`."""
        client = self.gateway.connect(server_version)
        self._clients.append(client)
        self._streams[client] = {}
        return client

    def disconnect(self, client: Client) -> None:
        """See `Gateway`."""
        self._clients.remove(client)
        del self._streams[client]
        self._dead = {dead for dead in self._dead if dead[0] is not client}
        for effect in self._effects:
            effect.forget(client)
        self.gateway.disconnect(client)

    def handle(self, client: Client, request: Message, now: float) -> Deliveries:
        """See `Gateway`."""
        client.now = self._now = now
        if not self._effects:
            self._out += self._ask(client, request)
        else:
            self._arrive(client, request, len(self._effects))
        return self._take_out()

    def _arrive(self, client: Client, request: Message, places: int) -> None:
        """A request comes to the first so many effects, from the client's side."""
        if not self._is_taken(client, request, places):
            self.serve(client, request)

    def _is_taken(self, client: Client, request: Message, places: int) -> bool:
        for place in range(places, 0, -1):
            effect = self._effects[place - 1]
            self._speaks_at = place
            if effect.takes(self, client, request, self._now):
                return True
        return False

    def advance(self, now: float) -> Deliveries:
        """See `Gateway`."""
        self._now = now
        deliveries = self.gateway.advance(now)
        if not (self._effects or self._plan):
            return deliveries
        for client, replies in deliveries:
            self._pass(client, replies)
        self._end_effects(now)
        for place, effect in enumerate(list(self._effects), 1):
            self._speaks_at = place
            effect.advance(self, now)
        self._begin_due(now)
        return self._take_out()

    # --------------------------------------------------------------------------------------------------------- faults

    def begin(self, fault: Fault, now: float) -> Deliveries:
        """A fault comes now; returns what clients hear of it."""
        self._now = now
        self._begin(fault)
        return self._take_out()

    def end_all(self, now: float) -> Deliveries:
        """All that is at work ends as it would at the end of its time; what is planned comes yet."""
        self._now = now
        for effect in self._effects:
            if effect.is_fault:
                effect.until = -inf
        self._end_effects(now)
        self._nobody_before = -inf
        return self._take_out()

    def refuses_connections(self, now: float) -> bool:
        """Whether nobody is let in."""
        return now < self._nobody_before

    def _begin(self, fault: Fault) -> None:
        logger.info("fault: {}", fault)
        self._speaks_at = 0
        fault.begin(self, self._now)

    def _begin_due(self, now: float) -> None:
        for entry in [entry for entry in self._plan if entry[0] <= now]:
            self._plan.remove(entry)
            moment, fault, when = entry
            self._begin(fault)
            following = when.following(moment)
            if following is not None:
                self._plan.append((following, fault, when))

    def _end_effects(self, now: float) -> None:
        for effect in [effect for effect in self._effects if effect.until <= now]:
            self._speaks_at = self._effects.index(effect)
            self._effects.remove(effect)
            effect.end(self, now)

    # ----------------------------------------------------------------------------------------------- what faults use

    def clients(self, client_id: int = EVERY_CLIENT) -> list[Client]:
        """See `Layer`."""
        return [
            client
            for client in self._clients
            if client.client_id is not None and client_id in (EVERY_CLIENT, client.client_id)
        ]

    def streams(self, client: Client) -> dict[int, IdentifiedRequest]:
        """See `Layer`."""
        return self._streams.get(client, {})

    def add(self, effect: Effect) -> None:
        """See `Layer`."""
        place = sum(other.nearness <= effect.nearness for other in self._effects)
        self._effects.insert(place, effect)
        self._speaks_at = place + 1
        effect.begin(self, self._now)

    def drop(self, client: Client, reason: str) -> None:
        """See `Layer`."""
        client.closing = reason
        self._out.append((client, []))

    def tell(self, client: Client, replies: Iterable[Reply]) -> None:
        """See `Layer`."""
        self._pass(client, list(replies), first=self._speaks_at)

    def serve(self, client: Client, request: Message) -> None:
        """See `Layer`."""
        if client not in self._streams:  # it left while the request waited
            return
        for heard_by, replies in self._ask(client, request):
            self._pass(heard_by, replies, request if heard_by is client else None)

    def pass_on(self, client: Client, request: Message) -> None:
        """See `Layer`."""
        if client in self._streams:
            self._arrive(client, request, self._speaks_at - 1)

    def lose_streams(self) -> None:
        """See `Layer`."""
        for client, requests in self._streams.items():
            for request_id, request in requests.items():
                cancellation = request.facts.replies.cancellation(request, request_id)
                if cancellation is None:
                    continue
                self._dead.add((client, request_id))
                deliveries = self.gateway.handle(client, cancellation, self._now)
                # Whoever lost the stream hears nothing of its end; others may hear something at this moment.
                for heard_by, replies in deliveries:
                    if heard_by is not client:
                        self._pass(heard_by, replies)
            requests.clear()

    def refuse_connections(self, until: float) -> None:
        """See `Layer`."""
        self._nobody_before = until

    # -------------------------------------------------------------------------------------------------------- inside

    def _pass(
        self, client: Client, replies: list[Reply], cause: Message | None = None, first: int = 0
    ) -> None:
        if self._effects:
            replies = in_full(replies)
        for effect in self._effects[first:]:
            replies = effect.outgoing(client, replies, cause)
        self._out.append((client, replies))

    def _take_out(self) -> Deliveries:
        deliveries, self._out = self._out, []
        return deliveries

    def _ask(self, client: Client, request: Message) -> Deliveries:
        if self._is_cancelled_dead(client, request):
            return []
        deliveries = self.gateway.handle(client, request, self._now)
        self._note_stream(client, request, deliveries)
        return deliveries

    def _note_stream(self, client: Client, request: Message, deliveries: Deliveries) -> None:
        """Remember which requests for market data go on."""
        if isinstance(request, Cancellation):
            self._streams[client].pop(request.request_id, None)
        elif goes_on(request):
            request_id = request.request_id
            self._dead.discard((client, request_id))
            if not _refuses(client, request_id, deliveries):
                self._streams[client][request_id] = request

    def _is_cancelled_dead(self, client: Client, request: Message) -> bool:
        """Whether a request cancels something that the client was told is dead: nothing is said to that."""
        if not isinstance(request, Cancellation) or (client, request.request_id) not in self._dead:
            return False
        self._dead.discard((client, request.request_id))
        return True


def _refuses(client: Client, request_id: int, deliveries: Deliveries) -> bool:
    return any(
        isinstance(reply, Notice) and reply.request_id == request_id and CODES.facts(reply.code).ends_request
        for heard_by, replies in deliveries
        if heard_by is client
        for reply in replies
    )
