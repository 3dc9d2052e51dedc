"""Entries of a catalogue file that list contracts by their expiries: futures, options, options on futures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from ibkr_actors.simulated_gateway.hours.trading_hours import epoch
from ibkr_actors.simulated_gateway.instruments.catalogue_listed import (
    Above,
    ContractId,
    Day,
    EntryError,
    Listed,
    NotBelow,
    Volume,
)
from ibkr_actors.simulated_gateway.instruments.expiries import (
    MONTH_CODES,
    RULES,
    Expiry,
    futures_expiries,
    option_expiries,
    past_expiries,
    trading_days_before,
)
from ibkr_actors.simulated_gateway.instruments.instrument import (
    FUTURE,
    FUTURES_OPTION,
    OPTION,
    Instrument,
    Venue,
)

_MADE_UP_FUTURES: Final = 910_000_000
_ROOM_OF_A_ROOT: Final = 100_000
_MOST_ROOTS: Final = 100
_MADE_UP_OPTIONS: Final = 1_000_000_000
_MOST_STRIKES: Final = 2_000
_DAYS: Final = 4_000
"""An option's id comes back after so many days, when the older option has long expired."""
_ROOM_OF_A_CLASS: Final = _DAYS * _MOST_STRIKES * 2
_MOST_CLASSES: Final = 33
_FIRST_DAY: Final = date(2020, 1, 1)
_MINUTES_A_HOUR: Final = 60


