"""What people see of a running desk: a live picture in a terminal, lines elsewhere, and the summary at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from loguru import logger
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from ibkr_actors.actors.messages import OrderChanged
from ibkr_actors.actors.order_tracking import TrackedOrder
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.multiple_client_application import DeskStatus, MultiClientApplication

RECENT_ORDERS = 8
LINE_FORMAT = "<green>{time:HH:mm:ss.SSS}</green> <level>{level: <7}</level> {message}"


def log_to(console: Console | None, level: str, file: str) -> None:
    """Send the log to the console of a live picture, or to standard error; and to a file when one is named."""
    logger.remove()
    if console is not None:
        logger.add(
            lambda line: console.print(line, end="", markup=False, highlight=False),
            level=level,
            format=LINE_FORMAT,
        )
    else:
        logger.add(sys.stderr, level=level, format=LINE_FORMAT)
    if file:
        logger.add(file, level=level, rotation="50 MB")


class TradeLog:
    """Writes orders, fills and commissions of a desk into the log, as they happen.

    Keeps its receivers alive as long as it lives: signals hold them weakly.
    """

    def __init__(self, desk: MultiClientApplication) -> None:
        desk.signals.order_changed.connect(self._order_changed)
        desk.signals.execution.connect(self._execution)
        desk.signals.commission.connect(self._commission)
        desk.signals.strategy_started.connect(self._strategy_started)

    def _order_changed(self, _sender: object, code: str, change: OrderChanged) -> None:
        reason = f" ({change.reason})" if change.reason else ""
        logger.info(
            "{}: order {} {}, {} filled{}", code, change.order_id, change.status, change.filled, reason
        )

    def _execution(self, _sender: object, code: str, details: ExecutionDetails) -> None:
        execution, symbol = details.execution, details.contract.symbol
        side = "bought" if execution.side == "BOT" else "sold"
        logger.info("{}: {} {} {} at {}", code, side, execution.shares, symbol, execution.price)

    def _commission(self, _sender: object, code: str, report: CommissionAndFeesReport) -> None:
        logger.debug("{}: commission {} {}", code, report.commission_and_fees, report.currency)

    def _strategy_started(self, _sender: object, code: str, attempt: int) -> None:
        logger.info("{}: started{}", code, f" again, for the {attempt}. time" if attempt > 1 else "")


def status_line(status: DeskStatus, rate: float) -> str:
    """One line for a log: how the desk stands."""
    holdings = ", ".join(
        f"{position.contract.symbol} {position.position}" for position in status.accounts.positions.values()
    )
    working = sum(not order.ended for order in status.orders)
    fills = sum(len(order.executions) for order in status.orders)
    return (
        f"{status.connection.value}, {rate:.0f} messages/s, {len(status.orders)} orders ({working} working), "
        f"{fills} fills, positions: {holdings or 'none'}"
    )


def picture(status: DeskStatus, rate: float) -> RenderableType:
    """The live picture: connection, strategies, positions, recent orders."""
    state = f"{status.connection.value}, server version {status.server_version}, {rate:.0f} messages/s"
    if status.reason:
        state += f" ({status.reason})"
    profit = status.accounts.profit_and_loss
    if profit is not None:
        state += f"   profit and loss today {_money(profit.daily)}, unrealised {_money(profit.unrealized)}"
    return Panel(
        Group(state, _strategies(status), _positions(status), _orders(status.orders[-RECENT_ORDERS:])),
        title="ibkr_actors",
    )


def _money(amount: float | None) -> str:
    return "-" if amount is None else f"{amount:,.2f}"


def _table(title: str, columns: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> Table:
    table = Table(title=title, title_justify="left", expand=True)
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*map(str, row))
    return table


def _strategies(status: DeskStatus) -> Table:
    rows = []
    for strategy in status.strategies:
        account = status.performance.get(strategy.code)
        rows.append(
            (
                strategy.code,
                strategy.state,
                account.orders if account else 0,
                account.fills if account else 0,
                _money(account.commission if account else 0.0),
                _money(account.realized if account else 0.0),
                _money(account.unrealized if account else 0.0),
                _money(account.net if account else 0.0),
            )
        )
    columns = ("strategy", "state", "orders", "fills", "commission", "realised", "unrealised", "net")
    return _table("Strategies", columns, rows)


def _positions(status: DeskStatus) -> Table:
    rows = []
    for key, position in status.accounts.positions.items():
        value = status.accounts.portfolio.get(key)
        name = position.contract.local_symbol or position.contract.symbol
        price = _money(value.market_price) if value else "-"
        rows.append((name, position.position, f"{position.average_cost:.4f}", price))
    return _table("Positions", ("contract", "position", "average cost", "price"), rows)


def _orders(orders: list[TrackedOrder]) -> Table:
    rows = (
        (
            order.order_id,
            order.code,
            f"{order.request.order.action} {order.request.order.total_quantity} {order.request.contract.symbol}",
            _type_and_price(order),
            order.status,
            order.filled,
            _money(order.average_price),
        )
        for order in orders
    )
    return _table("Orders", ("id", "strategy", "order", "type", "status", "filled", "average"), rows)


def _type_and_price(order: TrackedOrder) -> str:
    wanted = order.request.order
    price = wanted.limit_price if wanted.limit_price is not None else wanted.auxiliary_price
    return wanted.order_type if price is None else f"{wanted.order_type} {price}"


def print_summary(console: Console, status: DeskStatus) -> None:
    """The end: what each strategy did and earned, and how much the desk heard."""
    console.print(_strategies(status))
    console.print(_positions(status))
    total = sum(account.net for account in status.performance.values())
    console.print(
        f"{len(status.orders)} orders, {sum(len(order.executions) for order in status.orders)} fills, "
        f"net profit and loss {_money(total)} in {status.seconds:.1f} s; {status.messages} messages from the bridge, "
        f"{status.messages / status.seconds:.0f} a second."
    )
