"""Proof that a client received exactly what was sent, and the numbers that the run comes to.

Responsible for: refusing a run in which a tick, order or bar is missing, doubled or wrong; the measures of each
scenario, by name.
Not responsible for: medians over rounds (`table.py`).
"""

import math
from itertools import zip_longest
from typing import NamedTuple

from benchmarks.reports import BarsSeen, ClientReport, LatencySeen, OrdersSeen, Served, TicksSeen
from benchmarks.scenarios import (
    FIRST_ID,
    TICKS_PER_SECOND,
    WARM_UP,
    Expected,
    Scenario,
    expected_of_bars,
    expected_of_ticks,
    last_bar_date,
    tick_number,
)

MICROSECOND, SECOND, MEGABYTE = 1e3, 1e9, 1e6
PACE_TOLERANCE = 0.02
"""By how much the server may miss TICKS_PER_SECOND."""


class WrongResultError(Exception):
    """What the client reports is not what the server sent."""


class Measure(NamedTuple):
    """One number of a run."""

    title: str
    unit: str
    digits: int
    more_is_better: bool = False


FLOOD_RATE = Measure("ticks, as fast as the socket takes them", "ticks/s", 0, more_is_better=True)
RATE = Measure("ticks, one packet at a time", "ticks/s", 0, more_is_better=True)
BACKLOG_RATE = Measure("ticks, all waiting unread", "ticks/s", 0, more_is_better=True)
ORDER_MEDIAN = Measure("order round trip, p50", "µs", 0)
ORDER_TAIL = Measure("order round trip, p99", "µs", 0)
LATENCY_MEDIAN = Measure(f"one tick at {TICKS_PER_SECOND:,}/s, p50", "µs", 0)
LATENCY_TAIL = Measure(f"one tick at {TICKS_PER_SECOND:,}/s, p99", "µs", 0)
BARS_TIME = Measure("bars, time to list", "s", 3)
BARS_MEMORY = Measure("bars, peak memory growth", "MB", 1)
EPOCH_TIME = Measure("bars in epoch seconds, time", "s", 3)
EPOCH_MEMORY = Measure("bars in epoch seconds, memory", "MB", 1)

RATES = {Scenario.TICKS: RATE, Scenario.FLOOD: FLOOD_RATE, Scenario.BACKLOG: BACKLOG_RATE}

Numbers = dict[Measure, float]


def judge(scenario: Scenario, count: int, served: Served, seen: ClientReport) -> Numbers:
    """The measures of a correct run; otherwise `WrongResultError`."""
    match seen:
        case TicksSeen():
            return _judge_ticks(scenario, count, served, seen)
        case LatencySeen():
            return _judge_latency(count, served, seen)
        case OrdersSeen():
            return _judge_orders(count, seen)
        case BarsSeen():
            return _judge_bars(scenario, count, seen)
        case _:
            raise WrongResultError(f"a report that says nothing: {seen}")


def _judge_ticks(scenario: Scenario, count: int, served: Served, seen: TicksSeen) -> Numbers:
    _require(Expected(seen.count, seen.price_sum, seen.size_sum), expected_of_ticks(count))
    rate = count / (seen.last_at - served.started_at) * SECOND
    return {RATES[scenario]: rate}


def _judge_latency(count: int, served: Served, seen: LatencySeen) -> Numbers:
    arrivals = sorted(zip(map(tick_number, seen.prices), seen.arrived_at, strict=True))
    _require([number for number, _ in arrivals], list(range(count)))
    pace = (count - 1) * SECOND / (served.sent_at[-1] - served.sent_at[0])
    if abs(pace / TICKS_PER_SECOND - 1) > PACE_TOLERANCE:
        raise WrongResultError(f"the server sent {pace:,.0f} ticks per second, not {TICKS_PER_SECOND:,}")
    delays = [arrived - sent for (_, arrived), sent in zip(arrivals, served.sent_at, strict=True)]
    delays = delays[WARM_UP[Scenario.LATENCY] :]
    return {
        LATENCY_MEDIAN: percentile(delays, 50) / MICROSECOND,
        LATENCY_TAIL: percentile(delays, 99) / MICROSECOND,
    }


def _judge_orders(count: int, seen: OrdersSeen) -> Numbers:
    _require(seen.order_ids, list(range(FIRST_ID, FIRST_ID + count)))
    _require(seen.open_orders, count)
    round_trips = seen.round_trips[WARM_UP[Scenario.ORDERS] :]
    return {
        ORDER_MEDIAN: percentile(round_trips, 50) / MICROSECOND,
        ORDER_TAIL: percentile(round_trips, 99) / MICROSECOND,
    }


def _judge_bars(scenario: Scenario, count: int, seen: BarsSeen) -> Numbers:
    epoch = scenario is Scenario.BARS_EPOCH
    _require(Expected(seen.count, seen.close_sum, seen.volume_sum), expected_of_bars(count))
    _require(seen.last_date, last_bar_date(count, epoch=epoch))
    return {
        EPOCH_TIME if epoch else BARS_TIME: (seen.received_at - seen.requested_at) / SECOND,
        EPOCH_MEMORY if epoch else BARS_MEMORY: (seen.memory_peak - seen.memory_before) / MEGABYTE,
    }


def _require(seen: object, expected: object) -> None:
    if seen == expected:
        return
    if isinstance(seen, list) and isinstance(expected, list):
        pairs = enumerate(zip_longest(seen, expected))
        place, (seen, expected) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
        raise WrongResultError(f"at place {place} the client saw {seen}, the server sent {expected}")
    raise WrongResultError(f"the client saw {seen}, the server sent {expected}")


def percentile(values: list[int], percent: int) -> int:
    """The smallest value that `percent` of all values do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
