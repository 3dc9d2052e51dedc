"""What `ib_insync` and `ib_async` can ask beyond the everyday, each answer as rows of plain values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from everyday import MICROSOFT, Row
from insync import EverydayInsync


def questions(
    client: EverydayInsync, stock: Any, option: Any, since: str
) -> dict[str, Callable[[], list[Row]]]:
    """By label. Each waits for the whole answer; raises Refused and TimeoutError."""
    ib = client.ib

    def past(kind: str) -> list[Any]:
        return list(ib.reqHistoricalTicks(stock, since, "", 20, kind, useRth=True, ignoreSize=True))

    return {
        "symbols": lambda: [
            (one.contract.symbol, one.contract.secType, one.contract.currency)
            for one in ib.reqMatchingSymbols("AAP")
        ],
        "head": lambda: [(int(ib.reqHeadTimeStamp(stock, "TRADES", True, formatDate=2).timestamp()),)],
        "rule": lambda: [(one.lowEdge, one.increment) for one in ib.reqMarketRule(26)],
        "past trades": lambda: [
            (int(one.time.timestamp()), one.price, float(one.size)) for one in past("TRADES")
        ],
        "past quotes": lambda: [
            (int(one.time.timestamp()), one.priceBid, one.priceAsk) for one in past("BID_ASK")
        ],
        "histogram": lambda: [
            (one.price, float(one.count)) for one in ib.reqHistogramData(stock, True, "3 days")
        ],
        "providers": lambda: [(one.code, one.name) for one in ib.reqNewsProviders()],
        "headlines": lambda: [
            (one.providerCode, one.articleId, one.headline)
            for one in ib.reqHistoricalNews(stock.conId, "BRFG+DJNL", "", "", 5)
        ],
        "trade by trade": lambda: [
            (one.price, float(one.size)) for one in _tick_by_tick(client, stock, "Last")
        ],
        "quote by quote": lambda: [
            (one.bidPrice, one.askPrice) for one in _tick_by_tick(client, stock, "BidAsk")
        ],
        "depth": lambda: _depth(client, stock),
        "greeks": lambda: _greeks(client, option),
        "combination": lambda: _combination(client, stock),
        "what if": lambda: _what_if(client, stock),
        "bracket": lambda: _bracket(client, stock),
        "completed": lambda: [
            (trade.contract.symbol, trade.orderStatus.status) for trade in ib.reqCompletedOrders(True)
        ],
    }


def _tick_by_tick(client: EverydayInsync, stock: Any, kind: str) -> list[Any]:
    heard: list[Any] = []
    ticker = client.ib.reqTickByTickData(stock, kind)
    ticker.updateEvent += lambda ticker: heard.extend(ticker.tickByTicks)
    client.wait_until(lambda: heard, f"{kind} tick by tick")
    client.ib.cancelTickByTickData(stock, kind)
    return heard[:1]


def _depth(client: EverydayInsync, stock: Any) -> list[Row]:
    ticker = client.ib.reqMktDepth(stock, 5, isSmartDepth=True)
    client.wait_until(lambda: len(ticker.domBids) == len(ticker.domAsks) == 5, "depth")
    rows: list[Row] = [(1, level.price) for level in ticker.domBids]
    rows += [(0, level.price) for level in ticker.domAsks]
    client.ib.cancelMktDepth(stock, isSmartDepth=True)
    return rows


def _greeks(client: EverydayInsync, option: Any) -> list[Row]:
    (ticker,) = client.ib.reqTickers(option)
    return [(ticker.modelGreeks.impliedVol, ticker.modelGreeks.delta)]


def _combination(client: EverydayInsync, stock: Any) -> list[Row]:
    legs = [
        client.package.ComboLeg(conId=number, ratio=1, action=action, exchange="SMART")
        for number, action in ((stock.conId, "BUY"), (MICROSOFT, "SELL"))
    ]
    spread = client.package.Bag(symbol="TSLA,MSFT", exchange="SMART", currency="USD", comboLegs=legs)
    (ticker,) = client.ib.reqTickers(spread)
    return [(ticker.bid, ticker.ask)]


def _what_if(client: EverydayInsync, stock: Any) -> list[Row]:
    state = client.ib.whatIfOrder(stock, client.package.LimitOrder("BUY", 300, 10.0, tif="DAY"))
    return [(state.commission, float(state.initMarginChange))]


def _bracket(client: EverydayInsync, stock: Any) -> list[Row]:
    bracket = client.ib.bracketOrder("BUY", 100, 60.0, 900.0, 40.0, tif="DAY")
    trades = [client.ib.placeOrder(stock, order) for order in bracket]
    client.wait_until(lambda: trades[-1].orderStatus.status == "PreSubmitted", "the bracket's last leg")
    rows: list[Row] = [(trade.orderStatus.status, trade.orderStatus.whyHeld) for trade in trades]
    client.ib.cancelOrder(trades[0].order)
    client.wait_until(lambda: {trade.orderStatus.status for trade in trades} == {"Cancelled"}, "its end")
    return rows
