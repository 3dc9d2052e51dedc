"""One instrument of the simulated gateway, and the refusal that the gateway answers a request with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from msgspec import Struct, structs

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.contract_details import ContractDetails
from ibkr_actors.simulated_gateway.hours.trading_hours import TradingHours
from ibkr_actors.wire.tags import TagValue

SMART: Final = "SMART"
STOCK: Final = "STK"
OPTION: Final = "OPT"
FUTURE: Final = "FUT"
FUTURES_OPTION: Final = "FOP"
OPTIONS: Final = frozenset((OPTION, FUTURES_OPTION))
CONTINUOUS: Final = "CONTFUT"
CURRENCY: Final = "CASH"
INDEX: Final = "IND"
BOND: Final = "BOND"
FUND: Final = "FUND"
CRYPTO: Final = "CRYPTO"
CFD: Final = "CFD"
COMMODITY: Final = "CMDTY"
COMBINATION: Final = "BAG"


class Kind(Struct, frozen=True):
    """What all instruments of a security type have in common."""

    has_trades: bool = True
    """It has last prices and volume; else it is only quoted."""
    has_quotes: bool = True
    """It has bid and ask."""
    has_depth: bool = True
    """Its book can be seen."""
    is_tradable: bool = True
    is_whole: bool = False
    """Orders are for whole contracts."""
    takes_cash_quantity: bool = False
    """Orders may name an amount of money in place of a quantity."""
    is_derivative: bool = False
    """Searches for symbols show it at its underlying, not by itself."""


KINDS: Final[Mapping[str, Kind]] = {
    STOCK: Kind(),
    INDEX: Kind(has_quotes=False, has_depth=False, is_tradable=False),
    FUTURE: Kind(is_whole=True, is_derivative=True),
    CONTINUOUS: Kind(has_depth=False, is_tradable=False, is_derivative=True),
    OPTION: Kind(is_whole=True, is_derivative=True),
    FUTURES_OPTION: Kind(is_whole=True, is_derivative=True),
    CURRENCY: Kind(has_trades=False, takes_cash_quantity=True),
    CRYPTO: Kind(takes_cash_quantity=True),
    COMMODITY: Kind(has_trades=False),
    CFD: Kind(has_trades=False, has_depth=False, is_derivative=True),
    FUND: Kind(has_trades=False, has_depth=False, takes_cash_quantity=True),
    BOND: Kind(has_depth=False),
    COMBINATION: Kind(has_trades=False, has_depth=False, is_whole=True, is_derivative=True),
}
"""By security type. What has trades follows the vendor's table of historical data types for each of them."""

_NO_FACTS: Final = ContractDetails()


class Venue(Struct, frozen=True):
    """What all instruments of one kind share: where and when they trade, and the rules there."""

    valid_exchanges: tuple[str, ...]
    order_types: str
    hours: TradingHours
    market_rule: int
    minimum_size: Decimal = Decimal(1)
    suggested_size: Decimal = Decimal(1)
    lot: int = 1
    """Quoted sizes are multiples of it."""
    aggregation_group: int | None = None


