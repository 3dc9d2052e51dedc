"""An ordinary day of a client: the conversation that the tests judge, from connecting to the scanner.

A program calls `main` with its client, is started with the address of a gateway and a client id, and prints what it saw
as lines of JSON (`tests/clients/sightings.py` says what may be in them). It judges nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, Final

from everyday import EverydayClient, Placed, Refused, Row, SayWhatIsLogged, say

NO_CONTRACT: Final = 999_999_999
NEVER_PLACED: Final = 987_654
FAR_BELOW: Final = 0.5
"""A limit at this part of the price rests."""
SUMMARY: Final = "NetLiquidation,TotalCashValue,AccountType"

Connect = Callable[[str, int, int], EverydayClient]
Questions = Callable[[Any, Any, Any, str], dict[str, Callable[[], list[Row]]]]
"""What a client can ask beyond the everyday, by label: of the client, a stock, an option, and a time in UTC from which
ticks of the past are to begin."""


def main(connect: Connect, questions: Questions) -> None:
    """Live through a day, with the client ids from the given one on."""
    logging.basicConfig(level=logging.WARNING, handlers=[SayWhatIsLogged()])
    host, port, number, since = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    trader, onlooker = connect(host, port, number), connect(host, port, number + 1)
    account = welcome(trader)
    lively = trader.qualified("TSLA")
    bars = trader.real_time_bars(lively)
    contracts(trader)
    quotes(trader)
    history(trader)
    an_order_that_rests(trader, onlooker)
    an_order_that_outlives_its_client(lambda: connect(host, port, number + 2), onlooker)
    orders_at_the_market(trader, onlooker, account)
    refused_orders(trader)
    the_account(trader, account)
    a_scan(trader)
    chain = calls(trader)
    for asked, ask in questions(trader, lively, chain[len(chain) // 2], since).items():
        say("answer", asked=asked, rows=ask())
    trader.wait_until(bars, "bar of five seconds")
    say("answer", asked="bars of five seconds", rows=bars())
    trader.close()
    onlooker.close()
    say("end")


def welcome(client: EverydayClient) -> str:
    """Who the gateway says it is; the account to trade in."""
    for code in (2104, 2106, 2158):
        client.wait_for_code(-1, code)
    say("connected", client=client.number, server_version=client.server_version, accounts=client.accounts())
    return client.accounts()[0]


def contracts(client: EverydayClient) -> None:
    """A stock, the months of a future, one of them, and one that is not there."""
    details(client, "AAPL", client.stock("AAPL"))
    wanted = client.contract(symbol="ES", secType="FUT", exchange="CME", currency="USD")
    months = details(client, "ES", wanted)
    wanted.lastTradeDateOrContractMonth = months[0].contractMonth
    details(client, "ES, one month", wanted)
    refused("details", lambda: client.details(client.stock("NOSUCH")))


def details(client: EverydayClient, asked: str, contract: Any) -> list[Any]:
    """Ask for the details of contracts, and say them."""
    found = client.details(contract)
    say("details", asked=asked, found=[_details(one) for one in found])
    return found


def _details(found: Any) -> dict[str, object]:
    contract = found.contract
    return {
        "contract_id": contract.conId,
        "symbol": contract.symbol,
        "security_type": contract.secType,
        "exchange": contract.exchange,
        "primary_exchange": contract.primaryExchange,
        "currency": contract.currency,
        "local_symbol": contract.localSymbol,
        "trading_class": contract.tradingClass,
        "multiplier": contract.multiplier,
        "expiry": contract.lastTradeDateOrContractMonth,
        "strike": contract.strike,
        "right": contract.right,
        "long_name": found.longName,
        "minimum_tick": found.minTick,
        "stock_type": found.stockType,
        "contract_month": found.contractMonth,
    }


def refused(asked: str, request: Callable[[], object]) -> None:
    """Ask for something that is not there."""
    try:
        request()
    except Refused as refusal:
        say("refused", asked=asked, code=refusal.code, text=refusal.text)


def calls(client: EverydayClient) -> list[Any]:
    """The calls on Apple of the first expiry that lies ahead, by strike; what is told of the chain is said."""
    apple = client.qualified("AAPL")
    chains = client.option_chains(apple)
    say("chains", asked="AAPL", chains=[chain._asdict() for chain in chains])
    chain = next(one for one in chains if one.exchange == "SMART")
    expiry = chain.expirations[1]  # the first may be today
    wanted = client.contract(symbol="AAPL", secType="OPT", exchange="SMART", currency="USD")
    wanted.lastTradeDateOrContractMonth = expiry
    listed = [one.contract for one in details(client, "AAPL options", wanted)]
    return sorted((one for one in listed if one.right[:1] == "C"), key=lambda option: option.strike)


def quotes(client: EverydayClient) -> None:
    """Snapshots, a stream, an option's price."""
    microsoft = client.qualified("MSFT")
    quote(client, "MSFT", microsoft)
    prices = client.watch(microsoft)
    client.wait_until(lambda: len(set(prices().bids)) >= 3, "third bid")
    say("prices", asked="MSFT", **prices()._asdict())
    quote(client, "AAPL", client.qualified("AAPL"))
    quote(client, "AAPL, deepest call", calls(client)[0])
    refused("quote", lambda: client.snapshot(client.contract(conId=NO_CONTRACT, exchange="SMART")))


def quote(client: EverydayClient, asked: str, contract: Any) -> float:
    """Ask for one quote, and say it; its bid."""
    told = client.snapshot(contract)
    say("quote", asked=asked, contract_id=contract.conId, **told._asdict())
    return told.bid


