"""What people see of a desk: figures in their places, nothing cut off, and no crash while there is nothing to show."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from loguru import logger
from rich.console import Console

from ibkr_actors import display
from ibkr_actors.actors.accounts import AccountState
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.performance import Amounts, Performance
from ibkr_actors.actors.supervisor import StrategyStatus
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged
from ibkr_actors.base.messages.accounts import PortfolioValue, Position, ProfitAndLoss
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.stop_orders import StopOrder
from ibkr_actors.desk_status import DeskStatus
from ibkr_actors.display import TradeLog, Viewer, log_to, picture, print_summary, status_line
from ibkr_actors.multiple_client_application import MultiClientApplication

ACCOUNT = "DU1000001"


def desk_status(**changes: Any) -> DeskStatus:
    """A desk that has just connected, but for what a test wants otherwise."""
    values: dict[str, Any] = {
        "connection": ConnectionState.CONNECTED,
        "server_version": 203,
        "reason": "",
        "messages": 0,
        "seconds": 10.0,
        "accounts": AccountState(),
        "orders": [],
        "strategies": [],
        "performance": {},
    }
    return DeskStatus(**values | changes)


def tracked(order: Order, order_id: int = 1, symbol: str = "IBM", **changes: Any) -> OwnedOrder:
    return OwnedOrder(
        order_id, PlaceOrderRequest(order_id, Stock(symbol), order), 0.0, code="cross", **changes
    )


def strategy(code: str = "cross", state: str = "running", last_error: str = "") -> StrategyStatus:
    return StrategyStatus(code, "Cross", state, 1, last_error)


def holding(symbol: str, quantity: int, cost: float, value: float | None = None) -> AccountState:
    """An account that holds one thing."""
    contract = Contract(contract_id=7, symbol=symbol, security_type="STK")
    portfolio = (
        {(ACCOUNT, 7): PortfolioValue(contract, Decimal(quantity), value)} if value is not None else {}
    )
    position = Position(ACCOUNT, contract, Decimal(quantity), cost)
    return AccountState(positions={(ACCOUNT, 7): position}, portfolio=portfolio)


BUSY = desk_status(
    messages=1234,
    accounts=holding("IBM", 300, 187.2567, 188.0),
    orders=[
        tracked(
            LimitOrder("BUY", None, 100, 187.25),
            1,
            status="Filled",
            filled=Decimal(100),
            average_price=187.25,
        ),
        tracked(StopOrder("SELL", None, 100, 180.5), 2, status="PreSubmitted"),
        tracked(MarketOrder("SELL", None, 5), 3, "MSFT", status="Submitted"),
    ],
    strategies=[strategy("cross"), strategy("momentum", "failed", "ValueError('no')")],
    performance={"cross": Performance(3, 1, {"USD": Amounts(1.0, 12345.678, -0.001)})},
)

MIXED = desk_status(
    strategies=[strategy("cross"), strategy("trend")],
    performance={
        "cross": Performance(2, 2, {"USD": Amounts(1.0, -100.0, None), "JPY": Amounts(80.0, 2000.0, 0.0)}),
        "trend": Performance(1, 1, {"JPY": Amounts(80.0)}),
    },
)
"""One strategy trades in two currencies, and holds something without a price in one of them."""


def seen(renderable: Any, width: int = 80) -> str:
    """What stands on a terminal of a width."""
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(renderable)
    return console.export_text()


def summary(status: DeskStatus, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    print_summary(console, status)
    return console.export_text()


def row_of(text: str, first: str) -> list[str]:
    """The cells of the row that begins with a word."""
    (row,) = (line.split() for line in text.splitlines() if line.split()[:1] == [first])
    return row


@pytest.fixture
def logged():
    """What was logged since the test began, from a level on."""
    lines: list[tuple[int, str]] = []
    handler = logger.add(
        lambda line: lines.append((line.record["level"].no, str(line))), format="{message}", level="TRACE"
    )
    yield lambda level="INFO": "".join(line for number, line in lines if number >= logger.level(level).no)
    logger.remove(handler)


MISUNDERSTOOD = Statistics(messages=9, undecodable=1, unknown=Counter({199: 2}))


class TestStatusLine:
    def test_of_a_desk_with_nothing_in_it(self):
        line = status_line(desk_status(), 0.0)

        assert (
            line == "connected, 0 messages/s; 0 orders (0 working), 0 fills, net 0.00; positions: none; "
            "prices: none; strategies: none"
        )

    def test_of_a_busy_desk(self):
        line = status_line(replace(BUSY, watched=[(Stock("IBM"), 187.25), (Stock("TSLA"), 443.7)]), 81.6)

        assert line == (
            "connected, 82 messages/s; 3 orders (2 working), 0 fills, net 12,344.68 USD; positions: IBM 300; "
            "prices: IBM 187.25, TSLA 443.70; strategies: cross running, momentum failed"
        )

    def test_counts_one_as_one(self):
        order = tracked(MarketOrder("BUY", None, 1), executions={"1": Execution()})

        assert "1 order (1 working), 1 fill," in status_line(desk_status(orders=[order]), 0.0)

    def test_says_what_was_not_understood(self):
        line = status_line(desk_status(statistics=MISUNDERSTOOD), 0.0)

        assert line.startswith("connected, not understood: 1 unreadable; unknown ids 199 (2), 0 messages/s; ")

    def test_says_that_the_connection_is_lost(self):
        assert status_line(desk_status(connection=ConnectionState.LOST), 0.0).startswith("lost, ")


class TestAmounts:
    @pytest.mark.parametrize(
        ("amount", "shown"),
        [(None, "-"), (0.0, "0.00"), (-0.004, "0.00"), (-0.5, "-0.50"), (1234567.891, "1,234,567.89")],
    )
    def test_money_has_two_places_and_no_negative_nothing(self, amount, shown):
        assert display._money(amount) == shown

    @pytest.mark.parametrize(
        ("price", "shown"),
        [(None, "-"), (100.0, "100.00"), (187.2567, "187.2567"), (1.08125, "1.08125"), (4500.1, "4,500.10")],
    )
    def test_a_price_has_the_places_that_it_needs(self, price, shown):
        assert display._price(price) == shown


class TestPicture:
    def test_of_a_desk_with_nothing_in_it_says_so(self):
        text = seen(picture(desk_status(), 0.0, 40))

        assert "connected (version 203), 0 messages/s" in text
        assert all(f"{title}: none" in text for title in ("Strategies", "Positions", "Orders"))

    def test_of_a_strategy_that_has_done_nothing_yet(self):
        text = seen(picture(desk_status(strategies=[strategy()]), 0.0, 40))

        assert row_of(text, "cross") == ["cross", "running", "0", "0", "0.00", "0.00", "0.00", "0.00"]

    def test_shows_each_strategys_account(self):
        text = seen(picture(BUSY, 0.0, 40))

        expected = ["cross", "running", "3", "1", "1.00", "12,345.68", "0.00", "12,344.68", "USD"]
        assert row_of(text, "cross") == expected

    def test_shows_a_row_for_each_currency_of_a_strategy(self):
        text = seen(picture(MIXED, 0.0, 40))

        assert row_of(text, "cross") == ["cross", "running", "2", "2", "1.00", "-100.00", "-", "-", "USD"]
        assert ["80.00", "2,000.00", "0.00", "1,920.00", "JPY"] in [
            line.split() for line in text.splitlines()
        ]

    def test_shows_each_position_with_its_price(self):
        assert row_of(seen(picture(BUSY, 0.0, 40)), "IBM") == ["IBM", "300", "187.2567", "188.00"]

    def test_shows_no_price_where_none_is_known(self):
        status = desk_status(accounts=holding("IBM", -5, 10.0))

        assert row_of(seen(picture(status, 0.0, 40)), "IBM") == ["IBM", "-5", "10.00", "-"]

    def test_shows_each_order_with_its_type_and_price(self):
        text = seen(picture(BUSY, 0.0, 40))

        assert row_of(text, "1") == [
            "1",
            "cross",
            "BUY",
            "100",
            "IBM",
            "LMT",
            "187.25",
            "Filled",
            "100",
            "187.25",
        ]
        assert row_of(text, "2") == [
            "2",
            "cross",
            "SELL",
            "100",
            "IBM",
            "STP",
            "180.50",
            "PreSubmitted",
            "0",
            "-",
        ]
        assert row_of(text, "3") == ["3", "cross", "SELL", "5", "MSFT", "MKT", "Submitted", "0", "-"]

    def test_shows_the_accounts_profit_when_it_is_known(self):
        profit = ProfitAndLoss(1, daily=-12.5, unrealized=None)
        status = desk_status(accounts=AccountState(profit_and_loss=profit))

        assert "today -12.50, unrealised -" in seen(picture(status, 0.0, 40))

    def test_says_why_there_is_no_connection(self):
        status = desk_status(connection=ConnectionState.LOST, reason="the bridge closed the connection")

        assert "lost (version 203), 0 messages/s, the bridge closed the connection" in seen(
            picture(status, 0.0, 40)
        )

    def test_shows_words_in_brackets_as_they_are(self):
        """They look like markup to the library that draws."""
        assert "[bold]" in seen(picture(desk_status(strategies=[strategy("[bold]")]), 0.0, 40))

    @pytest.mark.parametrize("height", [24, 40])
    def test_fits_into_the_terminal(self, height):
        """The newest orders are shown, as many as there is room for."""
        orders = [tracked(MarketOrder("BUY", None, 1), number) for number in range(1, 100)]
        status = replace(MIXED, orders=orders, accounts=holding("IBM", 1, 1.0))

        lines = seen(picture(status, 0.0, height)).splitlines()

        assert len(lines) < height
        assert row_of("\n".join(lines), "99")

    @pytest.mark.parametrize("width", [80, 120])
    def test_cuts_nothing_off(self, width):
        text = seen(picture(BUSY, 0.0, 40), width)

        assert "…" not in text
        assert max(map(len, text.splitlines())) <= width

    def test_lines_numbers_up_at_the_right_and_words_at_the_left(self):
        lines = seen(picture(BUSY, 0.0, 40)).splitlines()
        head = next(line for line in lines if line.startswith("strategy ")).rstrip()
        rows = [line.rstrip() for line in lines if line.startswith(("cross ", "momentum "))]

        assert [row[head.index("state") :].split()[0] for row in rows] == ["running", "failed"]
        assert {len(row.removesuffix(" USD")) for row in rows} == {len(head)}


class TestSummary:
    def test_says_what_each_strategy_did_and_what_the_desk_heard(self):
        text = summary(BUSY, 120)

        assert re.search(r"^momentum +failed +0 +0 +0\.00 +0\.00 +0\.00 +0\.00 *$", text, re.MULTILINE)
        assert text.splitlines()[-1] == (
            "3 orders, 0 fills, net 12,344.68 USD in 10.0 s; 1234 messages from the bridge, 123 a second"
        )

    def test_adds_no_currency_to_another_and_nothing_to_what_is_not_known(self):
        assert "net - USD, 1,840.00 JPY in" in summary(MIXED, 120)

    def test_tells_the_last_error_of_each_strategy_that_failed(self):
        assert "momentum failed: ValueError('no')" in summary(BUSY)

    def test_tells_what_was_not_understood(self):
        text = summary(desk_status(statistics=MISUNDERSTOOD))

        assert text.splitlines()[-1] == "not understood: 1 unreadable; unknown ids 199 (2)"

    def test_of_a_desk_that_did_nothing_for_no_time(self):
        text = summary(desk_status(seconds=0.0))

        assert text.splitlines()[-1].startswith("0 orders, 0 fills, net 0.00 in 0.0 s; 0 messages")

    def test_has_every_head_in_80_columns(self):
        text = summary(BUSY)

        assert "…" not in text
        heads = "strategy state orders fills commission realised unrealised net"
        assert row_of(text, "strategy") == heads.split()


class TestViewer:
    def test_on_a_terminal_it_draws_the_newest_picture(self):
        console = Console(file=io.StringIO(), width=80, height=40, force_terminal=True)
        with Viewer(console) as viewer:
            viewer.show(desk_status(seconds=1.0, messages=10))
            viewer.show(desk_status(seconds=3.0, messages=50))

        assert "20 messages/s" in console.file.getvalue()

    def test_takes_the_picture_away_at_the_end(self):
        """The summary shows the same tables."""
        console = Console(file=io.StringIO(), width=80, height=40, force_terminal=True)
        with Viewer(console) as viewer:
            viewer.show(desk_status())

        erase_line = "\x1b[2K"
        assert console.file.getvalue().endswith(erase_line)

    def test_elsewhere_it_writes_a_line_every_five_seconds(self, logged):
        with Viewer(None) as viewer:
            for seconds in (1.0, 4.9, 5.0, 6.0, 9.9, 10.0):
                viewer.show(desk_status(seconds=seconds, messages=int(seconds * 10)))

        lines = logged().splitlines()
        assert [line.partition(";")[0] for line in lines] == ["connected, 10 messages/s"] * 2


class TestTradeLog:
    @pytest.fixture
    def desk(self) -> MultiClientApplication:
        """A desk that does not run; the test sends its signals."""
        return MultiClientApplication()

    @pytest.fixture(autouse=True)
    def trades(self, desk) -> TradeLog:
        return TradeLog(desk)

    def test_tells_the_first_connection_only(self, desk, logged):
        """The bridge's own actor tells the others."""
        for epoch in (1, 2):
            change = ConnectionChanged(ConnectionState.CONNECTED, epoch, 203)
            desk.signals.connection_changed.send(None, change=change)

        assert logged() == "connected to the bridge, server version 203\n"

    @pytest.mark.parametrize(("side", "word"), [("BOT", "bought"), ("SLD", "sold")])
    def test_tells_a_fill(self, desk, logged, side, word):
        execution = Execution(order_id=3, side=side, shares=Decimal(100), price=187.5)
        desk.signals.execution.send(None, code="cross", details=ExecutionDetails(-1, Stock("IBM"), execution))

        assert logged() == f"cross: order 3 {word} 100 IBM at 187.50\n"

    def test_tells_where_an_order_stands_and_why(self, desk, logged):
        change = OrderChanged(3, "Cancelled", Decimal(30), Decimal(70), 10.0, "202 Order Canceled")
        desk.signals.order_changed.send(None, code="cross", change=change)

        assert logged() == "cross: order 3 Cancelled, 30 of 100 filled (202 Order Canceled)\n"

    def test_tells_of_an_order_of_unknown_size(self, desk, logged):
        desk.signals.order_changed.send(
            None, code="cross", change=OrderChanged(3, "Sent", Decimal(0), None, None)
        )

        assert logged() == "cross: order 3 Sent, 0 filled\n"

    def test_tells_a_complete_fill_once(self, desk, logged):
        """The execution has said it, with the price."""
        change = OrderChanged(3, "Filled", Decimal(100), Decimal(0), 10.0)
        desk.signals.order_changed.send(None, code="cross", change=change)

        assert logged() == ""

    def test_tells_commissions_to_who_asks_for_more(self, desk, logged):
        desk.signals.commission.send(None, code="cross", report=CommissionAndFeesReport("1", 1.0, "USD"))

        assert logged() == ""
        assert logged("DEBUG") == "cross: commission 1.00 USD\n"

    def test_tells_the_lives_of_strategies(self, desk, logged):
        for attempt in (1, 2):
            desk.signals.strategy_started.send(None, code="cross", attempt=attempt)
        desk.signals.strategy_stopped.send(None, code="cross")

        assert logged() == "cross: started\ncross: started again (start 2)\ncross: stopped\n"