class Instrument(Struct, frozen=True, kw_only=True):
    """One instrument of the catalogue: who it is, how it is quoted, how lively it is. Never changes."""

    contract_id: int
    symbol: str
    security_type: str
    currency: str
    exchange: str
    """The usual route: SMART for stocks and options, else the exchange itself (CME, IDEALPRO, CBOE)."""
    primary_exchange: str
    """Where it is listed: NASDAQ, NYSE, ARCA; empty for options and futures."""
    local_symbol: str
    trading_class: str
    minimum_tick: float
    venue: Venue
    name: str = ""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    stock_type: str = ""
    isin: str = ""
    facts: ContractDetails = _NO_FACTS
    """What contract details tell of bonds and funds only."""
    issuer_id: str = ""
    """Of bonds: asking for it finds all bonds of the issuer."""
    price_magnifier: int = 1
    """Quoted prices divided by it are in the currency: 100 for stocks that are quoted in pence."""
    face: int = 0
    """Face value of one bond, of which prices are percents; 0 for what is no bond."""

    legs: tuple[tuple[int, int], ...] = ()
    """Of combinations: contract id and ratio of each leg, negative for one that a purchase sells."""

    # of futures and options

    expires: float | None = None
    """Epoch seconds of the last trade of a future or option; None for what never ends."""
    expiry: str = ""
    """YYYYMMDD of a future or option, or of a bond's maturity."""
    expiry_time: str = ""
    """Time and zone of a future's last trade, as contract details spell it."""
    contract_month: str = ""
    """YYYYMM."""
    strike: float = 0.0
    right: str = ""
    multiplier: str = ""
    underlying_contract_id: int = 0
    underlying_symbol: str = ""
    underlying_security_type: str = ""
    data_contract_id: int = 0
    """The contract that has its market data, for a CFD that has none of its own."""
    data_exchange: str = ""
    """Where that contract is to be asked for."""

    # of the market

    driver: str = ""
    """The path that moves the price; instruments of one driver move together."""
    price: float = 0.0
    """The price at the beginning of the market; an option's comes from its underlying."""
    volatility: float = 0.0
    """Per year."""
    daily_volume: int = 0
    spread: float = 0.0
    """Usual distance between bid and ask, in ticks."""

    @property
    def kind(self) -> Kind:
        """What it has in common with all others of its security type."""
        return KINDS[self.security_type]

    @property
    def is_tradable(self) -> bool:
        """False for an index."""
        return self.kind.is_tradable

    @property
    def money_per_point(self) -> Decimal:
        """What 1 of the quoted price is in the currency: 0.01 for prices in pence, 10 for percents of 1,000."""
        return Decimal(self.face) / 100 if self.face else 1 / Decimal(self.price_magnifier)

    @property
    def is_quoted_in_currency(self) -> bool:
        """A quoted price is an amount of its currency."""
        return not self.face and self.price_magnifier == 1

    def is_over(self, now: float) -> bool:
        """Its last trade was before `now` (epoch seconds)."""
        return self.expires is not None and now >= self.expires

    def chained(self) -> Instrument:
        """The continuous future that this one is the front of: the same contract id, as real gateways have it."""
        return structs.replace(self, security_type=CONTINUOUS, expires=None)

    @property
    def hours(self) -> TradingHours:
        """When its exchange trades."""
        return self.venue.hours

    @property
    def listing_exchange(self) -> str:
        """The exchange that positions show, which is SMART only for what trades nowhere else."""
        others = (name for name in self.venue.valid_exchanges if name != SMART)
        return self.primary_exchange or next(others, SMART)

    @property
    def market_name(self) -> str:
        """The name of its market, which is its trading class; that of a fund its symbol, as recorded."""
        return self.symbol if self.security_type == FUND else self.trading_class

    def _security_ids(self) -> tuple[TagValue, ...]:
        known = (("CUSIP", self.facts.cusip), ("ISIN", self.isin))
        return tuple(TagValue(scheme, number) for scheme, number in known if number)

    def contract(self, exchange: str = "") -> Contract:
        """A new, complete contract, as in orders and positions; routed to `exchange`, or the usual route."""
        return Contract(
            contract_id=self.contract_id,
            symbol=self.symbol,
            security_type=self.security_type,
            last_trade_date_or_contract_month=self.expiry,
            strike=self.strike,
            right=self.right,
            multiplier=self.multiplier,
            exchange=exchange or self.exchange,
            primary_exchange=self.primary_exchange,
            currency=self.currency,
            local_symbol=self.local_symbol,
            trading_class=self.trading_class,
        )

    def described_contract(self, exchange: str = "") -> Contract:
        """The same as contract details spell it: the expiry of a future with time and zone, `last_trade_date`."""
        contract = self.contract(exchange)
        contract.last_trade_date = self.expiry
        if self.expiry_time:
            contract.last_trade_date_or_contract_month = f"{self.expiry} {self.expiry_time}"
        return contract

    def details(self, now: float) -> ContractDetails:
        """What the bridge knows about it, with the hours of the days that follow `now` (epoch seconds)."""
        venue = self.venue
        return structs.replace(
            self.facts,
            market_name=self.market_name,
            minimum_tick=self.minimum_tick / self.price_magnifier,
            order_types_text=venue.order_types,
            valid_exchanges_text=",".join(venue.valid_exchanges),
            price_magnifier=self.price_magnifier,
            underlying_contract_id=self.underlying_contract_id,
            long_name=self.name,
            contract_month=self.contract_month,
            industry=self.industry,
            category=self.category,
            subcategory=self.subcategory,
            time_zone_id=self.hours.zone,
            trading_hours_text=self.hours.text(now),
            liquid_hours_text=self.hours.text(now, liquid=True),
            security_ids=self._security_ids(),
            aggregation_group=venue.aggregation_group,
            underlying_symbol=self.underlying_symbol,
            underlying_security_type=self.underlying_security_type,
            market_rule_ids_text=",".join([str(venue.market_rule)] * len(venue.valid_exchanges)),
            real_expiration_date="" if self.face else self.expiry,
            stock_type=self.stock_type,
            minimum_size=venue.minimum_size,
            size_increment=venue.minimum_size,
            suggested_size_increment=venue.suggested_size,
            last_price_precision=1e-6,
            last_size_precision=1e-6,
        )
