// A day with `@stoqey/ib`: the same conversation as day.py, printed as lines of JSON.

import { Client, Refused, say, stock } from "./stoqey.mjs";
import { questions } from "./stoqey_questions.mjs";

const [HOST, PORT, NUMBER] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const SINCE = process.argv[5];
const NO_CONTRACT = 999_999_999;
const NEVER_PLACED = 987_654;
const FAR_BELOW = 0.5; // a limit at this part of the price rests
const SUMMARY = "NetLiquidation,TotalCashValue,AccountType";

const cents = (price) => Math.round(price * 100) / 100;
const connected = (number) => new Client(HOST, PORT, number).connect();

async function sayDetails(client, asked, contract) {
  const found = await client.details(contract);
  say("details", {
    asked,
    found: found.map(({ contract, longName, minTick, stockType, contractMonth }) => ({
      contract_id: contract.conId,
      symbol: contract.symbol,
      security_type: contract.secType,
      exchange: contract.exchange,
      primary_exchange: contract.primaryExch ?? "",
      currency: contract.currency,
      local_symbol: contract.localSymbol,
      trading_class: contract.tradingClass,
      multiplier: contract.multiplier ?? "",
      expiry: contract.lastTradeDateOrContractMonth ?? "",
      strike: contract.strike ?? 0,
      right: contract.right ?? "",
      long_name: longName,
      minimum_tick: minTick,
      stock_type: stockType ?? "",
      contract_month: contractMonth ?? "",
    })),
  });
  return found;
}

async function sayRefused(asked, request) {
  try {
    await request();
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    say("refused", { asked, code: refusal.code, text: refusal.message });
  }
}

async function sayQuote(client, asked, contract) {
  const quote = await client.snapshot(contract);
  say("quote", { asked, contract_id: contract.conId, ...quote });
  return quote.bid;
}

const sayOrders = async (client, moment) =>
  say("open_orders", { moment, client: client.number, orders: await client.openOrders() });

async function look(client, moment) {
  say("account", { moment, ...(await client.account(client.accounts[0])) });
  say("holdings", { moment, held: await client.holdings() });
}

/** The calls on Apple of the first expiry that lies ahead, by strike. */
async function calls(client) {
  const chains = await client.optionChains(await client.qualified("AAPL"));
  say("chains", { asked: "AAPL", chains });
  const [, expiry] = chains.find(({ exchange }) => exchange === "SMART").expirations; // the first may be today
  const wanted = { ...stock("AAPL"), secType: "OPT", lastTradeDateOrContractMonth: expiry };
  const listed = (await sayDetails(client, "AAPL options", wanted)).map(({ contract }) => contract);
  return listed.filter(({ right }) => right === "C").sort((one, other) => one.strike - other.strike);
}

async function contractsQuotesAndBars(client) {
  await sayDetails(client, "AAPL", stock("AAPL"));
  const wanted = { symbol: "ES", secType: "FUT", exchange: "CME", currency: "USD" };
  const [{ contractMonth }] = await sayDetails(client, "ES", wanted);
  await sayDetails(client, "ES, one month", { ...wanted, lastTradeDateOrContractMonth: contractMonth });
  await sayRefused("details", () => client.details(stock("NOSUCH")));

  const unknown = { conId: NO_CONTRACT, exchange: "SMART" };
  const microsoft = await client.qualified("MSFT");
  await sayQuote(client, "MSFT", microsoft);
  const prices = client.watch(microsoft);
  await client.until(() => new Set(prices().bids).size >= 3, "third bid");
  say("prices", { asked: "MSFT", ...prices() });
  await sayQuote(client, "AAPL", await client.qualified("AAPL"));
  await sayQuote(client, "AAPL, deepest call", (await calls(client))[0]);
  await sayRefused("quote", () => client.snapshot(unknown));

  const contract = await client.qualified("IBM");
  for (const [duration, size] of [["1 Y", "1 day"], ["2 D", "5 mins"]]) {
    say("bars", { asked: size, contract_id: contract.conId, bars: await client.bars(contract, duration, size) });
  }
  await sayQuote(client, "IBM", contract);
  await sayRefused("bars", () => client.bars(unknown, "1 Y", "1 day"));
}

