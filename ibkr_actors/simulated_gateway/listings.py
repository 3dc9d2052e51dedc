"""What `instruments.toml` says, read into instruments; futures and options get the expiries that follow a date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Final

import msgspec
from msgspec import Struct

from ibkr_actors.simulated_gateway.expiries import MONTH_CODES, Expiry, futures_expiries, option_expiries
from ibkr_actors.simulated_gateway.instrument import (
    CURRENCY,
    FUTURE,
    INDEX,
    OPTION,
    SMART,
    STOCK,
    Instrument,
    Venue,
)
from ibkr_actors.simulated_gateway.trading_hours import HOURS

MADE_UP: Final = 900_000_000
"""Contract ids above it are ours; those below are the real ones."""
_MADE_UP_FUTURES: Final = 910_000_000
_MADE_UP_OPTIONS: Final = 1_000_000_000

_EXPIRIES_OF_A_FUTURE: Final = 2
_SPREAD_IN_TICKS: Final = {STOCK: 1.0, FUTURE: 1.0, CURRENCY: 1.0, INDEX: 0.0, OPTION: 2.0}


class _VenueEntry(Struct, forbid_unknown_fields=True):
    hours: str
    valid_exchanges: tuple[str, ...]
    order_types: str
    market_rule: int
    minimum_size: Decimal = Decimal(1)
    suggested_size: Decimal = Decimal(1)
    lot: int = 1
    aggregation_group: int | None = None

    def venue(self) -> Venue:
        return Venue(
            valid_exchanges=self.valid_exchanges,
            order_types=self.order_types,
            hours=HOURS[self.hours],
            market_rule=self.market_rule,
            minimum_size=self.minimum_size,
            suggested_size=self.suggested_size,
            lot=self.lot,
            aggregation_group=self.aggregation_group,
        )


class _StockEntry(Struct, forbid_unknown_fields=True):
    symbol: str
    contract_id: int
    exchange: str
    name: str
    price: float
    volatility: float
    daily_volume: int
    industry: str = ""
    category: str = ""
    isin: str = ""
    stock_type: str = "COMMON"
    trading_class: str = ""
    driver: str = ""

    def instrument(self, venue: Venue) -> Instrument:
        return Instrument(
            contract_id=self.contract_id,
            symbol=self.symbol,
            security_type=STOCK,
            currency="USD",
            exchange=SMART,
            primary_exchange=self.exchange,
            local_symbol=self.symbol,
            # Nasdaq's global select market is the class of its stocks; elsewhere each is its own.
            trading_class=self.trading_class or ("NMS" if self.exchange == "NASDAQ" else self.symbol),
            minimum_tick=0.01,
            venue=venue,
            name=self.name,
            industry=self.industry,
            category=self.category,
            subcategory=self.category,
            stock_type=self.stock_type,
            isin=self.isin,
            driver=self.driver or self.symbol,
            price=self.price,
            volatility=self.volatility,
            daily_volume=self.daily_volume,
            spread=_SPREAD_IN_TICKS[STOCK],
        )


class _IndexEntry(Struct, forbid_unknown_fields=True):
    symbol: str
    contract_id: int
    name: str
    driver: str
    price: float
    volatility: float

    def instrument(self, venue: Venue) -> Instrument:
        return Instrument(
            contract_id=self.contract_id,
            symbol=self.symbol,
            security_type=INDEX,
            currency="USD",
            exchange="CBOE",
            primary_exchange="CBOE",
            local_symbol=self.symbol,
            trading_class=self.symbol,
            minimum_tick=0.01,
            venue=venue,
            name=self.name,
            industry="Indices",
            category="Broad Range Equity Index",
            driver=self.driver,
            price=self.price,
            volatility=self.volatility,
        )


class _CurrencyEntry(Struct, forbid_unknown_fields=True):
    pair: str
    contract_id: int
    name: str
    price: float
    volatility: float
    tick: float = 0.00005

    def instrument(self, venue: Venue) -> Instrument:
        symbol, currency = self.pair.split(".")
        return Instrument(
            contract_id=self.contract_id,
            symbol=symbol,
            security_type=CURRENCY,
            currency=currency,
            exchange="IDEALPRO",
            primary_exchange="",
            local_symbol=self.pair,
            trading_class=self.pair,
            minimum_tick=self.tick,
            venue=venue,
            name=self.name,
            driver=self.pair,
            price=self.price,
            volatility=self.volatility,
            spread=_SPREAD_IN_TICKS[CURRENCY],
        )


class _FutureEntry(Struct, forbid_unknown_fields=True):
    symbol: str
    venue: str
    name: str
    rule: str
    months: tuple[int, ...]
    expiry_time: str
    multiplier: str
    tick: float
    price: float
    carry: float
    """How much dearer, in a year, the later expiry is."""
    volatility: float
    daily_volume: int
    underlying_contract_id: int = 0
    underlying_security_type: str = ""
    driver: str = ""
    known: dict[str, int] = {}

    def instruments(self, venue: Venue, today: date, place: int) -> Iterator[Instrument]:
        expiries = futures_expiries(self.rule, self.months, today, _EXPIRIES_OF_A_FUTURE)
        for distance, expiry in enumerate(expiries):
            yield self._instrument(
                venue, expiry, place, (expiry.last_day - expiries[0].last_day).days, distance
            )

    def _instrument(
        self, venue: Venue, expiry: Expiry, place: int, days_later: int, distance: int
    ) -> Instrument:
        last_day = f"{expiry.last_day:%Y%m%d}"
        made_up = _MADE_UP_FUTURES + place * 100_000 + expiry.year * 12 + expiry.month
        return Instrument(
            contract_id=self.known.get(last_day, made_up),
            symbol=self.symbol,
            security_type=FUTURE,
            currency="USD",
            exchange=venue.valid_exchanges[0],
            primary_exchange="",
            local_symbol=f"{self.symbol}{MONTH_CODES[expiry.month - 1]}{expiry.year % 10}",
            trading_class=self.symbol,
            minimum_tick=self.tick,
            venue=venue,
            name=self.name,
            expiry=last_day,
            expiry_time=self.expiry_time,
            contract_month=expiry.contract_month,
            multiplier=self.multiplier,
            underlying_contract_id=self.underlying_contract_id,
            underlying_security_type=self.underlying_security_type,
            driver=self.driver or self.symbol,
            price=self.price * (1 + self.carry * days_later / 365),
            volatility=self.volatility,
            daily_volume=self.daily_volume // 10**distance,
            spread=_SPREAD_IN_TICKS[FUTURE],
        )


class _OptionEntry(Struct, forbid_unknown_fields=True):
    underlying: str
    weekly_expiries: int
    monthly_expiries: int
    strike_step: float
    strikes_each_side: int
    daily_volume: int

    def instruments(self, stock: Instrument, venue: Venue, today: date, place: int) -> Iterator[Instrument]:
        middle = round(stock.price / self.strike_step)
        strikes = [
            (middle + way) * self.strike_step
            for way in range(-self.strikes_each_side, self.strikes_each_side + 1)
        ]
        for expiry in option_expiries(today, self.weekly_expiries, self.monthly_expiries):
            for strike in strikes:
                for right in "CP":
                    yield self._instrument(stock, venue, expiry, strike, right, place)

    def _instrument(
        self, stock: Instrument, venue: Venue, expiry: date, strike: float, right: str, place: int
    ) -> Instrument:
        days = (expiry - date(2020, 1, 1)).days
        return Instrument(
            # One id for each place in the file, day, half dollar and right: the same whenever it is computed.
            contract_id=_MADE_UP_OPTIONS
            + (place * 10_000 + days) * 50_000
            + int(strike * 2) * 2
            + "CP".index(right),
            symbol=stock.symbol,
            security_type=OPTION,
            currency=stock.currency,
            exchange=SMART,
            primary_exchange="",
            local_symbol=f"{stock.symbol:<6}{expiry:%y%m%d}{right}{round(strike * 1000):08}",
            trading_class=stock.symbol,
            minimum_tick=0.01,
            venue=venue,
            name=stock.name,
            expiry=f"{expiry:%Y%m%d}",
            contract_month=f"{expiry:%Y%m}",
            strike=strike,
            right=right,
            multiplier="100",
            underlying_contract_id=stock.contract_id,
            underlying_security_type=stock.security_type,
            driver=stock.driver,
            price=stock.price,
            volatility=stock.volatility,
            daily_volume=self.daily_volume,
            spread=_SPREAD_IN_TICKS[OPTION],
        )


class _Listings(Struct, forbid_unknown_fields=True):
    venues: dict[str, _VenueEntry]
    stocks: tuple[_StockEntry, ...]
    indices: tuple[_IndexEntry, ...]
    currencies: tuple[_CurrencyEntry, ...]
    futures: tuple[_FutureEntry, ...]
    options: tuple[_OptionEntry, ...]


def listed_instruments(today: date) -> list[Instrument]:
    """Every instrument that trades on `today` or later."""
    text = files("ibkr_actors.simulated_gateway").joinpath("instruments.toml").read_bytes()
    listings = msgspec.toml.decode(text, type=_Listings)
    venues = {name: entry.venue() for name, entry in listings.venues.items()}
    stocks = [entry.instrument(venues["us_stocks"]) for entry in listings.stocks]
    return [
        *stocks,
        *(entry.instrument(venues["cboe"]) for entry in listings.indices),
        *(entry.instrument(venues["idealpro"]) for entry in listings.currencies),
        *_futures(listings, venues, today),
        *_options(listings, {stock.symbol: stock for stock in stocks}, venues["us_options"], today),
    ]


def _futures(listings: _Listings, venues: Mapping[str, Venue], today: date) -> Iterator[Instrument]:
    for place, entry in enumerate(listings.futures):
        yield from entry.instruments(venues[entry.venue], today, place)


def _options(
    listings: _Listings, stocks: Mapping[str, Instrument], venue: Venue, today: date
) -> Iterator[Instrument]:
    for place, entry in enumerate(listings.options):
        yield from entry.instruments(stocks[entry.underlying], venue, today, place)
