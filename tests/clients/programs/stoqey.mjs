// `@stoqey/ib`, the client for Node, as its users would use it: its events, and promises of what they answer.

import { EventName, IBApi, ScanCode } from "@stoqey/ib";

const DEADLINE = 15_000; // milliseconds that any one answer may take
const FIRST_REQUEST = 1_000_000; // request ids are counted from here, out of the way of order ids
const [BID, ASK, LAST, CLOSE] = [1, 2, 4, 9];

/** Print one line: what was seen, as JSON. */
export const say = (saw, what = {}) => process.stdout.write(JSON.stringify({ saw, ...what }) + "\n");

/** The gateway answered a request with an error. */
export class Refused extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

/** The client, with a record of all its events, promises of answers, and what became of its orders. */
export class Client {
  constructor(host, port, number) {
    this.number = number;
    this.events = []; // [name, ...arguments], in order
    this.orders = new Map(); // what was told of each, by number
    this.waiting = new Set();
    this.nextRequest = FIRST_REQUEST;
    this.api = new IBApi({ host, port, clientId: number });
    this.api.on(EventName.all, (name, args) => this.hear(name, args));
    this.api.on(EventName.error, (error, code, id) => this.hearNotice(id, code, error.message));
    this.api.on(EventName.info, (text, code) => this.hearNotice(-1, code, text));
    this.api.on(EventName.orderStatus, (order, status, filled, remaining, average_price) => {
      say("order_status", { client: number, order, status, filled, remaining, average_price });
      if (this.orders.has(order)) this.orders.get(order).status = status;
    });
    this.api.on(EventName.execDetails, (request, _contract, told) => {
      if (request !== -1) return; // asked for
      const row = execution(told);
      say("execution", { told: number, ...row });
      this.orders.get(row.order)?.executed.set(row.id, row.quantity);
    });
    this.api.on(EventName.commissionReport, ({ execId, commission, currency }) => {
      say("commission", { told: number, execution: execId, commission, currency });
      for (const order of this.orders.values()) if (order.executed.has(execId)) order.paid.add(execId);
    });
  }

  hear(name, args) {
    if (name === EventName.sent || name === EventName.received) return;
    this.events.push([name, ...args]);
    queueMicrotask(() => this.waiting.forEach((look) => look())); // behind the listeners above
  }

  hearNotice(number, code, text) {
    say("notice", { client: this.number, number, code, text });
    this.events.push(["notice", number, code, text]);
  }

  /** Events of a name whose first arguments are these, from a place in the record on. */
  told(name, first = [], since = 0) {
    const fits = (event) => event[0] === name && first.every((value, place) => event[place + 1] === value);
    return this.events.slice(since).filter(fits);
  }

