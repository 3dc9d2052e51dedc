"""What the bridge knows about a contract: ticks, hours, exchanges, and the facts of bonds and funds."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.kinds import ESCAPED_TEXT, FLOAT_AS_TEXT, OPTIONAL_FLOAT_AS_TEXT, OPTIONAL_NUMBER
from ibkr_actors.wire.tags import TagValue


class IneligibilityReason(FrozenValue, frozen=True):
    """Why an account may not trade a contract."""

    id: Annotated[str, Wire(1)] = ""
    description: Annotated[str, Wire(2)] = ""


class ContractDetails(FrozenValue, frozen=True):
    """Everything beside the contract itself, which the message around it holds."""

    market_name: Annotated[str, Wire(1)] = ""
    """Name of the market."""
    minimum_tick: Annotated[float, Wire(2, FLOAT_AS_TEXT)] = 0.0
    """Smallest change of the price."""
    market_data_size_multiplier: Annotated[int | None, Wire(until=163)] = None
    """Size of a lot in market data; old servers only, text only."""
    order_types: Annotated[str, Wire(3)] = ""
    """Order types allowed, comma separated."""
    valid_exchanges: Annotated[str, Wire(4)] = ""
    """Exchanges, comma separated."""
    price_magnifier: Annotated[int, Wire(5)] = 0
    """Divide quoted prices by it."""
    underlying_contract_id: Annotated[int, Wire(6)] = 0
    """Contract id of the underlying."""
    long_name: Annotated[str, Wire(7, ESCAPED_TEXT)] = ""
    """Name of the company or product."""
    contract_month: Annotated[str, Wire(8)] = ""
    """YYYYMM of a future."""
    industry: Annotated[str, Wire(9)] = ""
    """Industry."""
    category: Annotated[str, Wire(10)] = ""
    """Category within the industry."""
    subcategory: Annotated[str, Wire(11)] = ""
    """Subcategory."""
    time_zone_id: Annotated[str, Wire(12)] = ""
    """Time zone of the hours below, such as US/Eastern."""
    trading_hours: Annotated[str, Wire(13)] = ""
    """"YYYYMMDD:HHMM-YYYYMMDD:HHMM" or "YYYYMMDD:CLOSED", semicolon separated."""
    liquid_hours: Annotated[str, Wire(14)] = ""
    """The same for regular trading hours."""
    economic_value_rule: Annotated[str, Wire(15)] = ""
    """Rule of the economic value."""
    economic_value_multiplier: Annotated[float | None, Wire(16, OPTIONAL_NUMBER)] = None
    """Multiplier of the economic value."""
    security_ids: Annotated[tuple[TagValue, ...], Wire(17)] = ()
    """CUSIP, ISIN and others by name."""
    aggregation_group: Annotated[int | None, Wire(18)] = None
    """Group of SMART routing; None for none."""
    underlying_symbol: Annotated[str, Wire(19)] = ""
    """Symbol of the underlying."""
    underlying_security_type: Annotated[str, Wire(20)] = ""
    """Security type of the underlying."""
    market_rule_ids: Annotated[str, Wire(21)] = ""
    """One market rule id for each valid exchange, comma separated."""
    real_expiration_date: Annotated[str, Wire(22)] = ""
    """YYYYMMDD."""
    stock_type: Annotated[str, Wire(23)] = ""
    """COMMON, ETF, ADR, ..."""
    minimum_size: Annotated[Decimal | None, Wire(24, since=164)] = None
    """Smallest quantity of an order."""
    size_increment: Annotated[Decimal | None, Wire(25, since=164)] = None
    """Quantities are multiples of it."""
    suggested_size_increment: Annotated[Decimal | None, Wire(26, since=164)] = None
    """Quantities had better be multiples of it."""
    minimum_algo_size: Annotated[Decimal | None, Wire(62)] = None
    """Smallest quantity of an algo order; protobuf only."""
    last_price_precision: Annotated[float | None, Wire(63, OPTIONAL_FLOAT_AS_TEXT, since=224)] = None
    """Resolution of last prices; protobuf only."""
    last_size_precision: Annotated[float | None, Wire(64, OPTIONAL_FLOAT_AS_TEXT, since=224)] = None
    """Resolution of last sizes; protobuf only."""
    settlement_method: Annotated[str, Wire(65)] = ""
    """How it settles; protobuf only."""
    ineligibility_reasons: Annotated[tuple[IneligibilityReason, ...], Wire(58, since=186)] = ()
    """Why the account may not trade it."""
    event_contract1: Annotated[str, Wire(59)] = ""
    """Event contract; protobuf only."""
    event_contract_description1: Annotated[str, Wire(60)] = ""
    """Its description; protobuf only."""
    event_contract_description2: Annotated[str, Wire(61)] = ""
    """Its second description; protobuf only."""

    # bonds

    cusip: Annotated[str, Wire(44)] = ""
    """CUSIP of a bond."""
    ratings: Annotated[str, Wire(46)] = ""
    """Ratings of a bond."""
    description_append: Annotated[str, Wire(53)] = ""
    """Description of a bond."""
    bond_type: Annotated[str, Wire(47)] = ""
    """Bond type."""
    coupon_type: Annotated[str, Wire(49)] = ""
    """Coupon type."""
    callable: Annotated[bool, Wire(51)] = False
    """The issuer may call it."""
    puttable: Annotated[bool, Wire(52)] = False
    """The holder may put it."""
    coupon: Annotated[float, Wire(48)] = 0.0
    """Coupon in percent."""
    convertible: Annotated[bool, Wire(50)] = False
    """It can be converted into stock."""
    issue_date: Annotated[str, Wire(45)] = ""
    """Date of issue."""
    next_option_date: Annotated[str, Wire(54)] = ""
    """Date of the next option."""
    next_option_type: Annotated[str, Wire(55)] = ""
    """Type of the next option."""
    next_option_partial: Annotated[bool, Wire(56)] = False
    """The next option is partial."""
    bond_notes: Annotated[str, Wire(57)] = ""
    """Notes."""

    # funds

    fund_name: Annotated[str, Wire(27, since=179)] = ""
    """Name of the fund."""
    fund_family: Annotated[str, Wire(28, since=179)] = ""
    """Family of the fund."""
    fund_type: Annotated[str, Wire(29, since=179)] = ""
    """Type of the fund."""
    fund_front_load: Annotated[str, Wire(30, since=179)] = ""
    """Front load."""
    fund_back_load: Annotated[str, Wire(31, since=179)] = ""
    """Back load."""
    fund_back_load_time_interval: Annotated[str, Wire(32, since=179)] = ""
    """Interval of the back load."""
    fund_management_fee: Annotated[str, Wire(33, since=179)] = ""
    """Management fee."""
    fund_closed: Annotated[bool, Wire(34, since=179)] = False
    """Closed."""
    fund_closed_for_new_investors: Annotated[bool, Wire(35, since=179)] = False
    """Closed for new investors."""
    fund_closed_for_new_money: Annotated[bool, Wire(36, since=179)] = False
    """Closed for new money."""
    fund_notify_amount: Annotated[str, Wire(37, since=179)] = ""
    """Amount that has to be announced."""
    fund_minimum_initial_purchase: Annotated[str, Wire(38, since=179)] = ""
    """Smallest first purchase."""
    fund_subsequent_minimum_purchase: Annotated[str, Wire(39, since=179)] = ""
    """Smallest later purchase."""
    fund_blue_sky_states: Annotated[str, Wire(40, since=179)] = ""
    """States in which it is registered."""
    fund_blue_sky_territories: Annotated[str, Wire(41, since=179)] = ""
    """Territories in which it is registered."""
    fund_distribution_policy_indicator: Annotated[str, Wire(42, since=179)] = ""
    """N accumulation, Y income."""
    fund_asset_type: Annotated[str, Wire(43, since=179)] = ""
    """000 to 008."""
