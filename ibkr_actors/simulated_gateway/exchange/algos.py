"""Orders that an algorithm works: in slices over their window, never beyond the order's limit."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final

from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.exchange.algo_checks import Values, values_of
from ibkr_actors.simulated_gateway.exchange.algo_schedules import PATIENCE, Progress, due
from ibkr_actors.simulated_gateway.exchange.algo_times import algo_time, utc_clock
from ibkr_actors.simulated_gateway.exchange.auctions import Auctions
from ibkr_actors.simulated_gateway.exchange.offers import Reach, is_within
from ibkr_actors.simulated_gateway.exchange.pricing import on_grid
from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.market.market import Market, Quote
from ibkr_actors.simulated_gateway.market.price_paths import STEPS_PER_SECOND
from ibkr_actors.simulated_gateway.orders.order_parts import Window, Work
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.wire.tags import TagValue

SLICES: Final = 40
"""An order is filled in as many slices at most, unless the market displays less than a slice."""
_ICE_SECONDS: Final = 20.0
"""How long the size that Dark Ice shows stays the same."""


class Algos:
    """Works the orders of the algorithms.

    Responsible for: their windows, how much of an order may be filled now, at which price it may be.
    Not responsible for: whether the market has it.
    """

    def __init__(self, market: Market, auctions: Auctions) -> None:
        self._market = market
        self._auctions = auctions

    def is_over(self, order: WorkingOrder, work: Work, now: float) -> bool:
        """The window has ended, and the order does not go on past its end."""
        values = _values(order.order)
        goes_on = values.get("allowPastEndTime") or values.get("forceCompletion")
        return now >= self._window(order, work).end and not goes_on

    def reach(self, order: WorkingOrder, work: Work, quote: Quote, now: float, tick: float) -> Reach:
        """How much of the order may be filled now, and at which price it shows itself."""
        values, window = _values(order.order), self._window(order, work)
        if now < window.start:
            return Reach(work.price, work.price, ZERO)
        quantity = self._released(order, self._progress(order, work, quote, window, now), work, now)
        price = self._price(order, quote, now - window.start, tick)
        if values.get("noTakeLiq"):
            price = _passive_price(order, quote, tick)
        price = _kept_within(price, work.price, is_buy=order.is_buy)
        quantity = min(quantity, _affordable(order, values, quote))
        return Reach(price, price, quantity)

    def _released(self, order: WorkingOrder, progress: Progress, work: Work, now: float) -> Decimal:
        """The quantity that is due and not filled yet, in whole slices; the last one may be smaller."""
        strategy, total = order.order.algo_strategy, order.total - work.filled
        if strategy == AlgoStrategy.DARK_ICE:
            shown = progress.number("displaySize") * _ice(order.permanent_id, int(now / _ICE_SECONDS))
            return min(max(Decimal(int(shown)), Decimal(1)), order.remaining)
        wanted = Decimal(str(round(due(strategy, progress), 6)))
        if wanted >= total:
            return order.remaining
        slice_size = Decimal(1)
        if strategy not in (AlgoStrategy.ADAPTIVE, AlgoStrategy.ACCUMULATE_DISTRIBUTE):
            slice_size = max((total / SLICES).to_integral_value(ROUND_FLOOR), slice_size)
        return max(wanted // slice_size * slice_size - (order.filled - work.filled), ZERO)

    def _price(self, order: WorkingOrder, quote: Quote, seconds: float, tick: float) -> float | None:
        """Adaptive goes from the own side to the other as its patience ends; the others take the market's price."""
        if order.order.algo_strategy != AlgoStrategy.ADAPTIVE or quote.bid <= 0:
            return None
        way = min(1.0, seconds / PATIENCE[str(_values(order.order)["adaptivePriority"])])
        own, opposite = (quote.bid, quote.ask) if order.is_buy else (quote.ask, quote.bid)
        return on_grid(own + (opposite - own) * way, tick, down=order.is_buy)

    # ------------------------------------------------------------------------------------------- window and progress

    def _window(self, order: WorkingOrder, work: Work) -> Window:
        if work.window is None:
            work.window = self._new_window(order, work)
        return work.window

    def _new_window(self, order: WorkingOrder, work: Work) -> Window:
        values, now = _values(order.order), work.started
        times = [
            _time_of(values, tag, now) for tag in ("startTime", "endTime", "activeTimeStart", "activeTimeEnd")
        ]
        start = max(now, times[0] or times[2] or now)
        end = times[1] or times[3] or self._auctions.next_close(order.listing.contract_id, start)
        return Window(start, max(end, start + 1.0))

    def _progress(
        self, order: WorkingOrder, work: Work, quote: Quote, window: Window, now: float
    ) -> Progress:
        volume = self._volume(order, window.start, now)
        if work.base is None:
            work.base = quote.mark
        change = (quote.mark - work.base) / work.base if work.base else 0.0
        return Progress(
            values=_values(order.order),
            seed=order.permanent_id,
            total=float(order.total - work.filled),
            filled=float(order.filled - work.filled),
            elapsed=min((now - window.start) / (window.end - window.start), 1.0),
            seconds=now - window.start,
            volume=volume,
            volume_share=self._share_of_volume(order, window, volume),
            gain=-change if order.is_buy else change,
        )

    def _share_of_volume(self, order: WorkingOrder, window: Window, volume: float) -> float:
        if order.order.algo_strategy != AlgoStrategy.VOLUME_WEIGHTED_AVERAGE_PRICE:
            return 0.0
        if window.volume is None:
            window.volume = self._volume(order, window.start, window.end)
        return min(volume / window.volume, 1.0) if window.volume else 1.0

    def _volume(self, order: WorkingOrder, start: float, end: float) -> float:
        first, last = int(start * STEPS_PER_SECOND), int(end * STEPS_PER_SECOND)
        if last <= first:
            return 0.0
        return float(self._market.series(order.listing.contract_id).running(first, last).volume)


@lru_cache(maxsize=1024)
def _values_of(strategy: str, parameters: tuple[TagValue, ...]) -> Values:
    return values_of(Order(algo_strategy=strategy, algo_parameters=parameters))


def _values(order: Order) -> Values:
    return _values_of(order.algo_strategy, order.algo_parameters)


def _time_of(values: Values, tag: str, now: float) -> float | None:
    text = values.get(tag)
    if not text:
        return None
    return utc_clock(str(text), now) if tag.startswith("active") else algo_time(str(text), now)


def _ice(permanent_id: int, period: int) -> float:
    """Half to one and a half of the display size, different in each period and the same whenever it is computed."""
    return 0.5 + ((permanent_id * 31 + period) * 2_654_435_761 >> 7) % 101 / 100


def _passive_price(order: WorkingOrder, quote: Quote, tick: float) -> float:
    """Better than the own side by a tick where there is room, and never as good as the other side."""
    keener = quote.bid + tick if order.is_buy else quote.ask - tick
    room = quote.ask - tick if order.is_buy else quote.bid + tick
    price = min(keener, room) if order.is_buy else max(keener, room)
    return round(price, 10)


def _kept_within(price: float | None, limit: float | None, *, is_buy: bool) -> float | None:
    if price is None or (limit is not None and not is_within(price, limit, is_buy=is_buy)):
        return limit
    return price


def _affordable(order: WorkingOrder, values: Values, quote: Quote) -> Decimal:
    """What is left of the amount of money that the order may trade, in whole units."""
    money = values.get("monetaryValue")
    price = Decimal(str(quote.ask if order.is_buy else quote.bid))
    if money is None or price <= 0:
        return order.remaining
    return max((Decimal(str(money)) - order.spent) // price, ZERO)
