"""What a journal tells a desk that starts again: which orders work still, whose they are, what was answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
from loguru import logger

from ibkr_actors.actors.actor import NOBODY
from ibkr_actors.actors.messages import Origin
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_tracking import ENDED
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.errors import DeskError


@dataclass(frozen=True, slots=True)
class KnownActor:
    """An actor of another process that the desk has had."""

    slot: int
    orders_at_death: str


@dataclass(slots=True)
class Recovered:
    """What is known from earlier lives of the desk."""

    orders: list[OwnedOrder] = field(default_factory=list)
    """Orders that have not ended, or whose owner in another process was perhaps not told of all that happened."""
    origins: dict[Origin, int] = field(default_factory=dict)
    """The order ids of requests from other processes."""
    actors: dict[str, KnownActor] = field(default_factory=dict)
    """By code."""
    highest_order_id: int = 0


@dataclass(slots=True)
class _History:
    """Everything that the journal says of one order."""

    placed: dict[str, Any]
    status: str = ""
    reason: str = ""
    executions: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)

    @property
    def concerns_nobody(self) -> bool:
        """It has ended, and its owner knows all of it: one in the desk's own process does always."""
        if self.status not in ENDED:
            return False
        return not self.placed.get("origin") or self.told >= {self.status, *self.executions}


def recover(path: Path | None) -> Recovered:
    """Read a journal. Lines that can't be read, such as one cut by a crash, are logged and left out.

    Raises DeskError when the file can't be read.
    """
    found, histories = Recovered(), dict[int, _History]()
    for event in _events(path) if path is not None and path.is_file() else ():
        order_id, kind = event["order_id"], event.get("event")
        found.highest_order_id = max(found.highest_order_id, order_id)
        if kind == "actor":
            found.actors[event["code"]] = KnownActor(event["slot"], event["orders_at_death"])
        elif kind == "place":
            _note_placing(found, histories, event)
        elif order_id in histories:
            _note(histories[order_id], event)
    for order_id, history in histories.items():
        if not history.concerns_nobody and (order := _order(order_id, history)) is not None:
            found.orders.append(order)
    return found


def _events(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise DeskError(f"the journal {path} can't be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        try:
            event = msgspec.json.decode(line)
            event["order_id"] = int(event["order_id"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            # A line cut short by a crash must not keep the desk from starting; the lines around it count.
            logger.warning("line {} of the journal {} can't be read", number, path)
            continue
        yield event


def _note_placing(found: Recovered, histories: dict[int, _History], event: dict[str, Any]) -> None:
    order_id, known = event["order_id"], histories.get(event["order_id"])
    if known is None:
        histories[order_id] = _History(event)
    else:  # a change, which leaves the order's origin what it was
        known.placed = {**event, "origin": known.placed.get("origin")}
    if event.get("origin"):
        found.origins[msgspec.convert(event["origin"], Origin)] = order_id


def _note(history: _History, event: dict[str, Any]) -> None:
    match event["event"]:
        case "status":
            history.status, history.reason = event.get("status", ""), event.get("reason", "")
        case "execution":
            history.executions.add(event["execution"]["execution_id"])
        case "told":
            history.told.add(event["what"])


_PARTS: Final = {"contract": Contract, "order": Order}


def _order(order_id: int, history: _History) -> OwnedOrder | None:
    try:
        contract = msgspec.convert(history.placed["contract"], Contract, strict=False)
        order = msgspec.convert(history.placed["order"], Order, strict=False)
        code = str(history.placed["code"])
    except (msgspec.ValidationError, KeyError) as error:
        logger.error("order {} of the journal can't be read, and is left alone: {}", order_id, error)
        return None
    owned = OwnedOrder(
        order_id,
        PlaceOrderRequest(order_id, contract, order),
        0.0,
        remaining=order.total_quantity,
        code=code,
        mail=NOBODY,
        heard=True,
        reason=history.reason,
    )
    owned.status = history.status or owned.status
    if history.placed.get("origin"):
        owned.origin = msgspec.convert(history.placed["origin"], Origin)
        owned.told = history.told
    return owned
