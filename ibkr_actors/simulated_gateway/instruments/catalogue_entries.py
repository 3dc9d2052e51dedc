"""Entries of a catalogue file, one class for each of its tables: what they may say, and the instruments they make.

Chains of contracts (futures, options) are in `catalogue_chains.py`. Prices are those at the beginning of the market,
volatilities are per year, volumes per day, spreads in ticks.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from ibkr_actors.classes.contracts.contract_details import ContractDetails
from ibkr_actors.simulated_gateway.instruments.catalogue_listed import (
    Above,
    ContractId,
    Day,
    Listed,
    NotBelow,
    Volume,
    made_up_id,
)
from ibkr_actors.simulated_gateway.instruments.instrument import (
    BOND,
    CFD,
    COMMODITY,
    CRYPTO,
    CURRENCY,
    FUND,
    INDEX,
    STOCK,
    Instrument,
)


class Entry(Struct, forbid_unknown_fields=True, kw_only=True):
    """What the entries of all instruments have in common."""

    name: str
    venue: str
    currency: str = "USD"
    contract_id: ContractId = 0
    """0 for one that is made up."""
    price: Above
    volatility: NotBelow
    daily_volume: Volume = 0
    driver: str = ""
    """The path that moves the price; instruments of one driver move together. Empty for a path of its own."""
    tick: Above = 0.01
    spread: NotBelow = 1.0
    """In ticks."""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    isin: str = ""

    security_type: ClassVar[str]

    def identity(self) -> tuple[str, ...]:
        """What tells it from all others of its table; an entry of a user's file replaces one with the same."""
        raise NotImplementedError

    def instruments(self, listed: Listed) -> list[Instrument]:
        """What it lists. Raises EntryError."""
        raise NotImplementedError

    def made(self, listed: Listed, symbol: str, **fields: Any) -> Instrument:
        """An instrument of what all entries tell, and of `fields`."""
        venue = listed.venue(self.venue)
        values: dict[str, Any] = {
            "contract_id": self.contract_id or made_up_id(self.security_type, *self.identity()),
            "security_type": self.security_type,
            "currency": self.currency,
            "exchange": venue.valid_exchanges[0],
            "primary_exchange": "",
            "local_symbol": symbol,
            "trading_class": symbol,
            "minimum_tick": self.tick,
            "venue": venue,
            "name": self.name,
            "industry": self.industry,
            "category": self.category,
            "subcategory": self.subcategory,
            "isin": self.isin,
            "driver": self.driver or symbol,
            "price": self.price,
            "volatility": self.volatility,
            "daily_volume": self.daily_volume,
            "spread": self.spread,
        }
        return Instrument(symbol=symbol, **(values | fields))


class StockEntry(Entry, kw_only=True):
    """`[[stocks]]`: stocks and exchange-traded funds."""

    symbol: str
    exchange: str
    """Where it is listed: NASDAQ, NYSE, IBIS."""
    venue: str = "us_stocks"
    daily_volume: Annotated[int, Meta(gt=0)]
    stock_type: str = "COMMON"
    trading_class: str = ""
    local_symbol: str = ""
    price_magnifier: Annotated[int, Meta(ge=1)] = 1
    """100 when prices (and the tick) are in hundredths of the currency, as in London."""

    security_type: ClassVar[str] = STOCK

    def identity(self) -> tuple[str, ...]:
        """See `Entry`."""
        return self.symbol, self.exchange, self.currency

    def instruments(self, listed: Listed) -> list[Instrument]:
        """See `Entry`."""
        # Nasdaq's global select market is the class of its stocks; elsewhere each is its own.
        usual_class = "NMS" if self.exchange == "NASDAQ" else self.symbol
        stock = self.made(
            listed,
            self.symbol,
            primary_exchange=self.exchange,
            local_symbol=self.local_symbol or self.symbol,
            trading_class=self.trading_class or usual_class,
            subcategory=self.subcategory or self.category,
            stock_type=self.stock_type,
            price_magnifier=self.price_magnifier,
            driver=self.driver or "/".join((self.symbol, self.currency)).removesuffix("/USD"),
        )
        return [stock]


