"""What a journal tells a desk that starts again: which orders work still, whose they are, what was answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
from loguru import logger

from ibkr_actors.actors.actor import NOBODY
from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.messages import Origin
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_tracking import ENDED, UNKNOWN
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.execution import Execution
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
    executions: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    @property
    def concerns_nobody(self) -> bool:
        """It has ended, and its owner knows all of it: one in the desk's own process does always.

        An unknown order has not ended for certain.
        """
        if self.status not in ENDED or self.status == UNKNOWN:
            return False
        return not self.placed.get("origin") or self.told >= {self.status, *self.executions}


def take_over(path: Path | None, client_id: int = 0, *, durable: bool = False) -> tuple[Journal, Recovered]:
    """Open a journal, and read what earlier lives of the desk have left in it: no other desk adds to it any more.

    Raises DeskError when the file can't be had or read.
    """
    journal = Journal(path, durable=durable)
    try:
        return journal, recover(path, client_id)
    except BaseException:
        journal.close()
        raise


def recover(path: Path | None, client_id: int = 0) -> Recovered:
    """Read a journal. Lines that can't be read, such as one cut by a crash, are logged and left out.

    So are orders that work and were placed under another client id: the bridge does not tell this client of them, and
    an order of the same id is another one.

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
        if history.concerns_nobody or _is_of_another_client(order_id, history, client_id):
            continue
        if (order := _order(order_id, history)) is not None:
            found.orders.append(order)
    return found


def _is_of_another_client(order_id: int, history: _History, client_id: int) -> bool:
    placed_by = history.placed.get("client_id", client_id)
    if placed_by != client_id:
        logger.error(
            "order {} of the journal was placed under client id {}, and this desk has {}: it is left alone, whether it "
            "works or not; start with client id {} to look after it", order_id, placed_by, client_id, placed_by
        )  # fmt: skip
    return bool(placed_by != client_id)


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
    elif not event.get("changes"):
        # A change in a journal of before, which had no record of those that the bridge took ("terms").
        known.placed = {**event, "origin": known.placed.get("origin")}
    if event.get("origin"):
        found.origins[msgspec.convert(event["origin"], Origin)] = order_id


def _note(history: _History, event: dict[str, Any]) -> None:
    match event["event"]:
        case "status":
            history.status, history.reason = event.get("status", ""), event.get("reason", "")
        case "terms":
            history.placed = {**history.placed, "order": event["order"]}
        case "execution":
            history.executions[event["execution"]["execution_id"]] = event["execution"]
        case "told":
            history.told.add(event["what"])


_PARTS: Final = {"contract": Contract, "order": Order}


def _order(order_id: int, history: _History) -> OwnedOrder | None:
    try:
        contract = msgspec.convert(history.placed["contract"], Contract, strict=False)
        order = msgspec.convert(history.placed["order"], Order, strict=False)
        code = str(history.placed["code"])
        exercise = msgspec.convert(
            history.placed.get("exercise"), ExerciseOptionsRequest | None, strict=False
        )
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
        opening=exercise,
    )
    owned.status = history.status or owned.status
    _count_fills(owned, history)
    if history.placed.get("origin"):
        owned.origin = msgspec.convert(history.placed["origin"], Origin)
        owned.told = history.told
    return owned


def _count_fills(order: OwnedOrder, history: _History) -> None:
    """How much is filled, as far as that was recorded. The executions themselves the bridge is asked for.

    Of a combination fills of its legs are recorded too, which don't count in sets: its status tells.
    """
    if order.request.contract.security_type == SecurityType.BAG:
        return
    for fill in history.executions.values():
        order.count(msgspec.convert(fill, Execution, strict=False))
    if order.remaining is not None:
        order.remaining = max(Decimal(0), order.remaining - order.filled)
