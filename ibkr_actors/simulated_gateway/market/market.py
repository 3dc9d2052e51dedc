"""The seeded market of the simulated gateway: quotes that move, the same for the same seed."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from msgspec import structs

from ibkr_actors.simulated_gateway.hours.trading_hours import TradingHours
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.instruments.instrument import CFD, OPTIONS, Instrument
from ibkr_actors.simulated_gateway.market.market_days import MarketDay, day_at
from ibkr_actors.simulated_gateway.market.option_pricing import OptionTerms, OptionValues, implied_volatility
from ibkr_actors.simulated_gateway.market.pinned_series import PinnedPast, PinnedSeries
from ibkr_actors.simulated_gateway.market.price_paths import STEPS_PER_SECOND, Path
from ibkr_actors.simulated_gateway.market.price_series import (
    OptionSeries,
    PathSeries,
    Prices,
    PriceSeries,
    TickGrid,
    hourly_profile,
    terms_of,
)
from ibkr_actors.simulated_gateway.market.quotes import Pin, Quote, nothing_yet, quoted_size, told_by
from ibkr_actors.simulated_gateway.market.replayed_events import Events
from ibkr_actors.simulated_gateway.market.replayed_series import Replay
from ibkr_actors.simulated_gateway.market.short_supply import usual_supply

__all__ = ["Market", "OptionValues", "Quote"]

NO_PRICE: Final = -1.0
_SECONDS_PER_DAY: Final = 86_400
_NO_PIN: Final = Pin()


class _Line:
    """What the market keeps of one instrument that someone has looked at."""

    def __init__(self, instrument: Instrument, series: PriceSeries, terms: OptionTerms | None) -> None:
        self.instrument = instrument
        self.series = series
        self.terms = terms
        """What the option model knows of an option; None for all else."""
        self.replay: Replay | None = None
        """Of the instrument itself."""
        self.data: Replay | None = None
        """What its prices come from: its own replay, or that of its underlying."""
        self.grid = TickGrid(instrument)
        self.looked_at: tuple[int, int, int] | None = None
        self.quote: Quote | None = None
        self.told: Quote | None = None
        self.day: MarketDay | None = None
        self.open = self.close = 0.0
        self.supply = usual_supply(instrument)


class Market:
    """The prices of all instruments as a function of seed and time. No clock: `advance` says what time it is.

    A price depends on the seed, the instrument, the day of `start` and the time alone: who watches what, and how
    often `advance` is called, changes no path. Options are valued off their underlying. Instruments with data of their
    own (`replayed`, by contract id) show those instead.

    Not responsible for: orders (they do not move prices), who may see what, how ticks are sent.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        seed: int,
        start: float,
        *,
        always_open: bool = True,
        replayed: Mapping[int, Events] | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.seed = seed
        self.now = start
        self.always_open = always_open
        self._first_day = int(start // _SECONDS_PER_DAY)
        self._paths: dict[str, Path] = {}
        self._lines: dict[int, _Line] = {}
        self._days: dict[TradingHours, MarketDay] = {}
        self._pins: dict[int, Pin] = {}
        self._pasts: dict[int, PinnedPast] = {}
        self._pinned_times = 0
        self._replays = {
            number: Replay(events, has_trades=catalogue[number].kind.has_trades, now=lambda: self.now)
            for number, events in (replayed or {}).items()
        }
        # Instruments of one driver share a path, which takes its volatility from the first in the catalogue.
        self._leaders: dict[str, Instrument] = {}
        for instrument in catalogue:
            self._leaders.setdefault(instrument.driver, instrument)

    # time

    def advance(self, now: float, watched: Iterable[int] = ()) -> list[Quote]:
        """Let it be `now`; the quotes of the watched instruments that differ from those that `advance` gave before.

        Raises ValueError when time goes back. Prices move every quarter of a second.
        """
        if now < self.now:
            raise ValueError(f"time goes back from {self.now} to {now}")
        self.now = now
        return [quote for contract_id in watched if (quote := self._news(contract_id)) is not None]

    def _news(self, contract_id: int) -> Quote | None:
        quote, line = self.quote(contract_id), self._lines[contract_id]
        if quote is line.told:
            return None
        line.told = quote
        return quote

    @property
    def looked_at(self) -> Container[int]:
        """The contracts whose quote somebody has asked for."""
        return self._lines

    def is_open(self, contract_id: int) -> bool:
        """It trades now: always, unless it has expired, or the market keeps the exchanges' hours."""
        instrument = self.catalogue[contract_id]
        if instrument.is_over(self.now) or self._data_are_over(instrument):
            return False
        return self.always_open or instrument.hours.is_open(self.now)

    def _data_are_over(self, instrument: Instrument) -> bool:
        replay = self._replay_of(instrument)
        return replay is not None and replay.is_over

    def moments(self, before: float) -> list[float]:
        """The times from now until before another at which something happens in the data."""
        found = {
            moment for replay in self._replays.values() for moment in replay.events.moments(self.now, before)
        }
        return sorted(found)

    def next_opening(self, contract_id: int) -> float:
        """Epoch seconds when it trades next; now when it trades already."""
        return self.now if self.always_open else self.catalogue[contract_id].hours.next_opening(self.now)

    # quotes

    def quote(self, contract_id: int) -> Quote:
        """The quote of now; the same object until something in it changes. KeyError for an unknown id."""
        line = self._line(contract_id)
        day = self._day(line.instrument)
        # A pin counts as well as the time: it moves the options of a pinned underlying.
        happened = line.data.moment() if line.data else 0
        moment = (self._step(line.instrument, day), self._pinned_times, happened)
        quote = line.quote
        if quote is None or line.looked_at != moment:
            made = self._make_quote(line, day, moment[0])
            if made != quote:
                quote = line.quote = made
            line.looked_at = moment
        return quote

    def option_values(self, contract_id: int) -> dict[str, OptionValues]:
        """Model values of an option at its `bid`, `ask` and `last`, and by the `model`; {} for what is no option.

        A price that no volatility explains is left out.
        """
        line = self._line(contract_id)
        if line.terms is None or line.instrument.is_over(self.now) or not self._has_begun(line):
            return {}
        underlying, now = self.value(line.instrument.underlying_contract_id), self._moment(line)
        quote, found = self.quote(contract_id), {"model": line.terms.values(underlying, now)}
        for name, price in (("bid", quote.bid), ("ask", quote.ask), ("last", quote.last)):
            volatility = implied_volatility(line.terms, price, underlying, now)
            if volatility is not None:
                at_price = structs.replace(line.terms, volatility=volatility).values(underlying, now)
                found[name] = structs.replace(at_price, option_price=price)
        return found

    def option_value(self, contract_id: int, underlying: float, volatility: float) -> float:
        """What the model makes of an option now, at a price of its underlying and a yearly volatility.

        Raises ValueError for what is no option.
        """
        line = self._line(contract_id)
        if line.terms is None:
            raise ValueError(f"contract {contract_id} is no option")
        return structs.replace(line.terms, volatility=volatility).value(underlying, self._moment(line))

    def value(self, contract_id: int) -> float:
        """The price of now before it is put on the grid; that of a pinned quote where there is one."""
        step = self.present_step(contract_id)
        return self.series(contract_id).between(step, step + 1).close

    def settlement(self, contract_id: int) -> float:
        """What a future or option that has expired was worth then: the future's last price, the option's intrinsic."""
        line = self._line(contract_id)
        if line.terms is None:
            return line.grid.price(self.value(contract_id))
        underlying = self._line(line.instrument.underlying_contract_id)
        last = self.present_step(contract_id)
        price = underlying.series.between(last, last + 1).close
        return round(line.terms.intrinsic(underlying.grid.price(price)), 10)

    # pins

    def set_quote(
        self,
        contract_id: int,
        *,
        bid: float | None = None,
        ask: float | None = None,
        last: float | None = None,
        bid_size: float | None = None,
        ask_size: float | None = None,
        halted: int | None = None,
        shortable_shares: float | None = None,
        afresh: bool = False,
    ) -> None:
        """Pin parts of a quote until `release`; parts pinned before stay pinned, unless it begins `afresh`.

        Prices that are not given follow: they are shown around `last`, or else around what is given. Bid and ask make
        way for each other. Options follow a pinned underlying. Raises ValueError for prices that are not above zero,
        not on the tick grid, or for a bid that is not below the ask.
        """
        given = {
            "bid": bid,
            "ask": ask,
            "last": last,
            "bid_size": bid_size,
            "ask_size": ask_size,
            "shortable_shares": shortable_shares,
        }
        # An int among them would be spelled without its point wherever the quote goes.
        changes: dict[str, float] = {name: float(part) for name, part in given.items() if part is not None}
        if halted is not None:
            changes["halted"] = halted
        pin = structs.replace(_NO_PIN if afresh else self._pins.get(contract_id, _NO_PIN), **changes)
        pin.check(self._line(contract_id).grid)
        self._pins[contract_id] = pin
        self._remember(contract_id, pin.value())

    def release(self, contract_id: int) -> None:
        """Let a pinned quote move again, from where its path has gone meanwhile."""
        self._pins.pop(contract_id, None)
        self._remember(contract_id, None)

    def _remember(self, contract_id: int, price: float | None) -> None:
        self._pinned_times += 1
        if price is not None and contract_id not in self._pasts:
            self._pasts[contract_id] = PinnedPast()
            own = self._line(contract_id)
            own.series = self._series_of(own.instrument)
            for line in self._lines.values():
                if line.instrument.underlying_contract_id == contract_id:
                    line.series = self._series_of(line.instrument)
        if contract_id in self._pasts:
            self._pasts[contract_id].add(self.present_step(contract_id), price)

    # for history

    def series(self, contract_id: int) -> PriceSeries:
        """The prices of an instrument over all time; pinned ones while they were pinned."""
        return self._line(contract_id).series

    def with_pins(self, contract_id: int, series: PriceSeries) -> PriceSeries:
        """Other prices of an instrument, such as bids, with those that were pinned in their place."""
        past = self._pasts.get(contract_id)
        return series if past is None else PinnedSeries(series, past)

    def replay(self, contract_id: int) -> Replay | None:
        """The data that an instrument shows; None for one of the seeded market."""
        return self._replays.get(contract_id)

    def grid(self, contract_id: int) -> TickGrid:
        """The tick grid of an instrument."""
        return self._line(contract_id).grid

    def present_step(self, contract_id: int) -> int:
        """The step of the present quote, which is the last one of the present bars."""
        instrument = self.catalogue[contract_id]
        return self._step(instrument, self._day(instrument))

    # how quotes are made

    def _make_quote(self, line: _Line, day: MarketDay, step: int) -> Quote:
        if not self._has_begun(line):
            return nothing_yet(line.instrument.contract_id)
        if line.day is not day or line.data:
            self._begin(line, day)
        prices = line.series.running(day.start, step + 1)
        quote = self._shown(line, prices, step)
        pin = self._pins.get(quote.contract_id)
        if pin is not None:
            quote = pin.applied(quote, line.grid)
        return quote

    def _shown(self, line: _Line, prices: Prices, step: int) -> Quote:
        grid, value, instrument = line.grid, prices.close, line.instrument
        has_book, has_trades = instrument.kind.has_quotes, instrument.kind.has_trades
        price = grid.price if has_trades else grid.middle
        quote = Quote(
            contract_id=instrument.contract_id,
            bid=grid.bid(value) if has_book else NO_PRICE,
            ask=grid.ask(value) if has_book else NO_PRICE,
            bid_size=quoted_size(instrument, step, 1) if has_book else 0.0,
            ask_size=quoted_size(instrument, step, 2) if has_book else 0.0,
            last=grid.price(value) if has_trades else NO_PRICE,
            last_size=quoted_size(instrument, step, 3) if has_book and has_trades else 0.0,
            last_time=step // STEPS_PER_SECOND,
            open=price(line.open),
            high=price(prices.high),
            low=price(prices.low),
            close=price(line.close) if line.close > 0 else NO_PRICE,
            volume=float(prices.volume),
            shortable_shares=line.supply,
        )
        return quote if line.replay is None else told_by(line.replay, quote, grid)

    def _has_begun(self, line: _Line) -> bool:
        return line.data is None or line.data.series.is_known(
            0, self.present_step(line.instrument.contract_id) + 1
        )

    def _begin(self, line: _Line, day: MarketDay) -> None:
        line.day = day
        line.open = line.series.opening(day.opening)
        line.close = NO_PRICE  # data may begin with this very day
        if line.series.is_known(0, day.close_before):
            line.close = line.series.between(day.close_before - 1, day.close_before).close

    # days and steps

    def _step(self, instrument: Instrument, day: MarketDay) -> int:
        """The last step of what has expired is the one before its expiry."""
        step = int(self.now * STEPS_PER_SECOND)
        if instrument.is_over(self.now):
            step = int((instrument.expires or 0) * STEPS_PER_SECOND) - 1
        return step if self.always_open else min(step, day.end - 1)

    def _moment(self, line: _Line) -> float:
        return (self.present_step(line.instrument.contract_id) + 1) / STEPS_PER_SECOND

    def _day(self, instrument: Instrument) -> MarketDay:
        hours = instrument.hours
        if instrument.is_over(self.now):
            return day_at(hours, (instrument.expires or 0) - 1)
        day = self._days.get(hours)
        if day is None or self.now >= day.known_until:
            day = self._days[hours] = day_at(hours, self.now)
        return day

    def _line(self, contract_id: int) -> _Line:
        line = self._lines.get(contract_id)
        if line is None:
            line = self._lines[contract_id] = self._new_line(self.catalogue[contract_id])
        return line

    def _new_line(self, instrument: Instrument) -> _Line:
        replay = self.replay(instrument.contract_id)
        is_modelled = replay is None and instrument.security_type in OPTIONS
        line = _Line(instrument, self._series_of(instrument), terms_of(instrument) if is_modelled else None)
        line.replay, line.data = replay, self._replay_of(instrument)
        return line

    def _replay_of(self, instrument: Instrument) -> Replay | None:
        """Its own data, or those of what it is derived from."""
        own = self._replays.get(instrument.contract_id)
        return own or self._replays.get(instrument.underlying_contract_id)

    def _series_of(self, instrument: Instrument) -> PriceSeries:
        return self.with_pins(instrument.contract_id, self._free_series(instrument))

    def _free_series(self, instrument: Instrument) -> PriceSeries:
        """Its own prices; those of its underlying, of which they may be made, are with pins."""
        replay = self.replay(instrument.contract_id)
        if replay is not None:
            return replay.series
        if instrument.security_type == CFD:
            return self.series(instrument.underlying_contract_id)
        traded = PathSeries(self._path(instrument.driver), instrument.price, instrument.daily_volume)
        if instrument.security_type not in OPTIONS:
            return traded
        return OptionSeries(instrument, self.series(instrument.underlying_contract_id), traded)

    def _path(self, driver: str) -> Path:
        path = self._paths.get(driver)
        if path is None:
            leader, day = self._leaders[driver], self._first_day
            profile = hourly_profile(leader, datetime.fromtimestamp(day * _SECONDS_PER_DAY, UTC).date())
            path = self._paths[driver] = Path(
                self.seed, driver, first_day=day, volatility=leader.volatility, profile=profile
            )
        return path