class IndexEntry(Entry, kw_only=True):
    """`[[indices]]`: values without a book."""

    symbol: str
    exchange: str = "CBOE"
    venue: str = "cboe"
    industry: str = "Indices"
    category: str = "Broad Range Equity Index"

    security_type: ClassVar[str] = INDEX

    def identity(self) -> tuple[str, ...]:
        """See `Entry`."""
        return self.symbol, self.currency

    def instruments(self, listed: Listed) -> list[Instrument]:
        """See `Entry`."""
        return [self.made(listed, self.symbol, primary_exchange=self.exchange, exchange=self.exchange)]


class CurrencyEntry(Entry, kw_only=True):
    """`[[currencies]]`: pairs, quoted in the second currency."""

    pair: Annotated[str, Meta(pattern=r"^[A-Z]{3}\.[A-Z]{3}$")]
    """EUR.USD."""
    venue: str = "idealpro"
    tick: Above = 0.00005

    security_type: ClassVar[str] = CURRENCY

    def identity(self) -> tuple[str, ...]:
        """See `Entry`."""
        return (self.pair,)

    def instruments(self, listed: Listed) -> list[Instrument]:
        """See `Entry`."""
        symbol, currency = self.pair.split(".")
        pair = self.made(
            listed,
            symbol,
            currency=currency,
            local_symbol=self.pair,
            trading_class=self.pair,
            driver=self.driver or self.pair,
        )
        return [pair]


class CryptoEntry(Entry, kw_only=True):
    """`[[cryptos]]`: cryptocurrencies, in fractions as small as the venue's `minimum_size`."""

    symbol: str
    venue: str = "paxos"
    daily_volume: Annotated[int, Meta(gt=0)]

    security_type: ClassVar[str] = CRYPTO

    def identity(self) -> tuple[str, ...]:
        """See `Entry`."""
        return self.symbol, self.currency, self.venue

    def instruments(self, listed: Listed) -> list[Instrument]:
        """See `Entry`."""
        return [self.made(listed, self.symbol, local_symbol=f"{self.symbol}.{self.currency}")]


class CommodityEntry(Entry, kw_only=True):
    """`[[commodities]]`: spot metals."""

    symbol: str
    venue: str = "metals"

    security_type: ClassVar[str] = COMMODITY

    def identity(self) -> tuple[str, ...]:
        """See `Entry`."""
        return self.symbol, self.currency

    def instruments(self, listed: Listed) -> list[Instrument]:
        """See `Entry`."""
        return [self.made(listed, self.symbol)]


class FundEntry(Entry, kw_only=True):
    """`[[funds]]`: mutual funds; amounts and fees as the bridge spells them."""

    symbol: str
    cusip: str
    """Its local symbol and trading class."""
    venue: str = "fundserv"
    family: str = ""
    management_fee: str = "0"
    front_load: str = "0"
    back_load: str = "0"
    notify_amount: str = "10000000"
    minimum_initial_purchase: str = "1"
    subsequent_minimum_purchase: str = "1"
    blue_sky_states: str = "All"
    blue_sky_territories: str = ""

    security_type: ClassVar[str] = FUND

    def identity(self) -> tuple[str, ...]:
        """See `Entry`."""
        return self.symbol, self.currency

    def instruments(self, listed: Listed) -> list[Instrument]:
        """See `Entry`."""
        facts = ContractDetails(
            fund_name=self.name,
            fund_family=self.family,
            fund_front_load=self.front_load,
            fund_back_load=self.back_load,
            fund_back_load_time_interval="0",
            fund_management_fee=self.management_fee,
            fund_notify_amount=self.notify_amount,
            fund_minimum_initial_purchase=self.minimum_initial_purchase,
            fund_subsequent_minimum_purchase=self.subsequent_minimum_purchase,
            fund_blue_sky_states=self.blue_sky_states,
            fund_blue_sky_territories=self.blue_sky_territories,
        )
        fund = self.made(
            listed,
            self.symbol,
            local_symbol=self.cusip,
            trading_class=self.cusip,
            name=f"{self.name} ({self.family})" if self.family else self.name,
            facts=facts,
            driver=self.driver or self.symbol,
        )
        return [fund]


