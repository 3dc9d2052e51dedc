"""What the programs of other people's clients print: one sighting a line, in JSON, told apart by `saw`.

The programs import nothing of the project; that each line is one of these, complete, is checked where it is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import Struct


class Sighting(Struct, frozen=True, tag_field="saw", forbid_unknown_fields=True):
    """One line."""


class Connected(Sighting, frozen=True, tag="connected"):
    """The welcome is complete."""

    client: int
    server_version: int
    accounts: list[str]


class Notice(Sighting, frozen=True, tag="notice"):
    """An error or a notice came."""

    client: int
    number: int
    """The request's or the order's; -1 for the connection."""
    code: int
    text: str


class Log(Sighting, frozen=True, tag="log"):
    """The client logged a warning or worse."""

    level: str
    logger: str
    text: str


class ContractFound(Struct, frozen=True, forbid_unknown_fields=True):
    """What the details of a contract say."""

    contract_id: int
    symbol: str
    security_type: str
    exchange: str
    primary_exchange: str
    currency: str
    local_symbol: str
    trading_class: str
    multiplier: str | float
    expiry: str
    strike: float
    right: str
    long_name: str
    minimum_tick: float
    stock_type: str
    contract_month: str


class Details(Sighting, frozen=True, tag="details"):
    """The answer to a request for the details of contracts."""

    asked: str
    found: list[ContractFound]


class Refused(Sighting, frozen=True, tag="refused"):
    """A request was answered with an error."""

    asked: str
    code: int
    text: str


class Chain(Struct, frozen=True, forbid_unknown_fields=True):
    """The options on a stock that one exchange lists."""

    exchange: str
    underlying: int
    trading_class: str
    multiplier: str | float
    expirations: list[str]
    strikes: list[float]


class Chains(Sighting, frozen=True, tag="chains"):
    """The option chains of a stock."""

    asked: str
    chains: list[Chain]


class Quote(Sighting, frozen=True, tag="quote"):
    """One quote, complete."""

    asked: str
    contract_id: int
    bid: float
    ask: float
    last: float
    close: float


class Prices(Sighting, frozen=True, tag="prices"):
    """What a stream has brought so far, in order."""

    asked: str
    bids: list[float]
    asks: list[float]


class Bars(Sighting, frozen=True, tag="bars"):
    """The bars of some time: date, open, high, low, close, volume, count."""

    asked: str
    contract_id: int
    bars: list[tuple[str, float, float, float, float, Decimal, int]]


class Placed(Sighting, frozen=True, tag="placed"):
    """What an order was for."""

    label: str
    client: int
    order: int


class Limits(Sighting, frozen=True, tag="limits"):
    """The limits of the order that rested."""

    placed: float
    changed: float


class OrderStatus(Sighting, frozen=True, tag="order_status"):
    """The status of an order, as it came."""

    client: int
    order: int
    status: str
    filled: Decimal
    remaining: Decimal
    average_price: Decimal


class ExecutionRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of a list of executions."""

    client: int
    order: int
    id: str
    side: str
    quantity: Decimal
    price: Decimal


class Execution(Sighting, frozen=True, tag="execution"):
    """An execution, as it happened."""

    told: int
    """The client that was told."""
    client: int
    order: int
    id: str
    side: str
    quantity: Decimal
    price: Decimal

    @property
    def row(self) -> ExecutionRow:
        """The same, as a list has it."""
        return ExecutionRow(self.client, self.order, self.id, self.side, self.quantity, self.price)


class Executions(Sighting, frozen=True, tag="executions"):
    """The list of executions."""

    client: int
    executions: list[ExecutionRow]


class Commission(Sighting, frozen=True, tag="commission"):
    """What an execution cost, as it came."""

    told: int
    execution: str
    commission: Decimal
    currency: str


class OpenOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """A live order in a list."""

    client: int
    order: int
    limit: float
    quantity: Decimal
    status: str


class OpenOrders(Sighting, frozen=True, tag="open_orders"):
    """The list of live orders of all clients."""

    moment: str
    client: int
    orders: list[OpenOrder]


class Traded(Sighting, frozen=True, tag="traded"):
    """What the trade between two looks at the account was."""

    label: str
    contract_id: int
    quantity: int


