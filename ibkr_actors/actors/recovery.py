"""What a journal tells a desk that starts again: which orders work still, whose they are, what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import msgspec
from loguru import logger
from msgspec import Struct

from ibkr_actors.actors.actor import NOBODY
from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.messages import Origin
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_tracking import ENDED, SENT, UNKNOWN
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.errors import DeskError

Part = TypeVar("Part")


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


class _Told(Struct):
    """Of an execution all that its order's end depends on."""

    execution_id: str


class _Line(Struct):
    """Of a line of the journal what tells whether its order concerns anybody; most don't, and are read no further."""

    order_id: int
    event: str = ""
    code: str = ""
    client_id: int | None = None
    origin: Origin | None = None
    changes: bool = False
    status: str = ""
    reason: str = ""
    what: str = ""
    execution: _Told | None = None
    slot: int = 0
    orders_at_death: str = ""


class _Values(Struct):
    """The values of an order, as it was placed or as the bridge holds it."""

    order: Order


class _Placed(Struct):
    """What is placed once and for all."""

    contract: Contract
    exercise: ExerciseOptionsRequest | None = None


class _Fill(Struct):
    """An execution, whole."""

    execution: Execution


@dataclass(slots=True)
class _History:
    """What the journal says of one order, and where in it the rest stands."""

    placed: _Line
    placed_at: int
    values_at: int
    status: str = ""
    reason: str = ""
    executions: dict[str, int] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    @property
    def concerns_nobody(self) -> bool:
        """It has ended, and its owner knows all of it: one in the desk's own process does always.

        An unknown order has not ended for certain.
        """
        if self.status not in ENDED or self.status == UNKNOWN:
            return False
        return self.placed.origin is None or self.told >= {self.status, *self.executions}


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
    an order of the same id is another one. What has ended takes little memory, so that a journal may be long.

    Raises DeskError when the file can't be read.
    """
    if path is None or not path.is_file():
        return Recovered()
    try:
        with path.open("rb") as file:
            return _Reading(path, file, client_id).found()
    except OSError as error:
        raise DeskError(f"the journal {path} can't be read: {error}") from error


class _Reading:
    """Reads a journal through, then again where it tells of orders that concern somebody."""

    def __init__(self, path: Path, file: BinaryIO, client_id: int) -> None:
        self._path, self._file, self._client_id = path, file, client_id
        self._found = Recovered()
        self._histories: dict[int, _History] = {}

    def found(self) -> Recovered:
        """All that is known from it."""
        for place, line in self._lines():
            self._note(place, line)
        for order_id, history in self._histories.items():
            if history.concerns_nobody or self._is_of_another_client(order_id, history):
                continue
            if (order := self._order(order_id, history)) is not None:
                self._found.orders.append(order)
        return self._found

    def _lines(self) -> Iterator[tuple[int, _Line]]:
        """Those that can be read, and where each begins."""
        end = 0
        for number, text in enumerate(self._file, start=1):
            place, end = end, end + len(text)
            try:
                line = _LINE.decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError):
                # A line cut short by a crash must not keep the desk from starting; the lines around it count.
                logger.warning("line {} of the journal {} can't be read", number, self._path)
                continue
            yield place, line

    def _note(self, place: int, line: _Line) -> None:
        self._found.highest_order_id = max(self._found.highest_order_id, line.order_id)
        if line.event == "actor":
            self._found.actors[line.code] = KnownActor(line.slot, line.orders_at_death)
        elif line.event == "place":
            self._note_placing(place, line)
        elif (history := self._histories.get(line.order_id)) is not None:
            _note(history, place, line)

    def _note_placing(self, place: int, line: _Line) -> None:
        known = self._histories.get(line.order_id)
        if line.origin is not None:
            self._found.origins[line.origin] = line.order_id
        if known is None:
            self._histories[line.order_id] = _History(line, place, place)
        elif not line.changes:
            # A change in a journal of before, which had no record of those that the bridge took ("terms").
            line.origin = known.placed.origin
            known.placed, known.placed_at, known.values_at = line, place, place

    def _is_of_another_client(self, order_id: int, history: _History) -> bool:
        placed_by = history.placed.client_id
        if placed_by is None or placed_by == self._client_id:
            return False
        logger.error(
            "order {} of the journal was placed under client id {}, and this desk has {}: it is left alone, whether it "
            "works or not; start with client id {} to look after it", order_id, placed_by, self._client_id, placed_by
        )  # fmt: skip
        return True

    def _order(self, order_id: int, history: _History) -> OwnedOrder | None:
        try:
            placed = self._read(history.placed_at, _PLACED)
            order = self._read(history.values_at, _VALUES).order
            fills = [self._read(place, _FILL).execution for place in history.executions.values()]
        except msgspec.DecodeError as error:
            logger.error("order {} of the journal can't be read, and is left alone: {}", order_id, error)
            return None
        owned = OwnedOrder(
            order_id,
            PlaceOrderRequest(order_id, placed.contract, order),
            0.0,
            status=history.status or SENT,
            remaining=order.total_quantity,
            code=history.placed.code,
            mail=NOBODY,
            heard=True,
            reason=history.reason,
            opening=placed.exercise,
            origin=history.placed.origin,
            told=history.told,
        )
        _count(fills, owned)
        return owned

    def _read(self, place: int, decoder: msgspec.json.Decoder[Part]) -> Part:
        self._file.seek(place)
        return decoder.decode(self._file.readline())


def _note(history: _History, place: int, line: _Line) -> None:
    match line.event:
        case "status":
            history.status, history.reason = line.status, line.reason
        case "terms":
            history.values_at = place
        case "execution" if line.execution is not None:
            history.executions[line.execution.execution_id] = place
        case "told":
            history.told.add(line.what)


def _count(fills: Iterable[Execution], order: OwnedOrder) -> None:
    """How much is filled, as far as that was recorded. The executions themselves the bridge is asked for.

    Of a combination fills of its legs are recorded too, which don't count in sets: its status tells.
    """
    if order.request.contract.security_type == SecurityType.BAG:
        return
    for fill in fills:
        order.count(fill)
    if order.remaining is not None:
        order.remaining = max(Decimal(0), order.remaining - order.filled)


_LINE: Final = msgspec.json.Decoder(_Line, strict=False)
_PLACED: Final = msgspec.json.Decoder(_Placed, strict=False)
_VALUES: Final = msgspec.json.Decoder(_Values, strict=False)
_FILL: Final = msgspec.json.Decoder(_Fill, strict=False)
