"""What the vendor's client can ask beyond the everyday, each answer as rows of plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from everyday import ASK, BID, MICROSOFT, Row
from ibapi.contract import ComboLeg, Contract
from ibapi.order import Order
from vendor import EverydayVendor

MODEL = 13
"""The type of the tick that carries a model's greeks."""


def questions(
    client: EverydayVendor, stock: Contract, option: Contract, since: str
) -> dict[str, Callable[[], list[Row]]]:
    """By label. Each waits for the whole answer; raises Refused and TimeoutError."""
    ask, application = client.ask_once, client.application

    def past(kind: str, callback: str, row: Callable[[Any], Row]) -> list[Row]:
        told = ask(
            lambda i: application.reqHistoricalTicks(i, stock, since, "", 20, kind, 1, True, []), callback
        )
        return [row(tick) for tick in told.ticks]

    return {
        "symbols": lambda: [
            (one.contract.symbol, one.contract.secType, one.contract.currency)
            for one in ask(
                lambda i: application.reqMatchingSymbols(i, "AAP"), "symbolSamples"
            ).contractDescriptions
        ],
        "head": lambda: [
            (
                int(
                    ask(
                        lambda i: application.reqHeadTimeStamp(i, stock, "TRADES", 1, 2), "headTimestamp"
                    ).headTimestamp
                ),
            )
        ],
        "rule": lambda: [(one.lowEdge, one.increment) for one in _rule(client).priceIncrements],
        "past trades": lambda: past(
            "TRADES", "historicalTicksLast", lambda t: (t.time, t.price, float(t.size))
        ),
        "past quotes": lambda: past(
            "BID_ASK", "historicalTicksBidAsk", lambda t: (t.time, t.priceBid, t.priceAsk)
        ),
        "histogram": lambda: [
            (one.price, float(getattr(one, "size", getattr(one, "count", 0))))
            for one in ask(
                lambda i: application.reqHistogramData(i, stock, True, "3 days"), "histogramData"
            ).items
        ],
        "providers": lambda: [(one.code, one.name) for one in _providers(client).newsProviders],
        "headlines": lambda: list(_headlines(client, stock)),
        "trade by trade": lambda: [
            (told.price, float(told.size)) for told in [_tick_by_tick(client, stock, "Last", "AllLast")]
        ],
        "quote by quote": lambda: [
            (told.bidPrice, told.askPrice) for told in [_tick_by_tick(client, stock, "BidAsk", "BidAsk")]
        ],
        "depth": lambda: list(_depth(client, stock)),
        "greeks": lambda: [(told.impliedVol, told.delta) for told in [_greeks(client, option)]],
        "combination": lambda: [_combination(client, stock)],
        "what if": lambda: [_what_if(client, stock)],
        "bracket": lambda: _bracket(client, stock),
        "completed": lambda: list(_completed(client)),
    }


def _rule(client: EverydayVendor) -> SimpleNamespace:
    return client.ask_for(lambda: client.application.reqMarketRule(26), "marketRule")


def _providers(client: EverydayVendor) -> SimpleNamespace:
    return client.ask_for(client.application.reqNewsProviders, "newsProviders")


def _headlines(client: EverydayVendor, stock: Contract) -> Iterator[Row]:
    begin = len(client.application.calls)
    client.ask_once(
        lambda i: client.application.reqHistoricalNews(i, stock.conId, "BRFG+DJNL", "", "", 5, []),
        "historicalNewsEnd",
    )
    for told in client.application.all("historicalNews", begin):
        yield told.providerCode, told.articleId, told.headline


def _tick_by_tick(client: EverydayVendor, stock: Contract, kind: str, callback: str) -> SimpleNamespace:
    ids: list[int] = []

    def request(request_id: int) -> None:
        ids.append(request_id)
        client.application.reqTickByTickData(request_id, stock, kind, 0, False)

    told = client.ask_once(request, f"tickByTick{callback}")
    client.application.cancelTickByTickData(ids[0])
    return told


def _depth(client: EverydayVendor, stock: Contract) -> Iterator[Row]:
    request_id = client.next_request()
    client.application.reqMktDepth(request_id, stock, 5, True, [])

    def inserted() -> list[SimpleNamespace]:
        return client.application.all("updateMktDepthL2", reqId=request_id, operation=0)

    client.wait_until(lambda: len(inserted()) >= 10, "depth")
    client.application.cancelMktDepth(request_id, True)
    for told in inserted()[:10]:
        yield told.side, told.price


def _greeks(client: EverydayVendor, option: Contract) -> SimpleNamespace:
    begin = len(client.application.calls)
    client.snapshot(option)
    return client.application.all("tickOptionComputation", begin, tickType=MODEL)[0]


def _combination(client: EverydayVendor, stock: Contract) -> Row:
    legs = []
    for number, action in ((stock.conId, "BUY"), (MICROSOFT, "SELL")):
        leg = ComboLeg()
        leg.conId, leg.ratio, leg.action, leg.exchange = number, 1, action, "SMART"
        legs.append(leg)
    spread = client.contract(symbol="TSLA,MSFT", secType="BAG", exchange="SMART", currency="USD")
    spread.comboLegs = legs
    begin = len(client.application.calls)
    client.ask_once(
        lambda i: client.application.reqMktData(i, spread, "", True, False, []), "tickSnapshotEnd"
    )
    told = client.application.all("tickPrice", begin)
    request_id = client.application.all("tickSnapshotEnd", begin)[0].reqId
    prices = {tick.tickType: tick.price for tick in told if tick.reqId == request_id}
    return prices[BID], prices[ASK]


def _what_if(client: EverydayVendor, stock: Contract) -> Row:
    order = client.order("BUY", 300, 10.0)
    order.whatIf = True
    number = client.next_order()
    client.application.placeOrder(number, stock, order)
    state = client.first("openOrder", orderId=number).orderState
    return float(getattr(state, client.COMMISSION)), float(state.initMarginChange)


def _bracket(client: EverydayVendor, stock: Contract) -> list[Row]:
    parent, target, stop = (client.next_order() for _ in range(3))
    protection: Order = client.order("SELL", 100)
    protection.orderType, protection.auxPrice, protection.parentId = "STP", 40.0, parent
    entry, profit = client.order("BUY", 100, 60.0), client.order("SELL", 100, 900.0)
    profit.parentId = parent
    entry.transmit = profit.transmit = False
    for number, order in ((parent, entry), (target, profit), (stop, protection)):
        client.application.placeOrder(number, stock, order)
    rows: list[Row] = []
    for number in (parent, target, stop):
        told = client.first("orderStatus", orderId=number)
        rows.append((told.status, told.whyHeld))
    client.cancel(parent)
    for number in (parent, target, stop):
        client.first("orderStatus", orderId=number, status="Cancelled")
    return rows


def _completed(client: EverydayVendor) -> Iterator[Row]:
    begin = len(client.application.calls)
    client.ask_for(lambda: client.application.reqCompletedOrders(True), "completedOrdersEnd")
    for told in client.application.all("completedOrder", begin):
        yield told.contract.symbol, told.orderState.status