def history(client: EverydayClient) -> None:
    """A year of days, a day of minutes."""
    contract = client.qualified("IBM")
    for duration, size in (("1 Y", "1 day"), ("2 D", "5 mins")):
        bars = client.bars(contract, duration, size)
        say(
            "bars",
            asked=size,
            contract_id=contract.conId,
            bars=[[b.date, b.open, b.high, b.low, b.close, b.volume, b.barCount] for b in bars],
        )
    quote(client, "IBM", contract)
    unknown = client.contract(conId=NO_CONTRACT, exchange="SMART")
    refused("bars", lambda: client.bars(unknown, "1 Y", "1 day"))


def placed_as(label: str, placed: Placed, client: EverydayClient) -> Placed:
    """Say what an order is for."""
    say("placed", label=label, client=client.number, order=placed.number)
    return placed


def listed_orders(client: EverydayClient, moment: str) -> None:
    """Say which orders live, as this client sees it."""
    rows = client.open_orders()
    say("open_orders", moment=moment, client=client.number, orders=[row._asdict() for row in rows])


def an_order_that_rests(client: EverydayClient, onlooker: EverydayClient) -> None:
    """Placed far below the market, changed, cancelled; another client looks on."""
    contract = client.qualified("KO")
    limit = round(client.snapshot(contract).bid * FAR_BELOW, 2)
    placed = placed_as("rests", client.rest(contract, 200, limit), client)
    listed_orders(onlooker, "placed")
    client.change(placed, round(limit + 1.25, 2))
    client.open_orders()  # answered behind the change
    listed_orders(onlooker, "changed")
    client.cancel(placed.number)
    client.wait_for_code(placed.number, 202)
    listed_orders(onlooker, "cancelled")
    say("limits", placed=limit, changed=round(limit + 1.25, 2))


def an_order_that_outlives_its_client(
    connect: Callable[[], EverydayClient], onlooker: EverydayClient
) -> None:
    """Its client leaves, and comes back under the same id."""
    client = connect()
    contract = client.qualified("KO")
    limit = round(client.snapshot(contract).bid * FAR_BELOW, 2)
    placed = placed_as("left behind", client.rest(contract, 200, limit), client)
    client.close()
    listed_orders(onlooker, "left")
    returned = connect()
    listed_orders(returned, "returned")
    returned.cancel(placed.number)
    returned.wait_for_code(placed.number, 202)
    returned.close()


def orders_at_the_market(client: EverydayClient, onlooker: EverydayClient, account: str) -> None:
    """Purchases and sales, with what the account says before and after."""
    verizon = client.qualified("VZ")
    prices = client.watch(verizon)
    client.wait_until(lambda: prices().bids and prices().asks, "bid and ask")
    for label, action, quantity in (("buy", "BUY", 100), ("sell", "SELL", 100), ("buy 700", "BUY", 700)):
        placed_as(label, client.trade(verizon, action, quantity), client)
        say("prices", asked=label, **prices()._asdict())
    nike = client.qualified("NKE")
    for quantity in (200, 300, 500):
        placed_as(f"{quantity} for a commission", client.trade(nike, "BUY", quantity), client)
    cisco = client.qualified("CSCO")
    measured(client, "stock", cisco, "BUY", 300, account)
    measured(client, "sale", cisco, "SELL", 100, account)
    chain = calls(client)
    measured(client, "option", chain[len(chain) // 2], "BUY", 2, account)
    rows = onlooker.executions()
    say("executions", client=onlooker.number, executions=[row._asdict() for row in rows])


def measured(
    client: EverydayClient, label: str, contract: Any, action: str, quantity: int, account: str
) -> None:
    """A trade between two looks at the account and the positions."""
    look(client, f"before {label}", account)
    placed_as(label, client.trade(contract, action, quantity), client)
    say("traded", label=label, contract_id=contract.conId, quantity=quantity)
    look(client, f"after {label}", account)


def look(client: EverydayClient, moment: str, account: str) -> None:
    """Say what the account and the positions are."""
    told = client.account(account)
    say("account", moment=moment, **told._asdict())
    held = client.holdings()
    say("holdings", moment=moment, held={number: list(holding) for number, holding in held.items()})


def refused_orders(client: EverydayClient) -> None:
    """Orders that can't be, and cancellations of what can't be cancelled."""
    unknown = placed_as("unknown contract", client.place(client.stock("NOSUCH"), "BUY", 100, 10.0), client)
    client.wait_for_code(unknown.number, 200)
    beyond = placed_as("beyond means", client.place(client.qualified("GS"), "BUY", 100_000), client)
    client.wait_for_code(beyond.number, 201)
    client.cancel(NEVER_PLACED)
    client.wait_for_code(NEVER_PLACED, 10147)
    filled = placed_as("filled", client.trade(client.qualified("VZ"), "BUY", 100), client)
    client.cancel(filled.number)
    client.wait_for_code(filled.number, 10148)


def the_account(client: EverydayClient, account: str) -> None:
    """Values that fit together: the download, the summary, the profit of a position."""
    gamble = client.qualified("PG")
    placed_as("PG", client.trade(gamble, "BUY", 100), client)
    look(client, "PG", account)
    say("summary", tags=SUMMARY, rows=[row._asdict() for row in client.summary(SUMMARY)])
    profit = client.profit(account, gamble.conId)
    say("profit", contract_id=gamble.conId, **profit._asdict())


def a_scan(client: EverydayClient) -> None:
    """What gained most, and what three of them did gain."""
    found = client.scan("TOP_PERC_GAIN")
    say("scan", code="TOP_PERC_GAIN", symbols=found)
    for symbol in (found[0], found[len(found) // 2], found[-1]):
        quote(client, f"gainer {symbol}", client.qualified(symbol))
