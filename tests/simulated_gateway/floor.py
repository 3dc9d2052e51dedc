"""An exchange without clients around it, for tests of what becomes of orders."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.simulated_gateway.exchange.exchange import Exchange
from ibkr_actors.simulated_gateway.gateway import Gateway, Options
from ibkr_actors.simulated_gateway.orders.trades import Trade
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from tests.simulated_gateway.helpers import AAPL, NOW


class Witness:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []
        self.trades: list[Trade] = []
        self.previews: list[OrderState] = []

    def order_changed(self, order: WorkingOrder) -> None:
        self.told.append((order.order_id, f"order {order.status}"))

    def status_changed(self, order: WorkingOrder) -> None:
        self.told.append((order.order_id, str(order.status)))

    def order_filled(self, order: WorkingOrder, trade: Trade) -> None:
        self.told.append((order.order_id, f"filled {trade.execution.shares} at {trade.execution.price}"))
        self.trades.append(trade)

    def leg_filled(self, order: WorkingOrder, trade: Trade) -> None:
        self.told.append(
            (
                order.order_id,
                f"leg {trade.execution.side} {trade.execution.shares} at {trade.execution.price}",
            )
        )
        self.trades.append(trade)

    def order_noticed(self, order: WorkingOrder, code: int, text: str) -> None:
        self.told.append((order.order_id, str(code)))

    def order_previewed(self, order: WorkingOrder, state: OrderState) -> None:
        self.previews.append(state)


class Floor:
    """An exchange of its own beside a gateway's market and accounts, where AAPL stands still."""

    def __init__(self, now: float = NOW, **options: object) -> None:
        gateway = Gateway(Options(**options), now)  # type: ignore[arg-type]
        self.catalogue, self.market, self.accounts = gateway.catalogue, gateway.market, gateway.accounts
        self.instrument = gateway.catalogue[AAPL]
        self.witness = Witness()
        self.exchange = Exchange(self.market, self.accounts, self.witness)
        self.now = now
        self.quote(100.0, 100.02)

    def quote(
        self,
        bid: float,
        ask: float,
        *,
        last: float | None = None,
        size: float = 1000.0,
        contract_id: int = AAPL,
    ) -> None:
        """Set a quote, and let the orders see it."""
        last = bid if last is None else last
        self.market.set_quote(contract_id, bid=bid, ask=ask, last=last, bid_size=size, ask_size=size)
        self.exchange.advance([contract_id], self.now)

    def wait(self, seconds: float) -> None:
        """Let time go on, and all orders see what has become of the market."""
        self.now += seconds
        self.market.advance(self.now)
        self.exchange.advance(self.exchange.book.contracts(), self.now)

    def wait_until(self, clock: str, day: str = "2026-11-23") -> None:
        """Let it be a time of day in New York."""
        moment = datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=ZoneInfo("America/New_York"))
        self.wait(moment.astimezone(UTC).timestamp() - self.now)

    def place(
        self, order_id: int, wanted: Order, client_id: int = 1, contract: Contract | None = None
    ) -> list[str]:
        """Place (or change) an order; returns what was told of any order."""
        before = len(self.witness.told)
        instrument = self.instrument if contract is None else self.catalogue.identify(contract)
        self.exchange.place(client_id, order_id, instrument.contract(), instrument, wanted, self.now)
        return [text for _, text in self.witness.told[before:]]

    def told(self, order_id: int) -> list[str]:
        """Everything that was told of one order."""
        return [text for number, text in self.witness.told if number == order_id]

    def order(self, order_id: int) -> WorkingOrder:
        """An order of client 1."""
        found = self.exchange.book.find(1, order_id)
        assert found is not None
        return found
