"""`ib_async` alone: used from coroutines, as most of its users do, and what it keeps in step by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ib_async import IB, Contract, LimitOrder, MarketOrder, Stock, Trade

from tests.clients.conftest import CLIENT_NUMBERS
from tests.clients.gateway_process import GatewayProcess
from tests.clients.vendor_application import ACCOUNT, DEADLINE

Day = Callable[[IB], Awaitable[None]]


@asynccontextmanager
async def connected(gateway: GatewayProcess, number: int | None = None) -> AsyncIterator[IB]:
    """A client in the loop that runs. Connecting fails when any of what it asks for at its start is not answered."""
    number = next(CLIENT_NUMBERS) if number is None else number
    ib = IB()
    try:
        await ib.connectAsync(gateway.host, gateway.port, number, timeout=DEADLINE, raiseSyncErrors=True)
        yield ib
    finally:
        ib.disconnect()
        await asyncio.sleep(0)  # one turn, in which the transport closes its socket


async def qualified(ib: IB, symbol: str) -> Contract:
    """A stock, completed by the gateway."""
    (contract,) = await ib.qualifyContractsAsync(Stock(symbol, "SMART", "USD"))
    return contract


def next_of(event: Any) -> Awaitable[Any]:
    """What an event says next; listens from now on."""
    heard: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def hear(*values: Any) -> None:
        if not heard.done():
            heard.set_result(values)

    event += hear
    return asyncio.wait_for(heard, DEADLINE)


async def until_status(trade: Trade, *statuses: str) -> None:
    """Wait until an order has come so far."""
    while trade.orderStatus.status not in statuses:
        await next_of(trade.statusEvent)


def test_what_it_asks_for_at_its_start_is_known_when_it_is_connected(gateway: GatewayProcess) -> None:
    async def day() -> None:
        async with connected(gateway) as first:
            trade = first.placeOrder(await qualified(first, "MRK"), MarketOrder("BUY", 100, tif="DAY"))
            await next_of(trade.commissionReportEvent)
            resting = first.placeOrder(trade.contract, LimitOrder("BUY", 100, 20.0, tif="DAY"))
            await until_status(resting, "Submitted")
            number = first.client.clientId

        async with connected(gateway, number) as returned:
            assert returned.managedAccounts() == [ACCOUNT]
            assert 100 in [held.position for held in returned.positions() if held.contract.symbol == "MRK"]
            assert [(t.order.orderId, t.order.lmtPrice) for t in returned.openTrades()] == [
                (resting.order.orderId, 20.0)
            ]
            assert trade.fills[0].execution.execId in [fill.execution.execId for fill in returned.fills()]
            assert any(row.tag == "NetLiquidation" for row in returned.accountValues())
            returned.cancelOrder(returned.openTrades()[0].order)
            await next_of(returned.errorEvent)

    asyncio.run(day())


def test_a_number_that_is_in_use_is_turned_away_with_326(gateway: GatewayProcess) -> None:
    async def day() -> None:
        async with connected(gateway) as first:
            latecomer, codes = IB(), []
            latecomer.errorEvent += lambda _id, code, _text, _contract: codes.append(code)

            with pytest.raises((ConnectionError, TimeoutError)):
                await latecomer.connectAsync(gateway.host, gateway.port, first.client.clientId, timeout=1)

            assert 326 in codes
            assert not latecomer.isConnected()
            assert first.isConnected()
            assert await asyncio.wait_for(first.reqCurrentTimeAsync(), DEADLINE)

    asyncio.run(day())


def test_several_requests_at_once_are_each_answered_with_their_own(gateway: GatewayProcess) -> None:
    async def day() -> None:
        async with connected(gateway) as ib:
            symbols = ["CAT", "DIS", "NKE", "PG"]
            contracts = await asyncio.gather(*(qualified(ib, symbol) for symbol in symbols))
            histories = await asyncio.gather(
                *(ib.reqHistoricalDataAsync(c, "", "1 M", "1 day", "TRADES", True) for c in contracts)
            )
            tickers = await ib.reqTickersAsync(*contracts)

        assert [contract.symbol for contract in contracts] == symbols
        assert [ticker.contract.symbol for ticker in tickers] == symbols
        for bars, ticker in zip(histories, tickers, strict=True):
            assert bars[-1].close == pytest.approx(ticker.last, rel=0.1)

    asyncio.run(day())


def test_a_trade_follows_its_order_to_the_end(gateway: GatewayProcess) -> None:
    async def day() -> None:
        async with connected(gateway) as ib:
            contract = await qualified(ib, "DIS")
            trade = ib.placeOrder(contract, MarketOrder("BUY", 100, tif="DAY"))
            filled = next_of(trade.filledEvent)
            _, fill, report = await next_of(trade.commissionReportEvent)
            await filled

        assert trade.isDone()
        assert [entry.status for entry in trade.log if not entry.message] == [
            "PendingSubmit",  # by the client itself
            "PreSubmitted",
            "Filled",
        ]
        assert trade.orderStatus.avgFillPrice == fill.execution.price
        assert (report.commission, report.currency) == (1.0, "USD")
        assert (fill.execution.side, fill.execution.shares) == ("BOT", 100)

    asyncio.run(day())


def test_the_legs_of_a_bracket_wait_for_their_parent_and_end_with_it(gateway: GatewayProcess) -> None:
    async def day() -> None:
        async with connected(gateway) as ib:
            contract = await qualified(ib, "DIS")
            bracket = ib.bracketOrder("BUY", 100, 60.0, 80.0, 40.0, tif="DAY")
            parent, target, stop = [ib.placeOrder(contract, order) for order in bracket]
            await until_status(stop, "PreSubmitted")

            assert parent.orderStatus.status == "Submitted"
            assert (target.orderStatus.status, target.orderStatus.whyHeld) == ("PreSubmitted", "child")
            assert stop.orderStatus.whyHeld == "child,trigger"

            ib.cancelOrder(parent.order)
            for trade in (parent, target, stop):
                await until_status(trade, "Cancelled")

    asyncio.run(day())


def test_a_what_if_order_tells_margin_and_commission(gateway: GatewayProcess) -> None:
    async def day() -> None:
        async with connected(gateway) as ib:
            contract = await qualified(ib, "DIS")
            (ticker,) = await ib.reqTickersAsync(contract)
            state = await ib.whatIfOrderAsync(contract, MarketOrder("BUY", 300, tif="DAY"))

        assert state.commission == 1.5
        change = float(state.initMarginAfter) - float(state.initMarginBefore)
        assert float(state.initMarginChange) == pytest.approx(change, abs=0.01)
        assert 0 < change < 300 * ticker.ask

    asyncio.run(day())


def test_the_account_summary_agrees_with_the_account_values(gateway: GatewayProcess) -> None:
    async def day() -> None:
        async with connected(gateway) as ib:
            summary = {row.tag: row.value for row in await ib.accountSummaryAsync() if row.currency == "USD"}
            values = {row.tag: row.value for row in ib.accountValues() if row.currency == "USD"}

        assert summary["TotalCashValue"] == values["TotalCashValue"]
        assert {"NetLiquidation", "BuyingPower", "AvailableFunds"} <= summary.keys()

    asyncio.run(day())