class Account(Sighting, frozen=True, tag="account"):
    """One download of an account."""

    moment: str
    values: list[tuple[str, str, str]]
    """Name, currency, value."""
    portfolio: dict[int, Decimal]
    """Market values by contract id."""

    def text(self, name: str, currency: str = "USD") -> str:
        """One value. Raises KeyError."""
        return {(key, unit): value for key, unit, value in self.values}[name, currency]

    def money(self, name: str) -> Decimal:
        """An amount in US dollars."""
        return Decimal(self.text(name))


class Holding(Struct, frozen=True, array_like=True):
    """A position, and what one unit of it cost."""

    quantity: Decimal
    average_cost: Decimal

    @property
    def cost(self) -> Decimal:
        """What the whole position cost."""
        return self.quantity * self.average_cost


class Holdings(Sighting, frozen=True, tag="holdings"):
    """The positions, by contract id."""

    moment: str
    held: dict[int, Holding]

    def of(self, contract_id: int) -> Holding:
        """One of them; nothing where there is none."""
        return self.held.get(contract_id, Holding(Decimal(0), Decimal(0)))


class SummaryRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One value of an account's summary."""

    account: str
    tag: str
    value: str
    currency: str


class Summary(Sighting, frozen=True, tag="summary"):
    """The summary of all accounts."""

    tags: str
    rows: list[SummaryRow]


class Profit(Sighting, frozen=True, tag="profit"):
    """Profit and loss of one position."""

    contract_id: int
    position: Decimal
    value: Decimal
    unrealized: Decimal


class Scan(Sighting, frozen=True, tag="scan"):
    """What a scan found, by rank."""

    code: str
    symbols: list[str]


class Answer(Sighting, frozen=True, tag="answer"):
    """The answer to a question beyond the everyday, as rows of plain values."""

    asked: str
    rows: list[tuple[str | int | float, ...]]


class End(Sighting, frozen=True, tag="end"):
    """The program came to its end."""


S = TypeVar("S", bound=Sighting)
ANY_SIGHTING: Any = msgspec.json.Decoder(
    Connected | Notice | Log | Details | Refused | Chains | Quote | Prices | Bars | Placed | Limits | OrderStatus
    | Execution | Executions | Commission | OpenOrders | Traded | Account | Holdings | Summary | Profit | Scan
    | Answer | End
)  # fmt: skip


class Transcript:
    """All that a client saw on its day, in order. Asking for what is not there raises AssertionError that says so."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.sightings: list[Sighting] = [_read(line) for line in lines]

    def all(self, kind: type[S], **fields: object) -> list[S]:
        """The sightings of a kind with these values, in order."""
        return [
            one
            for one in self.sightings
            if isinstance(one, kind) and all(getattr(one, name) == value for name, value in fields.items())
        ]

    def the(self, kind: type[S], **fields: object) -> S:
        """The only such sighting."""
        found = self.all(kind, **fields)
        assert len(found) == 1, f"{len(found)} lines of {kind.__name__} with {fields}"
        return found[0]

    def order(self, label: str) -> OrderStory:
        """What was told of one order."""
        placed = self.the(Placed, label=label)
        return OrderStory(self, placed.client, placed.order)


def _read(line: str) -> Sighting:
    try:
        return ANY_SIGHTING.decode(line)  # type: ignore[no-any-return]
    except msgspec.MsgspecError as error:
        raise AssertionError(f"a program printed {line!r}: {error}") from None


class OrderStory:
    """What the client that placed an order was told of it."""

    def __init__(self, transcript: Transcript, client: int, number: int) -> None:
        self.client, self.number = client, number
        self.told = transcript.all(OrderStatus, client=client, order=number)
        """Every status, repetitions included."""
        self.fills = transcript.all(Execution, told=client, client=client, order=number)
        self.commissions = [
            cost
            for cost in transcript.all(Commission, told=client)
            if cost.execution in {fill.id for fill in self.fills}
        ]
        self.codes = [notice.code for notice in transcript.all(Notice, client=client, number=number)]

    @property
    def statuses(self) -> list[str]:
        """In order, repetitions left out."""
        every = [one.status for one in self.told]
        return [status for place, status in enumerate(every) if status not in every[place - 1 : place]]

    @property
    def value(self) -> Decimal:
        """Quantity times price of all fills."""
        return sum((fill.quantity * fill.price for fill in self.fills), Decimal(0))

    @property
    def commission(self) -> Decimal:
        """Of all fills."""
        return sum((cost.commission for cost in self.commissions), Decimal(0))