class FutureEntry(Struct, forbid_unknown_fields=True, kw_only=True):
    """`[[futures]]`: the futures of one root."""

    symbol: str
    name: str
    venue: str
    currency: str = "USD"
    rule: str
    """When a contract ends: one of the rules of `expiries.py`."""
    months: Annotated[tuple[Annotated[int, Meta(ge=1, le=12)], ...], Meta(min_length=1)]
    """The contract months that are listed, 1 to 12."""
    expiries: Annotated[int, Meta(ge=1, le=24)] = 2
    """How many of them trade at once."""
    expired: Annotated[int, Meta(ge=0, le=24)] = 2
    """How many past ones are found with `include_expired`."""
    expiry_time: str
    """Time and zone of the last trade: 08:30:00 US/Central."""
    multiplier: str
    tick: Above
    price: Above
    """Of the front contract."""
    carry: float
    """How much dearer, in a year, the later expiry is."""
    volatility: NotBelow
    daily_volume: Annotated[int, Meta(gt=0)]
    """Of the front contract; each later one has a tenth of the one before."""
    trading_class: str = ""
    """Also the beginning of its local symbols; the symbol, when it is left out."""
    price_magnifier: Annotated[int, Meta(ge=1)] = 1
    underlying_contract_id: ContractId = 0
    underlying_security_type: str = "IND"
    driver: str = ""
    known: dict[Day, ContractId] = {}
    """Real contract ids by the day of the last trade."""

    security_type: ClassVar[str] = FUTURE

    def identity(self) -> tuple[str, ...]:
        """See `Entry`."""
        return self.symbol, self.venue, self.currency

    def instruments(self, listed: Listed, place: int) -> list[Instrument]:
        """The futures that trade, by expiry, and behind them those that have expired. Raises EntryError."""
        if self.rule not in RULES:
            raise EntryError("rule", f"expected one of {', '.join(RULES)}, got {self.rule!r}")
        if place >= _MOST_ROOTS:
            raise EntryError("symbol", f"expected no more than {_MOST_ROOTS} futures in a catalogue")
        venue, ends = listed.venue(self.venue), self._end_of_day()
        # What carries cost is told from the contract that was the front one when the market began.
        front = futures_expiries(self.rule, self.months, listed.beginning, 1)[0].last_day
        past = past_expiries(self.rule, self.months, listed.today, self.expired)
        coming = futures_expiries(self.rule, self.months, listed.today, self.expiries)
        return [
            self._instrument(venue, expiry, place, (expiry.last_day - front).days, distance, ends)
            for distance, expiry in [*enumerate(coming), *((0, expiry) for expiry in past)]
        ]

    def _end_of_day(self) -> tuple[int, str]:
        """Minutes since midnight, and the zone, of the last trade."""
        try:
            clock, zone = self.expiry_time.split()
            time = datetime.strptime(clock, "%H:%M:%S")  # noqa: DTZ007 - a time of day, whose zone is beside it
            ZoneInfo(zone)
        except (ValueError, KeyError, OSError) as error:
            expected = "expected a time and a zone, such as 08:30:00 US/Central"
            raise EntryError("expiry_time", f"{expected}, got {self.expiry_time!r}") from error
        return time.hour * _MINUTES_A_HOUR + time.minute, zone

    def _instrument(
        self, venue: Venue, expiry: Expiry, place: int, days_later: int, distance: int, ends: tuple[int, str]
    ) -> Instrument:
        last_day = f"{expiry.last_day:%Y%m%d}"
        trading_class = self.trading_class or self.symbol
        made_up = _MADE_UP_FUTURES + place * _ROOM_OF_A_ROOT + expiry.year * 12 + expiry.month
        return Instrument(
            contract_id=self.known.get(last_day, made_up),
            symbol=self.symbol,
            security_type=self.security_type,
            currency=self.currency,
            exchange=venue.valid_exchanges[0],
            primary_exchange="",
            local_symbol=f"{trading_class}{MONTH_CODES[expiry.month - 1]}{expiry.year % 10}",
            trading_class=trading_class,
            minimum_tick=self.tick,
            venue=venue,
            name=self.name,
            price_magnifier=self.price_magnifier,
            expires=float(epoch(expiry.last_day, *ends)),
            expiry=last_day,
            expiry_time=self.expiry_time,
            contract_month=expiry.contract_month,
            multiplier=self.multiplier,
            underlying_contract_id=self.underlying_contract_id,
            underlying_symbol=self.symbol,
            underlying_security_type=self.underlying_security_type,
            driver=self.driver or self.symbol,
            price=self.price * (1 + self.carry * days_later / 365),
            volatility=self.volatility,
            daily_volume=max(self.daily_volume // 10**distance, 1),
            spread=1.0,
        )


class Terms(NamedTuple):
    """What tells an option from all others of its chain."""

    expiry: date
    strike: float
    right: str


class _Strikes(Struct, forbid_unknown_fields=True, kw_only=True):
    """What the chains of all underlyings have in common."""

    underlying: str
    strike_step: Above
    strikes_each_side: Annotated[int, Meta(ge=1, le=900)]
    """Of the underlying's price at the beginning of the market."""
    daily_volume: Volume
    """Of each option."""
    tick: Above = 0.01
    spread: NotBelow = 2.0
    trading_class: str = ""
    """The underlying's symbol, when it is left out."""

    def identity(self) -> tuple[str, ...]:
        """See `Entry`."""
        return self.underlying, self.trading_class

    def strikes(self, price: float) -> Iterator[float]:
        """Multiples of the step on both sides of a price, above zero."""
        middle = round(price / self.strike_step)
        for number in range(middle - self.strikes_each_side, middle + self.strikes_each_side + 1):
            if number > 0:
                yield round(number * self.strike_step, 10)

    first_class: ClassVar[int]
    """The numbers of the classes of one table come from here on: chains of two tables share no id."""

    def contract_id(self, place: int, terms: Terms) -> int:
        """One id for each class, day, strike and right: the same whenever it is computed."""
        if place >= _MOST_CLASSES:
            raise EntryError("underlying", f"expected no more than {_MOST_CLASSES} chains in a table")
        day = (terms.expiry - _FIRST_DAY).days % _DAYS
        number = round(terms.strike / self.strike_step) % _MOST_STRIKES
        offset = (day * _MOST_STRIKES + number) * 2 + "CP".index(terms.right)
        return _MADE_UP_OPTIONS + (self.first_class + place) * _ROOM_OF_A_CLASS + offset

    def made(
        self, underlying: Instrument, venue: Venue, place: int, terms: Terms, **fields: Any
    ) -> Instrument:
        """One option, of what it has from its underlying, and of `fields`."""
        expires, zone = float(venue.hours.foretold_end(terms.expiry)), venue.hours.zone
        values: dict[str, Any] = {
            "symbol": underlying.symbol,
            "currency": underlying.currency,
            "exchange": venue.valid_exchanges[0],
            "primary_exchange": "",
            "minimum_tick": self.tick,
            "venue": venue,
            "name": underlying.name,
            "price_magnifier": underlying.price_magnifier,
            "expires": expires,
            "expiry_time": f"{datetime.fromtimestamp(expires, ZoneInfo(zone)):%H:%M:%S} {zone}",
            "expiry": f"{terms.expiry:%Y%m%d}",
            "strike": terms.strike,
            "right": terms.right,
            "underlying_contract_id": underlying.contract_id,
            "underlying_symbol": underlying.symbol,
            "underlying_security_type": underlying.security_type,
            "driver": underlying.driver,
            "price": underlying.price,
            "volatility": underlying.volatility,
            "daily_volume": self.daily_volume,
            "spread": self.spread,
        }
        return Instrument(contract_id=self.contract_id(place, terms), **(values | fields))


class OptionEntry(_Strikes, kw_only=True):
    """`[[options]]`: the chain of one stock or index."""

    weekly_expiries: Annotated[int, Meta(ge=1, le=52)]
    monthly_expiries: Annotated[int, Meta(ge=0, le=36)]
    venue: str = "us_options"
    multiplier: str = "100"

    security_type: ClassVar[str] = OPTION
    first_class = 0

    def instruments(self, listed: Listed, place: int) -> list[Instrument]:
        """By expiry, strike and right. Raises EntryError."""
        underlying, venue = listed.underlying(self.underlying), listed.venue(self.venue)
        if not underlying.daily_volume and underlying.kind.has_quotes:
            raise EntryError("underlying", f"expected one with trades, got {self.underlying!r}")
        expiries = option_expiries(listed.today, self.weekly_expiries, self.monthly_expiries)
        return [
            self._instrument(underlying, venue, place, Terms(expiry, strike, right))
            for expiry in expiries
            for strike in self.strikes(underlying.price)
            for right in "CP"
        ]

    def _instrument(self, underlying: Instrument, venue: Venue, place: int, terms: Terms) -> Instrument:
        trading_class = self.trading_class or underlying.symbol
        day, strike = f"{terms.expiry:%y%m%d}", f"{round(terms.strike * 1000):08}"
        return self.made(
            underlying,
            venue,
            place,
            terms,
            security_type=self.security_type,
            local_symbol=f"{trading_class:<6}{day}{terms.right}{strike}",
            trading_class=trading_class,
            contract_month=f"{terms.expiry:%Y%m}",
            multiplier=self.multiplier,
        )


class FuturesOptionEntry(_Strikes, kw_only=True):
    """`[[futures_options]]`: a chain for each future of a root, priced by Black-76."""

    days_before: Annotated[int, Meta(ge=0, le=60)] = 0
    """How many trading days before its future an option expires."""
    venue: str = ""
    """The future's, when it is left out."""

    security_type: ClassVar[str] = FUTURES_OPTION
    first_class = _MOST_CLASSES

    def instruments(self, listed: Listed, place: int) -> list[Instrument]:
        """By expiry, strike and right. Raises EntryError."""
        futures = [each for each in listed.futures(self.underlying) if each.security_type == FUTURE]
        if not futures:
            raise EntryError("underlying", f"expected the symbol of listed futures, got {self.underlying!r}")
        venue = listed.venue(self.venue) if self.venue else futures[0].venue
        return [
            self._instrument(future, venue, place, Terms(expiry, strike, right))
            for future in futures
            if (expiry := self._expiry_of(future)) >= listed.today
            for strike in self.strikes(future.price)
            for right in "CP"
        ]

    def _expiry_of(self, future: Instrument) -> date:
        last = datetime.strptime(future.expiry, "%Y%m%d").date()  # noqa: DTZ007 - a day
        return trading_days_before(last, self.days_before)

    def _instrument(self, future: Instrument, venue: Venue, place: int, terms: Terms) -> Instrument:
        trading_class = self.trading_class or future.trading_class
        month = future.local_symbol.removeprefix(future.trading_class)
        ends_with_it = (
            {} if self.days_before else {"expires": future.expires, "expiry_time": future.expiry_time}
        )
        return self.made(
            future,
            venue,
            place,
            terms,
            security_type=self.security_type,
            local_symbol=f"{trading_class}{month} {terms.right}{terms.strike:g}",
            trading_class=trading_class,
            contract_month=future.contract_month,
            multiplier=future.multiplier,
            underlying_symbol=future.local_symbol,
            **ends_with_it,
        )