class TestLog:
    @pytest.fixture(autouse=True)
    def restored(self):
        yield
        logger.remove()

    def test_goes_to_standard_error(self, capsys):
        log_to(None, "INFO", "")
        logger.info("one line")
        logger.debug("nobody asked")

        out, err = capsys.readouterr()
        assert (out, err[13:]) == ("", "INFO    one line\n")

    def test_goes_above_the_picture_without_an_empty_line(self):
        console = Console(file=io.StringIO(), width=80, record=True)
        log_to(console, "INFO", "")
        logger.info("[bold]one[/bold] line")
        logger.info("another")

        assert [line[13:] for line in console.export_text().splitlines()] == [
            "INFO    [bold]one[/bold] line",
            "INFO    another",
        ]

    def test_goes_to_a_file_too(self, tmp_path):
        path = tmp_path / "desk.log"
        log_to(None, "INFO", str(path))
        logger.info("one line")
        logger.remove()

        assert path.read_text().endswith("INFO    one line\n")

    def test_shows_a_traceback_without_the_values_in_it(self, capsys):
        """An account's code is one of them."""
        log_to(None, "INFO", "")
        account = "U1234567"
        try:
            raise ValueError(len(account))
        except ValueError:
            logger.exception("it failed")

        err = capsys.readouterr().err
        assert "raise ValueError(len(account))" in err
        assert "U1234567" not in err
