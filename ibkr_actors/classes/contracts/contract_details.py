"""What the bridge knows about a contract: ticks, hours, exchanges, and the facts of bonds and funds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from ibkr_actors.classes.contracts.trading_hours import TradingHours
from ibkr_actors.classes.enum.fund import FundAssetType, FundDistributionPolicy
from ibkr_actors.classes.enum.security_id_type import SecurityIdType
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.moment import day
from ibkr_actors.classes.time_zones import time_zone
from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.errors import RemoteProtocolError
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Word
from ibkr_actors.wire.kinds import ESCAPED_TEXT, FLOAT_AS_TEXT, OPTIONAL_FLOAT_AS_TEXT, OPTIONAL_NUMBER
from ibkr_actors.wire.tags import TagValue


class IneligibilityReason(FrozenValue, frozen=True):
    """Why an account may not trade a contract."""

    id: Annotated[str, Wire(1)] = ""
    """A word for the reason."""
    description: Annotated[str, Wire(2)] = ""
    """The reason in words."""


class ContractDetails(FrozenValue, frozen=True):
    """Everything beside the contract itself, which the message around it holds.

    Fields whose name ends in `_text` are the wire's own; the property without that ending holds what they say.
    """

    market_name: Annotated[str, Wire(1)] = ""
    """Name of the market, such as NMS."""
    minimum_tick: Annotated[float, Wire(2, FLOAT_AS_TEXT)] = 0.0
    """Smallest change of the price, in the contract's currency; a market rule may ask for more."""
    market_data_size_multiplier: Annotated[int | None, Wire(until=163)] = None
    """Shares in one unit of a size in market data; old servers only, text only."""
    order_types_text: Annotated[str, Wire(3)] = ""
    """Order types and attributes that it takes, comma separated; see `order_types`."""
    valid_exchanges_text: Annotated[str, Wire(4)] = ""
    """Exchanges where it can be traded, comma separated; see `valid_exchanges`."""
    price_magnifier: Annotated[int, Wire(5)] = 0
    """Quoted prices divided by it are in the contract's currency: 100 for prices in pence; see `in_currency`."""
    underlying_contract_id: Annotated[int, Wire(6)] = 0
    """Contract id of the underlying; 0 for none."""
    long_name: Annotated[str, Wire(7, ESCAPED_TEXT)] = ""
    """Name of the company or product."""
    contract_month: Annotated[str, Wire(8)] = ""
    """YYYYMM of a future or an option on one."""
    industry: Annotated[str, Wire(9)] = ""
    """Industry of the company or the underlying, such as Technology."""
    category: Annotated[str, Wire(10)] = ""
    """Category within the industry, such as Computers."""
    subcategory: Annotated[str, Wire(11)] = ""
    """Subcategory within the category."""
    time_zone_id: Annotated[str, Wire(12)] = ""
    """Time zone of the hours below, such as US/Eastern; see `time_zone`."""
    trading_hours_text: Annotated[str, Wire(13)] = ""
    """"YYYYMMDD:HHMM-YYYYMMDD:HHMM" or "YYYYMMDD:CLOSED", semicolon separated; see `trading_hours`."""
    liquid_hours_text: Annotated[str, Wire(14)] = ""
    """The same for regular trading hours, in `time_zone_id` too; see `liquid_hours`."""
    economic_value_rule: Annotated[str, Wire(15)] = ""
    """What makes a price comparable with those of others, such as aussieBond:YearsToExpiration=3."""
    economic_value_multiplier: Annotated[float | None, Wire(16, OPTIONAL_NUMBER)] = None
    """Turns the rule's result into money; None where there is no rule."""
    security_ids: Annotated[tuple[TagValue, ...], Wire(17)] = ()
    """CUSIP, ISIN and others by `SecurityIdType`."""
    aggregation_group: Annotated[int | None, Wire(18)] = None
    """Group of SMART routing; None for none."""
    underlying_symbol: Annotated[str, Wire(19)] = ""
    """Symbol of the underlying."""
    underlying_security_type: Annotated[Word[SecurityType], Wire(20)] = ""
    """Security type of the underlying."""
    market_rule_ids_text: Annotated[str, Wire(21)] = ""
    """One market rule id for each valid exchange, comma separated; see `market_rule_ids`."""
    real_expiration_date: Annotated[str, Wire(22)] = ""
    """YYYYMMDD on which it really expires."""
    stock_type: Annotated[str, Wire(23)] = ""
    """COMMON, ETF, ADR, ..."""
    minimum_size: Annotated[Decimal | None, Wire(24, since=164)] = None
    """Smallest quantity of an order."""
    size_increment: Annotated[Decimal | None, Wire(25, since=164)] = None
    """Quantities of orders are multiples of it."""
    suggested_size_increment: Annotated[Decimal | None, Wire(26, since=164)] = None
    """Quantities of orders had better be multiples of it."""
    minimum_algo_size: Annotated[Decimal | None, Wire(62)] = None
    """Smallest quantity of an algo order; protobuf only."""
    last_price_precision: Annotated[float | None, Wire(63, OPTIONAL_FLOAT_AS_TEXT, since=224)] = None
    """Step in which last prices are told; protobuf only."""
    last_size_precision: Annotated[float | None, Wire(64, OPTIONAL_FLOAT_AS_TEXT, since=224)] = None
    """Step in which last sizes are told; protobuf only."""
    settlement_method: Annotated[str, Wire(65)] = ""
    """How it settles; protobuf only."""
    ineligibility_reasons: Annotated[tuple[IneligibilityReason, ...], Wire(58, since=186)] = ()
    """Why the account may not trade it."""
    event_contract1: Annotated[str, Wire(59)] = ""
    """The event that an event contract is about; protobuf only."""
    event_contract_description1: Annotated[str, Wire(60)] = ""
    """Its description; protobuf only."""
    event_contract_description2: Annotated[str, Wire(61)] = ""
    """More of its description; protobuf only."""

    # bonds

    cusip: Annotated[str, Wire(44)] = ""
    """Its CUSIP, nine characters."""
    ratings: Annotated[str, Wire(46)] = ""
    """Its ratings, as the agencies spell them."""
    description_append: Annotated[str, Wire(53)] = ""
    """More about it in words."""
    bond_type: Annotated[str, Wire(47)] = ""
    """Its issuer or structure, such as CORP."""
    coupon_type: Annotated[str, Wire(49)] = ""
    """How interest is paid, such as FIXED."""
    callable: Annotated[bool, Wire(51)] = False
    """The issuer may call it."""
    puttable: Annotated[bool, Wire(52)] = False
    """The holder may put it."""
    coupon: Annotated[float, Wire(48)] = 0.0
    """Interest in percent of the face value, per year."""
    convertible: Annotated[bool, Wire(50)] = False
    """It can be converted into stock."""
    issue_date: Annotated[str, Wire(45)] = ""
    """When it was issued: YYYYMMDD."""
    next_option_date: Annotated[str, Wire(54)] = ""
    """When it may next be called or put: YYYYMMDD."""
    next_option_type: Annotated[str, Wire(55)] = ""
    """Whether that is a call or a put."""
    next_option_partial: Annotated[bool, Wire(56)] = False
    """Whether that is for a part of the issue only."""
    bond_notes: Annotated[str, Wire(57)] = ""
    """Notes about it, in words."""

    # funds

    fund_name: Annotated[str, Wire(27, since=179)] = ""
    """Its name."""
    fund_family: Annotated[str, Wire(28, since=179)] = ""
    """The company that runs it."""
    fund_type: Annotated[str, Wire(29, since=179)] = ""
    """Its type, in words."""
    fund_front_load: Annotated[str, Wire(30, since=179)] = ""
    """Fee on what is bought, as text."""
    fund_back_load: Annotated[str, Wire(31, since=179)] = ""
    """Fee on what is sold, as text."""
    fund_back_load_time_interval: Annotated[str, Wire(32, since=179)] = ""
    """How long a sale costs that fee, as text."""
    fund_management_fee: Annotated[str, Wire(33, since=179)] = ""
    """Fee for its management, as text."""
    fund_closed: Annotated[bool, Wire(34, since=179)] = False
    """Nobody may buy it."""
    fund_closed_for_new_investors: Annotated[bool, Wire(35, since=179)] = False
    """Only those who hold it may buy."""
    fund_closed_for_new_money: Annotated[bool, Wire(36, since=179)] = False
    """Those who hold it may not buy more."""
    fund_notify_amount: Annotated[str, Wire(37, since=179)] = ""
    """A trade of that amount has to be announced, as text."""
    fund_minimum_initial_purchase: Annotated[str, Wire(38, since=179)] = ""
    """Smallest amount of a first purchase, as text."""
    fund_subsequent_minimum_purchase: Annotated[str, Wire(39, since=179)] = ""
    """Smallest amount of a later purchase, as text."""
    fund_blue_sky_states: Annotated[str, Wire(40, since=179)] = ""
    """States of the USA in which it may be sold."""
    fund_blue_sky_territories: Annotated[str, Wire(41, since=179)] = ""
    """Territories of the USA in which it may be sold."""
    fund_distribution_policy_indicator: Annotated[Word[FundDistributionPolicy], Wire(42, since=179)] = ""
    """What becomes of its income."""
    fund_asset_type: Annotated[Word[FundAssetType], Wire(43, since=179)] = ""
    """What it invests in."""

    def __str__(self) -> str:
        """The name and what a trader looks for first."""
        return f"{self.long_name or self.market_name}: ticks of {self.minimum_tick:g}, {self.time_zone_id}".rstrip(
            ", "
        )

    # what the texts say

    @property
    def order_types(self) -> tuple[str, ...]:
        """Order types and attributes that it takes, in a spelling of their own: ACTIVETIM, AD, ..., LMT, MKT."""
        return _words(self.order_types_text)

    @property
    def valid_exchanges(self) -> tuple[str, ...]:
        """Exchanges where it can be traded, SMART among them."""
        return _words(self.valid_exchanges_text)

    @property
    def market_rule_ids(self) -> dict[str, int]:
        """The number of the market rule at each valid exchange, for `request_market_rule`; empty when none is told.

        Raises RemoteProtocolError when there is not one number for each exchange: prices of another exchange's rule
        would be wrong ones.
        """
        numbers, exchanges = _words(self.market_rule_ids_text), self.valid_exchanges
        if numbers and (len(numbers) != len(exchanges) or not all(map(str.isdecimal, numbers))):
            raise RemoteProtocolError(
                f"{self.market_rule_ids_text!r} is not one market rule for each of {self.valid_exchanges_text!r}",
                message_id=None,
                field="market_rule_ids_text",
                server_version=None,
            )
        return dict(zip(exchanges, map(int, numbers), strict=False))

    @property
    def time_zone(self) -> ZoneInfo | None:
        """The time zone of the exchange; None where the bridge names none, or one that is unknown."""
        return time_zone(self.time_zone_id) if self.time_zone_id else None

    @property
    def trading_hours(self) -> TradingHours:
        """When it is traded, as aware times: `details.trading_hours.is_open(datetime.now(UTC))`.

        Raises RemoteProtocolError when the text can't be read or the time zone is unknown.
        """
        return TradingHours.read(self.trading_hours_text, self.time_zone_id)

    @property
    def liquid_hours(self) -> TradingHours:
        """Its regular trading hours, as `trading_hours`."""
        return TradingHours.read(self.liquid_hours_text, self.time_zone_id)

    @property
    def real_expiration_day(self) -> date | None:
        """The day on which it really expires; None for what does not."""
        return day(self.real_expiration_date)

    @property
    def issue_day(self) -> date | None:
        """The day on which a bond was issued; None where that is not told."""
        return day(self.issue_date)

    @property
    def next_option_day(self) -> date | None:
        """The day on which a bond may next be called or put; None where that is not told."""
        return day(self.next_option_date)

    def in_currency(self, quoted: float) -> float:
        """A quoted price in the contract's currency: 250.0 in pence is 2.5 pounds, where the magnifier is 100.

        Orders take prices as they are quoted; amounts of money are in the currency.
        """
        return quoted / (self.price_magnifier or 1)

    def security_id(self, scheme: SecurityIdType | str) -> str | None:
        """Its number in a scheme, such as `SecurityIdType.ISIN`; None where the bridge tells none."""
        return next((pair.value for pair in self.security_ids if pair.tag == scheme), None)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()
