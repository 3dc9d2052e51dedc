"""The faults that a simulated gateway knows: one declaration each."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway.faults import disturbances, outages
from ibkr_actors.simulated_gateway.faults.declaration import (
    Fault,
    OneClient,
    Planned,
    Seconds,
    SecondsOrEver,
    Times,
    made,
    parsed,
)
from ibkr_actors.simulated_gateway.faults.effect import EVERY_CLIENT, Layer
from ibkr_actors.simulated_gateway.faults.garbage import GARBAGE, garbage
from ibkr_actors.simulated_gateway.faults.when import parse_when
from ibkr_actors.simulated_gateway.replies.farms import FARMS, ON_DEMAND

_ONE_OF: Final = "^({})$"


def _until(now: float, seconds: float) -> float:
    """The end of what lasts so long, 0 being for good."""
    return now + seconds if seconds else inf


class DataLost(Fault, frozen=True):
    """1100, the farms break and market data stop; then the farms are back and 1101: every request for market data is
    dead, and has to be made again. What else happened meanwhile, fills among it, is told at the end; requests wait.
    """

    is_for_who_is_there = True
    seconds: Seconds = 5.0

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(outages.Outage(now + self.seconds, loses_data=True))


class DataMaintained(Fault, frozen=True):
    """As `data-lost`, but 1102 at the end: the requests live, and their data go on with the newest values."""

    is_for_who_is_there = True
    seconds: Seconds = 5.0

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(outages.Outage(now + self.seconds, loses_data=False))


class NightlyReset(Fault, frozen=True):
    """The servers' reset, every night about 23:45 in New York: as `data-maintained` or `data-lost`, for minutes."""

    is_for_who_is_there = True
    seconds: Seconds = 120.0
    data: Annotated[
        Literal["maintained", "lost"], Meta(description="What became of the requests for market data.")
    ] = "maintained"

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(outages.Outage(now + self.seconds, loses_data=self.data == "lost"))


class FarmFlap(Fault, frozen=True):
    """One farm breaks and comes back. Of a market data farm the ticks stop; `ushmds` refuses requests for history
    (162); `secdefnj` lets requests for definitions wait.
    """

    is_for_who_is_there = True
    seconds: Seconds = 5.0
    farm: Annotated[
        str, Meta(pattern=_ONE_OF.format("|".join(FARMS)), description=f"Which farm: {', '.join(FARMS)}.")
    ] = "usfarm"

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(outages.FarmOutage(now + self.seconds, self.farm))


class FarmIdle(Fault, frozen=True):
    """One farm is not connected, for nobody has needed it: 2108, of history 2107. The first request that needs it
    wakes it and is served: 2119 and 2104 of market data, 2106 of history.
    """

    farm: Annotated[
        str,
        Meta(pattern=_ONE_OF.format("|".join(ON_DEMAND)), description=f"Which farm: {', '.join(ON_DEMAND)}."),
    ] = "usfarm"

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(outages.IdleFarm(self.farm))


class CompetingSession(Fault, frozen=True):
    """The same user logs in elsewhere: 10197 for each request for market data, and no data until that session ends."""

    is_for_who_is_there = True
    seconds: Seconds = 5.0

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(outages.CompetingSession(now + self.seconds))


class SocketDrop(Fault, frozen=True):
    """Connections are closed without a word, as when the gateway restarts itself. Orders go on working."""

    is_for_who_is_there = True
    client: OneClient = EVERY_CLIENT
    down: Annotated[float, Meta(ge=0, description="Seconds for which nobody is let in again.")] = 0.0

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        for client in layer.clients(self.client):
            layer.drop(client, "the fault socket-drop")
        if self.down:
            layer.refuse_connections(now + self.down)


class HalfOpen(Fault, frozen=True):
    """Connections stay open, and nothing travels on them any more, in either direction. New ones are served."""

    is_for_who_is_there = True
    client: OneClient = EVERY_CLIENT
    seconds: SecondsOrEver = 0.0

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        if clients := layer.clients(self.client):
            layer.add(outages.HalfOpen(clients, _until(now, self.seconds)))


class Slow(Fault, frozen=True):
    """Everything that a client is told comes later."""

    delay: Annotated[float, Meta(gt=0, description="Seconds by which it is late.")] = 1.0
    client: OneClient = EVERY_CLIENT
    seconds: SecondsOrEver = 0.0

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(disturbances.Slow(self.delay, self.client, _until(now, self.seconds)))