  until(condition, what) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no ${what} within ${DEADLINE} ms`)), DEADLINE);
      const look = () => {
        if (!condition()) return;
        clearTimeout(late);
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
  }

  /** Make a request with a new id, and wait for the end of its answer; the id. */
  async ask(end, request, isEnd = () => true) {
    const id = this.nextRequest++;
    request(id);
    const ended = () => this.told(end, [id]).some(isEnd);
    await this.until(() => ended() || this.told("notice", [id]).length, `${end} of ${id}`);
    const [refusal] = ended() ? [] : this.told("notice", [id]);
    if (refusal) throw new Refused(refusal[2], refusal[3]);
    return id;
  }

  /** Make a request that has no id; where in the record its answer begins. */
  async askFor(end, request) {
    const begin = this.events.length;
    request();
    await this.until(() => this.told(end, [], begin).length, end);
    return begin;
  }

  async connect() {
    this.api.connect();
    await this.until(() => this.told(EventName.nextValidId).length, "nextValidId");
    for (const code of [2104, 2106, 2158]) await this.untilCode(-1, code);
    this.nextOrder = this.told(EventName.nextValidId)[0][1];
    this.accounts = this.told(EventName.managedAccounts)[0][1].split(",");
    return this;
  }

  async close() {
    this.api.disconnect();
    await this.until(() => this.told(EventName.disconnected).length, "end of the connection");
  }

  untilCode(number, code) {
    return this.until(() => this.told("notice", [number, code]).length, `code ${code} about ${number}`);
  }

  async details(contract) {
    const id = await this.ask(EventName.contractDetailsEnd, (id) => this.api.reqContractDetails(id, contract));
    return this.told(EventName.contractDetails, [id]).map(([, , found]) => found);
  }

  async qualified(symbol) {
    return (await this.details(stock(symbol)))[0].contract;
  }

  async optionChains({ symbol, secType, conId }) {
    const request = (id) => this.api.reqSecDefOptParams(id, symbol, "", secType, conId);
    const id = await this.ask(EventName.securityDefinitionOptionParameterEnd, request);
    const rows = this.told(EventName.securityDefinitionOptionParameter, [id]);
    return rows.map(([, , exchange, underlying, trading_class, multiplier, expirations, strikes]) => ({
      exchange,
      underlying,
      trading_class,
      multiplier,
      expirations: [...expirations].sort(),
      strikes: [...strikes].sort((a, b) => a - b),
    }));
  }

  async snapshot(contract) {
    const request = (id) => this.api.reqMktData(id, contract, "", true, false);
    const id = await this.ask(EventName.tickSnapshotEnd, request);
    const prices = new Map(this.told(EventName.tickPrice, [id]).map(([, , type, price]) => [type, price]));
    return { bid: prices.get(BID), ask: prices.get(ASK), last: prices.get(LAST), close: prices.get(CLOSE) };
  }

  /** Start a stream; call what it returns for the prices so far. */
  watch(contract) {
    const id = this.nextRequest++;
    this.api.reqMktData(id, contract, "", false, false);
    const prices = (type) => this.told(EventName.tickPrice, [id, type]).map(([, , , price]) => price);
    return () => ({ bids: prices(BID), asks: prices(ASK) });
  }

  async bars(contract, duration, size) {
    const request = (id) =>
      this.api.reqHistoricalData(id, contract, "", duration, size, "TRADES", true, 1, false);
    const isEnd = ([, , date]) => date.startsWith("finished");
    const id = await this.ask(EventName.historicalData, request, isEnd);
    const rows = this.told(EventName.historicalData, [id]).filter((event) => !isEnd(event));
    return rows.map(([, , date, open, high, low, close, volume, count]) => [
      date, open, high, low, close, volume, count,
    ]);
  }

  place(label, contract, action, totalQuantity, lmtPrice) {
    const number = this.nextOrder++;
    const type = lmtPrice === undefined ? { orderType: "MKT" } : { orderType: "LMT", lmtPrice };
    const order = { action, totalQuantity, tif: "DAY", transmit: true, ...type };
    const placed = { number, contract, order, status: "", executed: new Map(), paid: new Set() };
    this.orders.set(number, placed);
    say("placed", { label, client: this.number, order: number });
    this.api.placeOrder(number, contract, order);
    return placed;
  }

  change(placed, lmtPrice) {
    placed.order.lmtPrice = lmtPrice;
    this.api.placeOrder(placed.number, placed.contract, placed.order);
  }

  async rest(label, contract, quantity, limit) {
    const placed = this.place(label, contract, "BUY", quantity, limit);
    await this.until(() => placed.status === "Submitted", `status Submitted of order ${placed.number}`);
    return placed;
  }

  /** Trade at the market, and wait until everything is known, the commission included. */
  async trade(label, contract, action, quantity) {
    const placed = this.place(label, contract, action, quantity);
    const total = () => [...placed.executed.values()].reduce((sum, one) => sum + one, 0);
    const isDone = () => placed.status === "Filled" && total() === quantity;
    await this.until(() => isDone() && placed.paid.size === placed.executed.size, `end of order ${placed.number}`);
    return placed;
  }

  async openOrders() {
    const begin = await this.askFor(EventName.openOrderEnd, () => this.api.reqAllOpenOrders());
    return this.told(EventName.openOrder, [], begin).map(([, number, , order, state]) => ({
      client: order.clientId,
      order: number,
      limit: order.lmtPrice,
      quantity: order.totalQuantity,
      status: state.status,
    }));
  }

  async executions() {
    const id = await this.ask(EventName.execDetailsEnd, (id) => this.api.reqExecutions(id, {}));
    return this.told(EventName.execDetails, [id]).map(([, , , told]) => execution(told));
  }

  async holdings() {
    const begin = await this.askFor(EventName.positionEnd, () => this.api.reqPositions());
    this.api.cancelPositions();
    const rows = this.told(EventName.position, [], begin);
    return Object.fromEntries(rows.map(([, , { conId }, quantity, cost]) => [conId, [quantity, cost]]));
  }

  async account(name) {
    const request = () => this.api.reqAccountUpdates(true, name);
    const begin = await this.askFor(EventName.accountDownloadEnd, request);
    this.api.reqAccountUpdates(false, name);
    const rows = this.told(EventName.updateAccountValue, [], begin);
    const held = this.told(EventName.updatePortfolio, [], begin);
    return {
      values: rows.map(([, key, value, currency]) => [key, currency, value]),
      portfolio: Object.fromEntries(held.map(([, { conId }, , , value]) => [conId, value])),
    };
  }

  /** Start bars of five seconds; call what it returns for those so far. */
  realTimeBars(contract) {
    const id = this.nextRequest++;
    this.api.reqRealTimeBars(id, contract, 5, "TRADES", false);
    return () => this.told(EventName.realtimeBar, [id]).map(([, , ...bar]) => bar.slice(0, 5));
  }

  async summary(tags) {
    const request = (id) => this.api.reqAccountSummary(id, "All", tags);
    const id = await this.ask(EventName.accountSummaryEnd, request);
    this.api.cancelAccountSummary(id);
    const rows = this.told(EventName.accountSummary, [id]);
    return rows.map(([, , account, tag, value, currency]) => ({ account, tag, value, currency }));
  }

  async profit(account, conId) {
    const id = await this.ask(EventName.pnlSingle, (id) => this.api.reqPnLSingle(id, account, "", conId));
    this.api.cancelPnLSingle(id);
    const [[, , position, , unrealized, , value]] = this.told(EventName.pnlSingle, [id]);
    return { position, unrealized, value };
  }

  async scan(scanCode) {
    const scanner = { instrument: "STK", locationCode: "STK.US.MAJOR", scanCode: ScanCode[scanCode] };
    const request = (id) => this.api.reqScannerSubscription(id, scanner, [], []);
    const id = await this.ask(EventName.scannerDataEnd, request);
    this.api.cancelScannerSubscription(id);
    const rows = this.told(EventName.scannerData, [id]).sort(([, , one], [, , other]) => one - other);
    await this.untilCode(id, 162);
    return rows.map(([, , , found]) => found.contract.symbol);
  }
}

/** A stock as users name it. */
export const stock = (symbol) => ({ symbol, secType: "STK", exchange: "SMART", currency: "USD" });

const execution = ({ clientId, orderId, execId, side, shares, price }) => ({
  client: clientId, order: orderId, id: execId, side, quantity: shares, price,
});
