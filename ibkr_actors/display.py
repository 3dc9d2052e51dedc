"""What people see of a running desk: a live picture in a terminal, lines elsewhere, and the summary at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Self

from loguru import logger
from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.performance import Amounts, Performance
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.desk_status import DeskStatus
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.remote_application import RemoteApplication

LINE_EVERY: Final = 5.0
"""Seconds between two lines about the desk where there is no terminal."""
MOST_ORDERS: Final = 12
LEAST_ORDERS: Final = 3
"""Orders in the picture, in a high terminal and in a low one."""

LINE_FORMAT: Final = "<green>{time:HH:mm:ss.SSS}</green> <level>{level: <7}</level> {message}"
_LEVELS: Final[dict[str | None, str | int | bool]] = {"ibkr_actors.simulated_gateway": "WARNING"}
"""The embedded gateway's everyday news is not the desk's."""


def log_to(console: Console | None, level: str, file: str) -> None:
    """Send the log to the console of a live picture, or to standard error; and to a file when one is named.

    Tracebacks show no values: account codes are among them. Raises OSError when the file can't be written.
    """
    logger.remove()
    wanted: dict[str, Any] = {
        "level": level,
        "format": LINE_FORMAT,
        "filter": _LEVELS,
        "backtrace": False,
        "diagnose": False,
    }
    if console is None:
        logger.add(sys.stderr, **wanted)
    else:
        logger.add(
            lambda line: console.print(Text.from_ansi(line.rstrip("\n")), soft_wrap=True),
            colorize=True,
            **wanted,
        )
    if file:
        logger.add(file, rotation="50 MB", **wanted)


class TradeLog:
    """Writes the first connection, orders, fills and commissions of a desk into the log, as they happen.

    Keeps its receivers alive as long as it lives: signals hold them weakly.
    """

    def __init__(self, desk: MultiClientApplication | RemoteApplication) -> None:
        desk.signals.connection_changed.connect(self._connection_changed)
        desk.signals.order_changed.connect(self._order_changed)
        desk.signals.execution.connect(self._execution)
        desk.signals.commission.connect(self._commission)
        desk.signals.strategy_started.connect(self._strategy_started)
        desk.signals.strategy_stopped.connect(self._strategy_stopped)

    def _connection_changed(self, _sender: object, change: ConnectionChanged) -> None:
        if change.state is ConnectionState.CONNECTED and change.epoch == 1:
            logger.info("connected to the bridge, server version {}", change.server_version)

    def _order_changed(self, _sender: object, code: str, change: OrderChanged) -> None:
        total = f" of {change.filled + change.remaining}" if change.remaining is not None else ""
        reason = f" ({change.reason})" if change.reason else ""
        progress = f"{change.status}, {change.filled}{total} filled{reason}"
        # The execution has said it already, with the price.
        level = "DEBUG" if change.status == Status.FILLED else "INFO"
        logger.log(level, "{}: order {} {}", code, change.order_id, progress)

    def _execution(self, _sender: object, code: str, details: ExecutionDetails) -> None:
        execution, symbol = details.execution, details.contract.symbol
        side = "bought" if execution.side == "BOT" else "sold"
        price = _price(execution.price)
        logger.info(
            "{}: order {} {} {} {} at {}", code, execution.order_id, side, execution.shares, symbol, price
        )

    def _commission(self, _sender: object, code: str, report: CommissionAndFeesReport) -> None:
        logger.debug("{}: commission {} {}", code, _money(report.commission_and_fees), report.currency)

    def _strategy_started(self, _sender: object, code: str, attempt: int) -> None:
        logger.info("{}: started{}", code, f" again (start {attempt})" if attempt > 1 else "")

    def _strategy_stopped(self, _sender: object, code: str) -> None:
        logger.info("{}: stopped", code)


class Viewer:
    """Shows a desk as long as its context lasts: a picture on a terminal's console, else a log line now and then.

    The picture goes at the end, for the summary takes its place.
    """

    def __init__(self, console: Console | None) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True) if console else None
        self._seconds = 0.0
        self._messages = 0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, status: DeskStatus) -> None:
        """How the desk stands now; call it often."""
        if self._live is not None and self._console is not None:
            self._live.update(picture(status, self._rate(status), self._console.height), refresh=True)
        elif status.seconds - self._seconds >= LINE_EVERY:
            logger.info(status_line(status, self._rate(status)))

    def _rate(self, status: DeskStatus) -> float:
        """Messages per second since the last look."""
        passed = status.seconds - self._seconds
        arrived = status.messages - self._messages
        self._seconds, self._messages = status.seconds, status.messages
        return arrived / passed if passed > 0 else 0.0


def status_line(status: DeskStatus, rate: float) -> str:
    """One line for a log: how the desk stands."""
    holdings = ", ".join(
        f"{_name(position.contract)} {position.position}" for position in status.accounts.positions.values()
    )
    working = sum(not order.ended for order in status.orders)
    prices = ", ".join(f"{_name(contract)} {_price(price)}" for contract, price in status.watched)
    staff = ", ".join(f"{strategy.code} {strategy.state}" for strategy in status.staff)
    state = ", ".join(
        filter(None, (status.connection.value, _farms_out_of_reach(status), _misunderstood(status)))
    )
    return (
        f"{state}, {rate:.0f} messages/s; {_count(len(status.orders), 'order')} ({working} working), "
        f"{_count(_fills(status), 'fill')}, net {_net(status)}; positions: {holdings or 'none'}; "
        f"prices: {prices or 'none'}; strategies: {staff or 'none'}"
    )


def picture(status: DeskStatus, rate: float, height: int) -> RenderableType:
    """The live picture: connection, strategies, positions, and as many recent orders as the terminal has room for."""
    taken = 15 + _rows_of_strategies(status) + len(status.accounts.positions)
    room = max(LEAST_ORDERS, min(MOST_ORDERS, height - taken))
    return Group(
        Rule("ibkr_actors"),
        _headline(status, rate),
        "",
        _strategies(status),
        "",
        _positions(status),
        "",
        _orders(status.orders[-room:]),
    )


def print_summary(console: Console, status: DeskStatus) -> None:
    """The end: what each strategy did and earned, and how much the desk heard."""
    console.print(_strategies(status))
    for strategy in status.staff:
        if strategy.last_error:
            console.print(f"{strategy.code} failed: {strategy.last_error}", markup=False, soft_wrap=True)
    console.print("", _positions(status), "", sep="\n")
    console.print(
        f"{_count(len(status.orders), 'order')}, {_count(_fills(status), 'fill')}, net {_net(status)} in "
        f"{status.seconds:.1f} s; {_count(status.messages, 'message')} from the bridge, "
        f"{status.messages / max(status.seconds, 0.001):.0f} a second",
        highlight=False,
    )
    if misunderstood := _misunderstood(status):
        console.print(misunderstood, markup=False, highlight=False, soft_wrap=True)


# ------------------------------------------------------------------------------------------------------------ the parts

_TABLE: Final[dict[str, Any]] = {
    "box": box.SIMPLE_HEAD,
    "show_edge": False,
    "pad_edge": False,
    "title_justify": "left",
}
_COUNTS: Final = ("id", "orders", "fills", "position", "filled")
_EARNED: Final = ("commission", "realised", "unrealised", "net")
_NUMBERS: Final = frozenset((*_COUNTS, *_EARNED, "average cost", "price", "average"))
"""Columns whose cells stand at the right."""


def _table(
    title: str, columns: Iterable[str], rows: Sequence[tuple[object, ...]], padding: int = 1
) -> RenderableType:
    """A table, or a line when there is nothing in it. What does not fit is folded, never cut."""
    if not rows:
        return Text(f"{title}: none", style="italic")
    table = Table(title=title, padding=(0, padding, 0, 0), **_TABLE)
    for column in columns:
        table.add_column(column, justify="right" if column in _NUMBERS else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table


def _headline(status: DeskStatus, rate: float) -> Text:
    parts = [f"{status.connection.value} (version {status.server_version})", f"{rate:.0f} messages/s"]
    profit = status.accounts.profit_and_loss
    if profit is not None:
        parts += [f"today {_money(profit.daily)}", f"unrealised {_money(profit.unrealized)}"]
    if status.reason:
        parts.append(status.reason)
    if out_of_reach := _farms_out_of_reach(status):
        parts.append(out_of_reach)
    if misunderstood := _misunderstood(status):
        parts.append(misunderstood)
    return Text(", ".join(parts), style="bold")


def _farms_out_of_reach(status: DeskStatus) -> str:
    """The farms that give no data now, as `usfarm broken`; empty when all is well."""
    return ", ".join(f"{farm.name} {farm.condition}" for farm in status.farms if not farm.is_usable)


def _misunderstood(status: DeskStatus) -> str:
    """What the bridge sent and nobody could read, as `not understood: unknown ids 199 (2)`; empty when all is well."""
    words = status.statistics.in_words()
    return f"not understood: {words}" if words else ""


def _strategies(status: DeskStatus) -> RenderableType:
    rows: list[tuple[object, ...]] = []
    for strategy in status.staff:
        account = status.performance.get(strategy.code, Performance())
        head: tuple[object, ...] = (strategy.code, strategy.state, account.orders, account.fills)
        for currency, amounts in (account.amounts or {"": Amounts()}).items():
            rows.append((*head, *_amounts(amounts), currency))
            head = ("",) * len(head)
    columns = ("strategy", "state", "orders", "fills", *_EARNED, "")
    return _table("Strategies", columns, rows, padding=0)  # for 80 columns


def _rows_of_strategies(status: DeskStatus) -> int:
    currencies = (status.performance.get(strategy.code, Performance()).amounts for strategy in status.staff)
    return sum(max(1, len(of_one)) for of_one in currencies)


def _amounts(amounts: Amounts) -> list[str]:
    return [_money(getattr(amounts, name)) for name in ("commission", "realized", "unrealized", "net")]


def _positions(status: DeskStatus) -> RenderableType:
    rows = []
    for key, position in status.accounts.positions.items():
        value = status.accounts.portfolio.get(key)
        price = _price(value.market_price if value else None)
        rows.append((_name(position.contract), position.position, _price(position.average_cost), price))
    return _table("Positions", ("contract", "position", "average cost", "price"), rows)


def _orders(orders: list[OwnedOrder]) -> RenderableType:
    rows = [
        (
            order.order_id,
            order.code,
            f"{order.request.order.action} {order.request.order.total_quantity} {_name(order.request.contract)}",
            _type_and_price(order),
            order.status,
            order.filled,
            _price(order.average_price),
        )
        for order in orders
    ]
    return _table("Orders", ("id", "strategy", "order", "type", "status", "filled", "average"), rows)


def _type_and_price(order: OwnedOrder) -> str:
    wanted = order.request.order
    price = wanted.limit_price if wanted.limit_price is not None else wanted.auxiliary_price
    return wanted.order_type if price is None else f"{wanted.order_type} {_price(price)}"


def _name(contract: Contract) -> str:
    return contract.local_symbol or contract.symbol or f"contract {contract.contract_id}"


def _net(status: DeskStatus) -> str:
    """Of all strategies, in each currency: "12.30 USD, -450.00 JPY"."""
    nets = (f"{_money(amounts.net)} {currency}".rstrip() for currency, amounts in status.totals.items())
    return ", ".join(nets) or _money(0.0)


def _fills(status: DeskStatus) -> int:
    return sum(len(order.executions) for order in status.orders)


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def _money(amount: float | None) -> str:
    """Two places; nothing is never minus nothing."""
    return "-" if amount is None else f"{round(amount, 2) + 0.0:,.2f}"


def _price(price: float | None) -> str:
    """At least two places, and up to six where the price has them."""
    if price is None:
        return "-"
    whole, _, places = f"{price:,.6f}".partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"