class ClientIdBusy(Fault, frozen=True):
    """Who connects with a client id is told that it is in use (326), though nobody uses it: the gateway has not noticed
    yet that the connection before is gone.
    """

    client: OneClient = EVERY_CLIENT
    times: Times = 1

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(disturbances.ClientIdBusy(self.client, self.times))


class LostAck(Fault, frozen=True):
    """An order is accepted, and the reply to it never comes, immediate fills included. What happens to the order later
    is told, and it is among the open orders.
    """

    times: Times = 1

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(disturbances.LostAcknowledgement(self.times))


class DuplicateCallbacks(Fault, frozen=True):
    """Everything about orders and executions is said several times."""

    times: Annotated[int, Meta(ge=2, description="How often each is said.")] = 2
    seconds: SecondsOrEver = 0.0

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(disturbances.Duplicates(self.times, _until(now, self.seconds)))


class ReorderedCallbacks(Fault, frozen=True):
    """What is said about orders and executions at one moment comes in another order, by the gateway's seed; a
    commission still behind its execution.
    """

    seconds: SecondsOrEver = 0.0

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(disturbances.AnotherOrder(layer.random, _until(now, self.seconds)))


class Pacing(Fault, frozen=True):
    """The next request is refused for coming too soon, however slow the client is: 100 to any request, and the
    connection ends; 162 to one for bars; 420 to one for real-time bars.
    """

    code: Annotated[Literal[100, 162, 420], Meta(description="With which code.")] = 162
    times: Times = 1

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(disturbances.RefusedForPacing(self.code, self.times))


class OrderIdRollback(Fault, frozen=True):
    """The next valid order id is told as one that has been used; an order with such an id is refused (103)."""

    to: Annotated[int, Meta(ge=0, description="The id that is told.")] = 1
    times: Times = 1

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(disturbances.OlderOrderId(self.to, self.times))


class GarbageFrame(Fault, frozen=True):
    """A frame that nobody can use, amid the others: a message nobody knows, one that breaks off, noise, or a length
    that can't be.
    """

    is_for_who_is_there = True
    kind: Annotated[
        str,
        Meta(
            pattern=_ONE_OF.format("|".join(GARBAGE)),
            description=f"What is wrong with it: {', '.join(GARBAGE)}.",
        ),
    ] = "unknown"
    times: Times = 1
    client: OneClient = EVERY_CLIENT

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        for client in layer.clients(self.client):
            layer.tell(client, [garbage(self.kind, client.server_version, layer.random)] * self.times)


class SplitFrames(Fault, frozen=True):
    """Whatever is sent breaks off amid a frame; the rest comes with what follows, or a moment later."""

    size: Annotated[int, Meta(ge=1, description="How many bytes stay behind.")] = 3
    client: OneClient = EVERY_CLIENT
    seconds: SecondsOrEver = 0.0

    def begin(self, layer: Layer, now: float) -> None:
        """See `Fault`."""
        layer.add(disturbances.Torn(self.size, self.client, _until(now, self.seconds)))


FAULTS: Final[dict[str, type[Fault]]] = {
    fault.name: fault
    for fault in (
        NightlyReset,
        DataLost,
        DataMaintained,
        FarmFlap,
        FarmIdle,
        CompetingSession,
        SocketDrop,
        HalfOpen,
        ClientIdBusy,
        Slow,
        SplitFrames,
        GarbageFrame,
        LostAck,
        DuplicateCallbacks,
        ReorderedCallbacks,
        OrderIdRollback,
        Pacing,
    )
}
"""Every fault, by its name."""


def fault_named(name: str, **parameters: Any) -> Fault:
    """A fault. Raises ConfigurationError for an unknown name or parameter, and for a value that does not fit."""
    return made(FAULTS, name, parameters)


def parse_fault(text: str) -> Planned:
    """A fault as the command line and a configuration write it: `NAME[:key=value,...][@when]`.

    Raises ConfigurationError.
    """
    return parsed(FAULTS, text)


def planned_faults(faults: Iterable[str], nightly_reset: str | None = None) -> list[Planned]:
    """The faults of a gateway's options, its nightly reset among them. Raises ConfigurationError."""
    planned = [parse_fault(text) for text in faults]
    if nightly_reset is not None:
        try:
            when = parse_when(nightly_reset)
        except ValueError as error:
            raise ConfigurationError(f"nightly reset: {error}") from None
        if when.daily is None:
            raise ConfigurationError(
                f"nightly reset {nightly_reset!r}: expected a time of day in New York, such as 23:45"
            )
        planned.append(Planned(NightlyReset(), when))
    return planned
