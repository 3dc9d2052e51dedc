"""A machine that trades at random and keeps books of its own, for `test_books_balance.py`.

It plays a client that places, changes and cancels orders of all kinds for instruments of all kinds, loses its
connection and comes back; and the market, which moves, waits, and goes on to the next day. A second client audits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.orders import CancelOrderRequest, GlobalCancelRequest, OpenOrder, OrderStatus
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions
from ibkr_actors.simulated_gateway.hours.market_time import day_number
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.orders.trades import Trade
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.wire.tags import TagValue
from tests.simulated_gateway.exchange.audit import Auditor, money_of
from tests.simulated_gateway.helpers import ACCOUNT, Desk, only, order

CLIENT: Final = 7
START: Final = Decimal(1_000_000)
TERMINAL: Final = ("Filled", "Cancelled", "ApiCancelled")

SINGLE: Final = (
    ("AAPL", "STK", "USD"),
    ("IBM", "STK", "USD"),
    ("SAP", "STK", "EUR"),
    ("VOD", "STK", "GBP"),
    ("EUR", "CASH", "USD"),
    ("USD", "CASH", "JPY"),
    ("BTC", "CRYPTO", "USD"),
    ("ES", "FUT", "USD"),
    ("SPY", "OPT", "USD"),
    ("ES", "FOP", "USD"),
    ("US-T", "BOND", "USD"),
    ("VTSAX", "FUND", "USD"),
    ("IBUS500", "CFD", "USD"),
    ("XAUUSD", "CMDTY", "USD"),
)
"""Symbol, security type and currency of what is traded; of futures and options one with a late expiry."""

TAKING: Final = ("MKT", "MTL", "MOC")
LIMITED: Final = ("LMT", "LOC")
FOLLOWING: Final = ("REL", "PASSV REL", "PEG MKT", "PEG MID", "MIDPRICE", "SNAP MID", "SNAP PRIM")
WAITING: Final = ("STP", "STP LMT", "MIT", "LIT", "TRAIL", "TRAIL LIMIT")
ALGOS: Final = (
    ("Twap", ()),
    ("Vwap", ()),
    ("ArrivalPx", (("riskAversion", "Aggressive"),)),
    ("Adaptive", (("adaptivePriority", "Urgent"),)),
    ("PctVol", (("pctVol", "0.5"),)),
    ("AD", (("componentSize", "20"), ("timeBetweenOrders", "30"))),
)

sides = st.sampled_from(["BUY", "SELL"])
numbers = st.integers(0, len(SINGLE) - 1)
sizes = st.integers(1, 300)
steps = st.integers(-6, 6)


def chosen(desk: Desk, symbol: str, kind: str, currency: str) -> Instrument:
    """The instrument of the catalogue that is traded; the latest of several."""
    found = [
        one
        for one in desk.gateway.catalogue
        if (one.symbol, one.security_type, one.currency) == (symbol, kind, currency)
    ]
    latest = [one for one in found if one.expiry == max(each.expiry for each in found)]
    return min(latest, key=lambda one: abs(one.strike - one.price))


class BooksMachine(RuleBasedStateMachine):
    """Everything that clients and market do, and what has to hold whatever they do."""

    def __init__(self) -> None:
        super().__init__()
        self.last_id = 0
        self.limits: dict[int, tuple[str, float]] = {}
        self.statuses: defaultdict[int, list[OrderStatus]] = defaultdict(list)
        self.executions: Counter[str] = Counter()
        self.reports: Counter[str] = Counter()
        self.missed: set[str] = set()
        """Executions that were told while nobody listened, or before; their commission may still come."""
        self.trades: list[Trade] = []
        """All that there ever were: the gateway forgets them after a week."""
        self.permanent_ids: dict[tuple[int, int], int] = {}

    @initialize(
        always_open=st.booleans(),
        acknowledgement=st.sampled_from([0.0, 0.0, 0.5]),
        cancellation=st.sampled_from([0.0, 0.0, 1.0]),
        status_first=st.booleans(),
    )
    def open_the_gateway(
        self, always_open: bool, acknowledgement: float, cancellation: float, status_first: bool
    ) -> None:
        """A gateway of some kind; every market stands at its own price until a rule moves it."""
        options = OrderOptions(
            acknowledgement_seconds=acknowledgement,
            cancellation_seconds=cancellation,
            status_before_execution=status_first,
        )
        self.desk = Desk(cash=START, always_open=always_open, orders=options)
        self.auditor = Auditor(self.desk, self.desk.connect(99), self.trades, START)
        self.client = self.desk.connect(CLIENT)
        self.instruments = [chosen(self.desk, *each) for each in SINGLE]
        for instrument in self.instruments:
            self.move_to(instrument, self.desk.gateway.market.quote(instrument.contract_id).bid, 2, 500)
        self.desk.step()

    def move_to(self, instrument: Instrument, bid: float, spread: int, size: int) -> None:
        grid = self.desk.gateway.market.grid(instrument.contract_id)
        bid = grid.beside(bid, 0)
        ask = grid.beside(bid, spread)
        last = None if not instrument.kind.has_trades else grid.beside(bid, spread // 2)
        self.desk.gateway.market.set_quote(
            instrument.contract_id, bid=bid, ask=ask, last=last, bid_size=float(size), ask_size=float(size)
        )

    def price(self, instrument: Instrument, ticks: int, *, side: str = "BUY") -> float:
        """So many ticks better (for whom buys) than the own side of the quote."""
        quote = self.desk.gateway.market.quote(instrument.contract_id)
        grid = self.desk.gateway.market.grid(instrument.contract_id)
        return grid.beside(quote.ask if side == "BUY" else quote.bid, ticks)

    # ------------------------------------------------------------------------------------------------------ talking

    def hear(self, told: list[object]) -> None:
        """Keep what the client is told."""
        for status in only(OrderStatus, told):
            self.statuses[status.order_id].append(status)
            known = self.permanent_ids.setdefault((status.client_id, status.order_id), status.permanent_id)
            assert known == status.permanent_id
        for opened in only(OpenOrder, told):
            assert self.permanent_ids.setdefault(
                (opened.order.client_id, opened.order_id), opened.order.permanent_id
            )
        self.executions.update(each.execution.execution_id for each in only(ExecutionDetails, told))
        self.reports.update(report.execution_id for report in only(CommissionAndFeesReport, told))

    def send(self, wanted: Order, instrument: Instrument, order_id: int | None = None) -> None:
        if order_id is None:
            self.last_id += 1
            order_id = self.last_id
        contract = Contract(contract_id=instrument.contract_id, exchange=instrument.exchange)
        self.submit(order_id, wanted, contract)

    def submit(self, order_id: int, wanted: Order, contract: Contract) -> None:
        before = self.working(order_id)
        terms = None if before is None else before.order
        told = self.desk.place(self.client, order_id, wanted, contract)
        after = self.working(order_id)
        if after is not None and (before is None or after.order is not terms):
            self.limits[order_id] = (wanted.order_type, wanted.limit_price or 0.0)
        self.hear(told)
        self.check_new_trades()

    def step(self, seconds: float = 0.25) -> None:
        self.desk.step(seconds)
        self.hear(self.desk.heard(self.client))
        self.check_new_trades()

    def working(self, order_id: int) -> WorkingOrder | None:
        return self.desk.gateway.exchange.book.find(CLIENT, order_id)

    # -------------------------------------------------------------------------------------------------------- orders

    @rule(
        number=numbers,
        side=sides,
        size=sizes,
        kind=st.sampled_from([*TAKING, *LIMITED]),
        ticks=steps,
        time=st.sampled_from(["DAY", "GTC", "IOC", "FOK", "OPG"]),
    )
    def place_a_plain_order(
        self, number: int, side: str, size: int, kind: str, ticks: int, time: str
    ) -> None:
        instrument = self.instruments[number]
        price = self.price(instrument, ticks, side=side) if kind in LIMITED else None
        self.send(
            order(side, self.lots(instrument, size), kind, limit_price=price, time_in_force=time), instrument
        )

    @rule(
        number=numbers,
        side=sides,
        size=sizes,
        kind=st.sampled_from(FOLLOWING),
        ticks=steps,
        capped=st.booleans(),
    )
    def place_one_that_follows(
        self, number: int, side: str, size: int, kind: str, ticks: int, capped: bool
    ) -> None:
        instrument = self.instruments[number]
        offset = abs(ticks) * instrument.minimum_tick
        cap = self.price(instrument, ticks, side=side) if capped else None
        wanted = order(side, self.lots(instrument, size), kind, auxiliary_price=offset, limit_price=cap)
        self.send(wanted, instrument)

    @rule(
        number=numbers,
        side=sides,
        size=sizes,
        kind=st.sampled_from(WAITING),
        ticks=steps,
        method=st.sampled_from([0, 1, 2, 3, 4, 7, 8]),
    )
    def place_one_that_waits(
        self, number: int, side: str, size: int, kind: str, ticks: int, method: int
    ) -> None:
        instrument = self.instruments[number]
        by = (abs(ticks) + 1) * instrument.minimum_tick
        prices = {
            "auxiliary_price": by if kind.startswith("TRAIL") else self.price(instrument, ticks),
            "limit_price": self.price(instrument, ticks, side=side) if kind in ("STP LMT", "LIT") else None,
            "limit_price_offset": by if kind == "TRAIL LIMIT" else None,
        }
        wanted = order(side, self.lots(instrument, size), kind, trigger_method=method, **prices)
        self.send(wanted, instrument)

    @rule(
        number=st.integers(0, 2),
        side=sides,
        size=st.integers(50, 300),
        algo=st.sampled_from(ALGOS),
        ticks=steps,
    )
    def place_one_for_an_algorithm(
        self, number: int, side: str, size: int, algo: tuple[str, tuple[tuple[str, str], ...]], ticks: int
    ) -> None:
        instrument, (strategy, parameters) = self.instruments[number], algo
        limit = self.price(instrument, ticks, side=side)
        tags = tuple(TagValue(*pair) for pair in parameters)
        fields = {"limit_price": limit, "algo_strategy": strategy, "algo_parameters": tags}
        self.send(order(side, size, "LMT", **fields), instrument)

    @rule(
        number=numbers,
        side=sides,
        size=sizes,
        ticks=steps,
        attribute=st.sampled_from(
            ["all_or_none", "sweep_to_fill", "iceberg", "least", "discretion", "scale"]
        ),
    )
    def place_one_with_an_attribute(
        self, number: int, side: str, size: int, ticks: int, attribute: str
    ) -> None:
        instrument = self.instruments[number]
        tick = instrument.minimum_tick
        fields: dict[str, object] = {
            "all_or_none": {"all_or_none": True},
            "sweep_to_fill": {"sweep_to_fill": True},
            "iceberg": {"display_size": max(1, size // 4)},
            "least": {"minimum_quantity": max(1, size // 2)},
            "discretion": {"discretionary_amount": 2 * tick},
            "scale": {
                "scale_initial_level_size": max(1, size // 3),
                "scale_price_increment": 2 * tick,
                "scale_profit_offset": 2 * tick,
                "scale_auto_reset": True,
            },
        }[attribute]
        price = self.price(instrument, ticks, side=side)
        self.send(order(side, self.lots(instrument, size), "LMT", limit_price=price, **fields), instrument)

    @rule(
        side=sides,
        size=st.integers(1, 60),
        cents=st.integers(-20, 20),
        guaranteed=st.booleans(),
        at_market=st.booleans(),
    )
    def place_a_combination(
        self, side: str, size: int, cents: int, guaranteed: bool, at_market: bool
    ) -> None:
        first, second = self.instruments[:2]
        legs = (
            ComboLeg(first.contract_id, 1, "BUY", "SMART"),
            ComboLeg(second.contract_id, 2, "SELL", "SMART"),
        )
        contract = Contract(
            symbol="AAPL,IBM", security_type="BAG", exchange="SMART", currency="USD", combo_legs=legs
        )
        one, other = (self.desk.gateway.market.quote(each.contract_id) for each in (first, second))
        limit = None if at_market else round(one.ask - 2 * other.bid + cents / 100, 2)
        routing = () if guaranteed else (TagValue("NonGuaranteed", "1"),)
        wanted = order(
            side,
            size,
            "MKT" if at_market else "LMT",
            limit_price=limit,
            smart_combo_routing_parameters=routing,
        )
        self.last_id += 1
        self.submit(self.last_id, wanted, contract)

    @rule(sides=st.tuples(sides, sides), size=sizes, ticks=steps, kind=st.sampled_from([1, 2, 3]))
    def place_a_group(self, sides: tuple[str, str], size: int, ticks: int, kind: int) -> None:
        """Two of which one cancels or reduces the other: a limit order, and one that follows the quote."""
        instrument, group = self.instruments[0], {"oca_group": f"group {self.last_id}", "oca_type": kind}
        limit = self.price(instrument, ticks, side=sides[0])
        self.send(order(sides[0], size, "LMT", limit_price=limit, **group), instrument)
        cap = self.price(instrument, ticks, side=sides[1])
        self.send(order(sides[1], size, "REL", limit_price=cap, **group), instrument)

    @rule(side=sides, size=sizes, ticks=steps)
    def place_a_bracket(self, side: str, size: int, ticks: int) -> None:
        instrument, parent = self.instruments[0], self.last_id + 1
        other = "SELL" if side == "BUY" else "BUY"
        way = 1 if side == "BUY" else -1
        entry = self.price(instrument, ticks, side=side)
        grid = self.desk.gateway.market.grid(instrument.contract_id)
        profit, loss = grid.beside(entry, 5 * way), grid.beside(entry, -5 * way)
        self.send(order(side, size, "LMT", limit_price=entry, transmit=False), instrument)
        self.send(order(other, size, "LMT", limit_price=profit, parent_id=parent, transmit=False), instrument)
        self.send(order(other, size, "STP", auxiliary_price=loss, parent_id=parent), instrument)

    @rule(number=numbers, side=sides, size=st.integers(1, 5000))
    def ask_what_if(self, number: int, side: str, size: int) -> None:
        """A preview leaves nothing behind; what it says of before is what the account says."""
        instrument = self.instruments[number]
        before = self.desk.gateway.accounts.value(ACCOUNT)
        contract = Contract(contract_id=instrument.contract_id, exchange=instrument.exchange)
        wanted = order(side, self.lots(instrument, size), "MKT", what_if=True)
        (preview,) = only(OpenOrder, self.desk.place(self.client, self.last_id + 1, wanted, contract))
        state = preview.order_state
        assert state.initial_margin_before == float(before.total.initial_margin)
        assert state.equity_with_loan_before == float(before.equity_with_loan)
        assert (
            abs(state.initial_margin_after - state.initial_margin_before - state.initial_margin_change)
            < 0.001
        )
        assert self.desk.gateway.accounts.value(ACCOUNT) == before
        assert self.working(self.last_id + 1) is None

    def lots(self, instrument: Instrument, size: int) -> float:
        """A size that the account can carry, as the instrument is dealt in."""
        match instrument.security_type:
            case "CASH":
                return size * 500
            case "FUT" | "OPT" | "FOP" | "BOND" | "CFD" | "CMDTY":
                return max(1, size // 30)
            case "CRYPTO":
                return size / 1000
            case _:
                return size

    # ------------------------------------------------------------------------------------- changes, cancellations

    @precondition(lambda self: self.last_id)
    @rule(data=st.data(), size=sizes, ticks=steps)
    def change_an_order(self, data: st.DataObject, size: int, ticks: int) -> None:
        found = self.working(data.draw(st.integers(1, self.last_id)))
        if found is None or found.is_combination:
            return
        instrument = self.desk.gateway.catalogue[found.listing.contract_id]
        terms = found.order
        wanted = order(
            terms.action,
            self.lots(instrument, size),
            terms.order_type,
            time_in_force=terms.time_in_force,
            limit_price=self.price(instrument, ticks, side=terms.action) if terms.limit_price else None,
            auxiliary_price=terms.auxiliary_price or None,
            limit_price_offset=terms.limit_price_offset,
            trigger_method=terms.trigger_method,
            parent_id=terms.parent_id,
            algo_strategy=terms.algo_strategy,
            algo_parameters=terms.algo_parameters,
        )
        self.send(wanted, instrument, found.order_id)

    @precondition(lambda self: self.last_id)
    @rule(data=st.data())
    def cancel_an_order(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.last_id))
        self.hear(self.desk.ask(self.client, CancelOrderRequest(number)))

    @rule()
    def cancel_all_orders(self) -> None:
        self.hear(self.desk.ask(self.client, GlobalCancelRequest()))

    @rule()
    def lose_the_connection_and_come_back(self) -> None:
        """What is told meanwhile is lost; the gateway's own records stay."""
        self.desk.gateway.disconnect(self.client)
        self.desk.step()
        self.check_new_trades()
        self.missed = {trade.execution.execution_id for trade in self.trades}
        self.statuses.clear()
        self.executions.clear()
        self.reports.clear()
        self.client = self.desk.connect(CLIENT)
        self.check_new_trades()

    # -------------------------------------------------------------------------------------------------- the market

    @rule(number=numbers, ticks=st.integers(-8, 8), spread=st.integers(1, 4), size=st.integers(1, 400))
    def move_a_market(self, number: int, ticks: int, spread: int, size: int) -> None:
        instrument = self.instruments[number]
        grid = self.desk.gateway.market.grid(instrument.contract_id)
        bid = self.desk.gateway.market.quote(instrument.contract_id).bid
        self.move_to(instrument, grid.beside(bid, ticks), spread, size)
        self.step()

    @rule(seconds=st.sampled_from([0.25, 1.0, 30.0, 600.0]))
    def wait(self, seconds: float) -> None:
        self.step(seconds)

    @rule()
    def go_on_to_the_next_day(self) -> None:
        today = day_number(self.desk.now)
        for _ in range(8):
            self.step(3600.0 * 3)
        assert day_number(self.desk.now) == today + 1

    # ------------------------------------------------------------------------------------------------- what holds

    def check_new_trades(self) -> None:
        """Every new execution is within the limit of its order."""
        new = list(self.desk.gateway.exchange.trades.since(len(self.trades)))
        self.trades += new
        for trade in new:
            execution = trade.execution
            found = self.working(execution.order_id)
            is_leg = found is not None and found.is_combination and trade.report is not None
            if found is None or is_leg or execution.order_id < 0:
                continue
            kind, limit = self.limits[execution.order_id]
            if kind in ("MKT", "MOC", "STP", "MIT", "TRAIL", "MTL", "TRAIL LIMIT") or (
                not limit and not found.is_combination
            ):
                continue
            reach = limit + found.order.discretionary_amount * (1 if found.is_buy else -1)
            beyond = execution.price - reach if found.is_buy else reach - execution.price
            assert beyond <= 1e-9, f"{kind} {found.order.action} at {execution.price}, limit {reach}"

    @invariant()
    def everything_holds(self) -> None:
        """One by one, so that a failure names what does not."""
        self.filled_and_remaining_are_the_total()
        self.an_order_ends_once()
        self.an_execution_has_one_commission()
        self.executions_count_up()
        self.permanent_ids_never_repeat()
        self.the_books_are_the_sum_of_the_executions()
        self.all_reports_name_the_same_amounts()

    def filled_and_remaining_are_the_total(self) -> None:
        for found in self.orders():
            assert found.filled + found.remaining == found.total
            assert found.remaining >= 0
            assert (found.status is Status.FILLED) is (not found.remaining)
        for told in self.statuses.values():
            assert all(status.remaining >= 0 for status in told)

    def an_order_ends_once(self) -> None:
        for told in self.statuses.values():
            ends = [status.status for status in told if status.status in TERMINAL]
            assert len(set(ends)) <= 1
            if ends:
                first = next(at for at, status in enumerate(told) if status.status in TERMINAL)
                assert all(status.status in TERMINAL for status in told[first:])

    def executions_count_up(self) -> None:
        """Cumulative quantity and average price of each execution are those of all before it."""
        traded: defaultdict[tuple[int, int], list[tuple[Decimal, Decimal]]] = defaultdict(list)
        for trade in self.trades:
            execution = trade.execution
            fills = traded[execution.permanent_id, trade.contract.contract_id]
            fills.append((execution.shares, Decimal(str(execution.price))))
            quantity = sum((shares for shares, _ in fills), Decimal(0))
            spent = sum((shares * price for shares, price in fills), Decimal(0))
            assert execution.cumulative_quantity == quantity
            assert abs(execution.average_price - float(spent / quantity)) < 1e-7
        for found in self.orders():
            fills = traded[found.permanent_id, found.contract.contract_id]
            assert sum((shares for shares, _ in fills), Decimal(0)) == found.filled

    def an_execution_has_one_commission(self) -> None:
        ids = [trade.execution.execution_id for trade in self.trades]
        assert len(set(ids)) == len(ids)
        for trade in self.trades:
            assert (trade.report is None) is (trade.contract.security_type == "BAG")
            assert trade.report is None or trade.report.execution_id == trade.execution.execution_id
        assert max(self.executions.values(), default=1) == 1
        assert max(self.reports.values(), default=1) == 1
        assert set(self.reports) <= set(self.executions) | self.missed

    def permanent_ids_never_repeat(self) -> None:
        assert len(set(self.permanent_ids.values())) == len(self.permanent_ids)

    def the_books_are_the_sum_of_the_executions(self) -> None:
        positions, cash = money_of(self.desk.gateway, self.trades)
        ledger = self.desk.gateway.accounts[ACCOUNT]
        for contract_id, quantity in positions.items():
            assert ledger.position(contract_id) == quantity
        for currency in {*cash, *ledger.cash}:
            start = START if currency == "USD" else Decimal(0)
            difference = ledger.cash.get(currency, Decimal(0)) - start - cash[currency]
            assert abs(difference) < Decimal("1e-9"), f"{currency} {difference}"

    def all_reports_name_the_same_amounts(self) -> None:
        self.auditor.audit()

    def orders(self) -> list[WorkingOrder]:
        kept = self.desk.gateway.exchange.book._orders
        return [found for (client_id, _), found in kept.items() if client_id == CLIENT]

    def teardown(self) -> None:
        """What is due comes: each execution that the client heard of has its commission."""
        if not hasattr(self, "desk"):  # nothing was drawn, not even the gateway
            return
        self.cancel_all_orders()
        self.step(2.0)  # what is being cancelled may still fill
        self.step()
        self.step()
        legs = [trade.execution.execution_id for trade in self.trades if trade.report is not None]
        due, told = set(self.executions) & set(legs), set(self.reports) - self.missed
        assert due == told, due ^ told
