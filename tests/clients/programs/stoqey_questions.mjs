// What `@stoqey/ib` can ask beyond the everyday, each answer as rows of plain values.

import { DurationUnit, EventName } from "@stoqey/ib";

const MICROSOFT = 272093; // a contract id
const MODEL = 13; // the type of the tick that carries a model's greeks

/** By label, functions that promise the whole answer. `since` is when ticks of the past are to begin, in UTC. */
export function questions(client, stock, option, since) {
  const { api } = client;
  const once = async (event, request) => {
    const id = await client.ask(event, request);
    return client.told(event, [id])[0].slice(2);
  };
  const unasked = async (event, request) => client.told(event, [], await client.askFor(event, request))[0].slice(1);
  const past = async (event, kind) =>
    (await once(event, (id) => api.reqHistoricalTicks(id, stock, since, "", 20, kind, true, true)))[0];
  const tickByTick = async (event, kind) => {
    const id = await client.ask(event, (id) => api.reqTickByTickData(id, stock, kind, 0, false));
    api.cancelTickByTickData(id);
    return client.told(event, [id])[0].slice(2);
  };

  return {
    symbols: async () => {
      const [found] = await once(EventName.symbolSamples, (id) => api.reqMatchingSymbols(id, "AAP"));
      return found.map(({ contract }) => [contract.symbol, contract.secType, contract.currency]);
    },
    head: async () => {
      const [time] = await once(EventName.headTimestamp, (id) => api.reqHeadTimestamp(id, stock, "TRADES", true, 2));
      return [[Number(time)]];
    },
    rule: async () => {
      const [, increments] = await unasked(EventName.marketRule, () => api.reqMarketRule(26));
      return increments.map(({ lowEdge, increment }) => [lowEdge, increment]);
    },
    "past trades": async () =>
      (await past(EventName.historicalTicksLast, "TRADES")).map(({ time, price, size }) => [time, price, size]),
    "past quotes": async () =>
      (await past(EventName.historicalTicksBidAsk, "BID_ASK")).map((one) => [one.time, one.priceBid, one.priceAsk]),
    histogram: async () => {
      const request = (id) => api.reqHistogramData(id, stock, true, 3, DurationUnit.DAY);
      const [items] = await once(EventName.histogramData, request);
      return items.map(({ price, size }) => [price, size]);
    },
    providers: async () => {
      const [found] = await unasked(EventName.newsProviders, () => api.reqNewsProviders());
      return found.map(({ providerCode, providerName }) => [providerCode, providerName]);
    },
    headlines: async () => {
      const request = (id) => api.reqHistoricalNews(id, stock.conId, "BRFG+DJNL", "", "", 5);
      const id = await client.ask(EventName.historicalNewsEnd, request);
      return client.told(EventName.historicalNews, [id]).map(([, , , ...row]) => row);
    },
    "trade by trade": async () => {
      const [, , price, size] = await tickByTick(EventName.tickByTickAllLast, "Last");
      return [[price, size]];
    },
    "quote by quote": async () => {
      const [, bid, ask] = await tickByTick(EventName.tickByTickBidAsk, "BidAsk");
      return [[bid, ask]];
    },
    depth: () => depth(client, stock),
    greeks: async () => {
      const begin = client.events.length;
      await client.snapshot(option);
      const computed = client.told(EventName.tickOptionComputation, [], begin);
      const [, , , , volatility, delta] = computed.find(([, , type]) => type === MODEL);
      return [[volatility, delta]];
    },
    combination: async () => {
      const leg = (conId, action) => ({ conId, ratio: 1, action, exchange: "SMART" });
      const comboLegs = [leg(stock.conId, "BUY"), leg(MICROSOFT, "SELL")];
      const spread = { symbol: "TSLA,MSFT", secType: "BAG", exchange: "SMART", currency: "USD", comboLegs };
      const { bid, ask } = await client.snapshot(spread);
      return [[bid, ask]];
    },
    "what if": () => whatIf(client, stock),
    bracket: () => bracket(client, stock),
    completed: async () => {
      const begin = await client.askFor(EventName.completedOrdersEnd, () => api.reqCompletedOrders(true));
      const rows = client.told(EventName.completedOrder, [], begin);
      return rows.map(([, contract, , state]) => [contract.symbol, state.status]);
    },
  };
}

async function depth(client, stock) {
  const id = client.nextRequest++;
  client.api.reqMktDepth(id, stock, 5, true);
  const inserted = () => client.told(EventName.updateMktDepthL2, [id]).filter((event) => event[4] === 0);
  await client.until(() => inserted().length >= 10, "depth");
  client.api.cancelMktDepth(id, true);
  return inserted().slice(0, 10).map(([, , , , , side, price]) => [side, price]);
}

async function whatIf(client, stock) {
  const number = client.nextOrder++;
  const order = { action: "BUY", totalQuantity: 300, orderType: "LMT", lmtPrice: 10, tif: "DAY" };
  client.api.placeOrder(number, stock, { ...order, transmit: true, whatIf: true });
  const answer = () => client.told(EventName.openOrder, [number]);
  await client.until(() => answer().length, "preview");
  const [[, , , , state]] = answer();
  return [[state.commission, Number(state.initMarginChange)]];
}

async function bracket(client, stock) {
  const numbers = [client.nextOrder++, client.nextOrder++, client.nextOrder++];
  const [parentId] = numbers;
  const all = { totalQuantity: 100, tif: "DAY" };
  const orders = [
    { ...all, action: "BUY", orderType: "LMT", lmtPrice: 60, transmit: false },
    { ...all, action: "SELL", orderType: "LMT", lmtPrice: 900, parentId, transmit: false },
    { ...all, action: "SELL", orderType: "STP", auxPrice: 40, parentId, transmit: true },
  ];
  orders.forEach((order, place) => client.api.placeOrder(numbers[place], stock, order));
  const told = (number) => client.told(EventName.orderStatus, [number]);
  await client.until(() => numbers.every((number) => told(number).length), "statuses of the bracket");
  const rows = numbers.map((number) => [told(number)[0][2], told(number)[0][10]]);
  client.api.cancelOrder(parentId);
  const isCancelled = (number) => told(number).at(-1)[2] === "Cancelled";
  await client.until(() => numbers.every(isCancelled), "the bracket's end");
  return rows;
}
