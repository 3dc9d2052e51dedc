"""This project's client: to be filled in. The seam is complete; only `measure` is missing.

`measure` is told the scenario, the port, the server version and the count, and returns the report of that scenario:

* TICKS, BACKLOG: subscribe to stocks S0, S1, ... (`CONTRACTS` of them, contract ids from `FIRST_CONTRACT_ID`), in
  that order; count and add up every tick: `TicksSeen`.
* LATENCY: the same; note price and arrival (`time.monotonic_ns()`) of every tick: `LatencySeen`.
* ORDERS: place `count` limit orders, `ORDER_QUANTITY` at `LIMIT_PRICE`, each from the handler of the status of the
  one before: `OrdersSeen`.
* BARS, BARS_EPOCH: request bars once, in date format 1 or 2; take the time from the call to the finished list, and
  the memory as `command_line.memory` tells it: `BarsSeen`.

What to keep to:

* Ticks and latency are noted in the handler of a strategy, with all actors in the path.
* `price_sum` counts the tickPrice messages only, `size_sum` the sizes of tickPrice and tickSize.
* Settle for `arguments.version`: the server speaks no other, and refuses a client that doesn't offer it.
* Client id `CLIENT_ID`; order ids count on from nextValidId (`FIRST_ID`); request ids are free. The table notes if a
  stream differs from the rivals' because of them.
* A line on standard error makes the run fail, so keep the log silent. So does a wrong sum.
* The server answers START_API, positions (with none), market data, orders and bars, and nothing else.
* The process must close the connection and end by itself.
"""

from benchmarks.clients.command_line import Arguments, report_on
from benchmarks.reports import ClientReport, Unavailable


def measure(arguments: Arguments) -> ClientReport:
    """One scenario on a connection of its own."""
    del arguments
    return Unavailable("benchmarks/clients/ibkr_actors_client.py is not filled in yet")


if __name__ == "__main__":
    report_on(measure)