async function ordersThatRest(client, onlooker) {
  const contract = await client.qualified("KO");
  const limit = cents((await client.snapshot(contract)).bid * FAR_BELOW);
  const placed = await client.rest("rests", contract, 200, limit);
  await sayOrders(onlooker, "placed");
  client.change(placed, cents(limit + 1.25));
  await client.openOrders(); // answered behind the change
  await sayOrders(onlooker, "changed");
  client.api.cancelOrder(placed.number);
  await client.untilCode(placed.number, 202);
  await sayOrders(onlooker, "cancelled");
  say("limits", { placed: limit, changed: cents(limit + 1.25) });

  const leaving = await connected(NUMBER + 2);
  const left = await leaving.rest("left behind", contract, 200, limit);
  await leaving.close();
  await sayOrders(onlooker, "left");
  const returned = await connected(NUMBER + 2);
  await sayOrders(returned, "returned");
  returned.api.cancelOrder(left.number);
  await returned.untilCode(left.number, 202);
  await returned.close();
}

async function measured(client, label, contract, action, quantity) {
  await look(client, `before ${label}`);
  await client.trade(label, contract, action, quantity);
  say("traded", { label, contract_id: contract.conId, quantity });
  await look(client, `after ${label}`);
}

async function ordersAtTheMarket(client, onlooker) {
  const verizon = await client.qualified("VZ");
  const prices = client.watch(verizon);
  await client.until(() => prices().bids.length && prices().asks.length, "bid and ask");
  for (const [label, action, quantity] of [["buy", "BUY", 100], ["sell", "SELL", 100], ["buy 700", "BUY", 700]]) {
    await client.trade(label, verizon, action, quantity);
    say("prices", { asked: label, ...prices() });
  }
  const nike = await client.qualified("NKE");
  for (const quantity of [200, 300, 500]) await client.trade(`${quantity} for a commission`, nike, "BUY", quantity);
  const cisco = await client.qualified("CSCO");
  await measured(client, "stock", cisco, "BUY", 300);
  await measured(client, "sale", cisco, "SELL", 100);
  const chain = await calls(client);
  await measured(client, "option", chain[Math.floor(chain.length / 2)], "BUY", 2);
  say("executions", { client: onlooker.number, executions: await onlooker.executions() });
}

async function refusedOrders(client) {
  const unknown = client.place("unknown contract", stock("NOSUCH"), "BUY", 100, 10);
  await client.untilCode(unknown.number, 200);
  const beyond = client.place("beyond means", await client.qualified("GS"), "BUY", 100_000);
  await client.untilCode(beyond.number, 201);
  client.api.cancelOrder(NEVER_PLACED);
  await client.untilCode(NEVER_PLACED, 10147);
  const filled = await client.trade("filled", await client.qualified("VZ"), "BUY", 100);
  client.api.cancelOrder(filled.number);
  await client.untilCode(filled.number, 10148);
}

async function accountAndScan(client) {
  const gamble = await client.qualified("PG");
  await client.trade("PG", gamble, "BUY", 100);
  await look(client, "PG");
  say("summary", { tags: SUMMARY, rows: await client.summary(SUMMARY) });
  say("profit", { contract_id: gamble.conId, ...(await client.profit(client.accounts[0], gamble.conId)) });
  const symbols = await client.scan("TOP_PERC_GAIN");
  say("scan", { code: "TOP_PERC_GAIN", symbols });
  for (const symbol of [symbols[0], symbols[Math.floor(symbols.length / 2)], symbols.at(-1)]) {
    await sayQuote(client, `gainer ${symbol}`, await client.qualified(symbol));
  }
}

const trader = await connected(NUMBER);
const onlooker = await connected(NUMBER + 1);
say("connected", { client: NUMBER, server_version: trader.api.serverVersion, accounts: trader.accounts });
const lively = await trader.qualified("TSLA");
const bars = trader.realTimeBars(lively);
await contractsQuotesAndBars(trader);
await ordersThatRest(trader, onlooker);
await ordersAtTheMarket(trader, onlooker);
await refusedOrders(trader);
await accountAndScan(trader);
const chain = await calls(trader);
const asked = questions(trader, lively, chain[Math.floor(chain.length / 2)], SINCE);
for (const [label, ask] of Object.entries(asked)) say("answer", { asked: label, rows: await ask() });
await trader.until(() => bars().length, "bar of five seconds");
say("answer", { asked: "bars of five seconds", rows: bars() });
await Promise.all([trader.close(), onlooker.close()]);
say("end");
