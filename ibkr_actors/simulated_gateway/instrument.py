"""One instrument of the simulated gateway, and the refusal that the gateway answers a request with."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.contract_details import ContractDetails
from ibkr_actors.errors import IbkrError
from ibkr_actors.simulated_gateway.trading_hours import TradingHours
from ibkr_actors.wire.tags import TagValue

SMART: Final = "SMART"
STOCK: Final = "STK"
OPTION: Final = "OPT"
FUTURE: Final = "FUT"
CURRENCY: Final = "CASH"
INDEX: Final = "IND"


class Refusal(IbkrError):
    """The gateway answers a request with an error: `code` and `text` are what goes on the wire."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code, self.text = code, text


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

    # of futures and options

    expiry: str = ""
    """YYYYMMDD of a future or option."""
    expiry_time: str = ""
    """Time and zone of a future's last trade, as contract details spell it."""
    contract_month: str = ""
    """YYYYMM."""
    strike: float = 0.0
    right: str = ""
    multiplier: str = ""
    underlying_contract_id: int = 0
    underlying_security_type: str = ""

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
    def is_tradable(self) -> bool:
        """False for an index."""
        return self.security_type != INDEX

    @property
    def hours(self) -> TradingHours:
        """When its exchange trades."""
        return self.venue.hours

    @property
    def listing_exchange(self) -> str:
        """The exchange that positions show, which is never SMART."""
        return self.primary_exchange or next(name for name in self.venue.valid_exchanges if name != SMART)

    @property
    def market_name(self) -> str:
        """The name of its market, which is its trading class."""
        return self.trading_class

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
        return ContractDetails(
            market_name=self.market_name,
            minimum_tick=self.minimum_tick,
            order_types_text=venue.order_types,
            valid_exchanges_text=",".join(venue.valid_exchanges),
            price_magnifier=1,
            underlying_contract_id=self.underlying_contract_id,
            long_name=self.name,
            contract_month=self.contract_month,
            industry=self.industry,
            category=self.category,
            subcategory=self.subcategory,
            time_zone_id=self.hours.zone,
            trading_hours_text=self.hours.text(now),
            liquid_hours_text=self.hours.text(now, liquid=True),
            security_ids=(TagValue("ISIN", self.isin),) if self.isin else (),
            aggregation_group=venue.aggregation_group,
            underlying_symbol=self.symbol if self.underlying_contract_id else "",
            underlying_security_type=self.underlying_security_type,
            market_rule_ids_text=",".join([str(venue.market_rule)] * len(venue.valid_exchanges)),
            real_expiration_date=self.expiry,
            stock_type=self.stock_type,
            minimum_size=venue.minimum_size,
            size_increment=venue.minimum_size,
            suggested_size_increment=venue.suggested_size,
            last_price_precision=1e-6,
            last_size_precision=1e-6,
        )