class BondEntry(Entry, kw_only=True):
    """`[[bonds]]`: prices in percent of the face value."""

    symbol: str
    """The issuer's, such as US-T."""
    cusip: Annotated[str, Meta(min_length=9, max_length=9)]
    coupon: NotBelow
    """In percent of the face value, per year."""
    maturity: Day
    issue_date: Day
    venue: str = "us_bonds"
    face: Annotated[int, Meta(gt=0)] = 1_000
    issuer_id: str = ""
    bond_type: str = ""
    coupon_type: str = "FIXED"
    ratings: str = ""
    description: str = ""
    callable: bool = False
    daily_volume: Annotated[int, Meta(gt=0)] = 10_000

    security_type: ClassVar[str] = BOND

    def identity(self) -> tuple[str, ...]:
        """See `Entry`."""
        return (self.cusip,)

    def instruments(self, listed: Listed) -> list[Instrument]:
        """See `Entry`."""
        facts = ContractDetails(
            cusip=self.cusip,
            coupon=self.coupon,
            issue_date=self.issue_date,
            ratings=self.ratings,
            bond_type=self.bond_type,
            coupon_type=self.coupon_type,
            callable=self.callable,
            description_append=self.description,
        )
        contract_id = self.contract_id or made_up_id(self.security_type, *self.identity())
        bond = self.made(
            listed,
            self.symbol,
            local_symbol=f"IBCID{contract_id}",
            expiry=self.maturity,
            contract_month=self.maturity[:6],
            face=self.face,
            issuer_id=self.issuer_id,
            facts=facts,
            driver=self.driver or self.cusip,
        )
        return [bond]


class CfdEntry(Struct, forbid_unknown_fields=True, kw_only=True):
    """`[[cfds]]`: a contract for difference on something that is listed, whose price it has."""

    underlying: str
    """Its local symbol: AAPL, EUR.USD, SPX."""
    symbol: str = ""
    """The underlying's, when it is left out."""
    name: str = ""
    venue: str = "cfds"
    contract_id: ContractId = 0
    spread: NotBelow = 1.0
    tick: NotBelow = 0.0
    """The underlying's, when it is left out."""

    security_type: ClassVar[str] = CFD

    def identity(self) -> tuple[str, ...]:
        """See `Entry`."""
        return (self.symbol or self.underlying,)

    def instruments(self, listed: Listed) -> list[Instrument]:
        """The data of a CFD on an index are its own; those of all others are the underlying's."""
        underlying, venue = listed.underlying(self.underlying), listed.venue(self.venue)
        has_own_data = underlying.security_type == INDEX
        symbol = self.symbol or underlying.symbol
        ending = "n" if underlying.security_type == STOCK else ""
        cfd = Instrument(
            contract_id=self.contract_id or made_up_id(self.security_type, *self.identity()),
            symbol=symbol,
            security_type=self.security_type,
            currency=underlying.currency,
            exchange=venue.valid_exchanges[0],
            primary_exchange="",
            local_symbol=self.symbol or f"{underlying.local_symbol}{ending}",
            trading_class=self.symbol or underlying.local_symbol,
            minimum_tick=self.tick or underlying.minimum_tick,
            venue=venue,
            name=self.name or underlying.name,
            industry=underlying.industry,
            category=underlying.category,
            subcategory=underlying.subcategory,
            price_magnifier=underlying.price_magnifier,
            underlying_contract_id=underlying.contract_id,
            underlying_symbol=underlying.symbol,
            underlying_security_type=underlying.security_type,
            data_contract_id=0 if has_own_data else underlying.contract_id,
            data_exchange="" if has_own_data else underlying.exchange,
            driver=underlying.driver,
            price=underlying.price,
            volatility=underlying.volatility,
            spread=self.spread,
        )
        return [cfd]
