"""An order: everything that a trader can ask of the bridge, one line per field."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Struct

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.advisor_method import AdvisorMethod
from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.classes.enum.auction_strategy import AuctionStrategy
from ibkr_actors.classes.enum.clearing_intent import ClearingIntent
from ibkr_actors.classes.enum.hedge_type import HedgeType
from ibkr_actors.classes.enum.manual_order_indicator import ManualOrderIndicator
from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.enum.open_close import OpenClose
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.origin import Origin
from ibkr_actors.classes.enum.rule_80a import Rule80A
from ibkr_actors.classes.enum.short_sale_slot import ShortSaleSlot
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.enum.trailing_unit import TrailingUnit
from ibkr_actors.classes.enum.trigger_method import TriggerMethod
from ibkr_actors.classes.enum.volatility_type import ReferencePriceType, VolatilityType
from ibkr_actors.classes.orders.conditions import AnyCondition
from ibkr_actors.classes.orders.order_copies import OrderCopies
from ibkr_actors.classes.orders.order_times import OrderTimes
from ibkr_actors.classes.spelling import Moment, MomentOrDay
from ibkr_actors.classes.value import Value
from ibkr_actors.wire.annotation import Wire, echoed
from ibkr_actors.wire.codes import Number, Word
from ibkr_actors.wire.kinds import (
    FLOAT_OR_INFINITY,
    FLOAT_OR_ZERO,
    LONG,
    OPTIONAL_BOOL_AS_INT,
    OPTIONAL_DECIMAL_AS_DOUBLE,
    OPTIONAL_LONG,
)
from ibkr_actors.wire.tags import TagValue


class SoftDollarTier(Struct, frozen=True):
    """A tier of a soft dollar arrangement."""

    name: Annotated[str, Wire(1)] = ""
    """The bridge's name of the tier."""
    value: Annotated[str, Wire(2)] = ""
    """What an order says to take it."""
    display_name: Annotated[str, Wire(3)] = ""
    """Its name for people; from the bridge."""


class Order(OrderCopies, OrderTimes, Value):
    """What to buy or sell, and how.

    Responsible for: holding every field that the protocol has for an order. Mutable, for users fill it in; a
    request takes a copy when it is made. Prices are floats in the contract's currency, quantities are Decimal, unset
    is None (or an empty text). Which fields go together is the bridge's business: it refuses with an error.
    """

    # identity

    client_id: Annotated[int, Wire(1, bridge_only=True)] = 0
    """The API client that placed the order; the bridge fills it in."""
    order_id: Annotated[int, echoed(2)] = 0
    """The id under which that client placed it; the bridge fills it in."""
    permanent_id: Annotated[int, Wire(3, LONG, bridge_only=True)] = 0
    """Unique in the account and the same for ever, whichever client asks; from the bridge."""
    parent_id: Annotated[int, Wire(4)] = 0
    """Order id of the parent of a child order (bracket, hedge); 0 for none."""
    parent_permanent_id: Annotated[int | None, echoed(121, OPTIONAL_LONG)] = None
    """Permanent id of the parent order; from the bridge."""
    order_reference: Annotated[str, Wire(28)] = ""
    """Free text of the user, echoed in every message about the order."""
    submitter: Annotated[str, Wire(137, since=198, bridge_only=True)] = ""
    """Login that submitted the order; from the bridge."""

    # what to trade

    action: Annotated[Word[OrderAction], Wire(5)] = ""
    """Which side; a short sale is a SELL, for institutions SSHORT."""
    total_quantity: Annotated[Decimal | None, Wire(6)] = None
    """Quantity in shares, contracts or units of the base currency; None with a cash quantity."""
    order_type: Annotated[Word[OrderType], Wire(8)] = ""
    """How its price is made."""
    limit_price: Annotated[float | None, Wire(9)] = None
    """Limit price of LMT, STP LMT and the like, in the contract's currency."""
    auxiliary_price: Annotated[float | None, Wire(10)] = None
    """Stop price of STP and STP LMT, trailing amount of TRAIL, offset of REL."""
    cash_quantity: Annotated[Decimal | None, Wire(106, OPTIONAL_DECIMAL_AS_DOUBLE)] = None
    """Amount to trade, in the contract's currency, instead of a quantity."""
    time_in_force: Annotated[Word[TimeInForce], Wire(11)] = ""
    """How long it works."""
    good_after_time: Annotated[Moment, Wire(25)] = ""
    """Active from then on: an aware `datetime`, "YYYYMMDD-HH:MM:SS" (UTC) or "YYYYMMDD HH:MM:SS zone"."""
    good_till_date: Annotated[MomentOrDay, Wire(26)] = ""
    """Active until then, with GTD: likewise, or a `date` or "YYYYMMDD" for the end of that day's trading."""
    outside_regular_trading_hours: Annotated[bool, Wire(19)] = False
    """May fill outside regular trading hours."""
    include_overnight: Annotated[bool, Wire(135, since=189)] = False
    """May fill in the overnight session too."""
    transmit: Annotated[bool, Wire(66)] = True
    """False leaves the order with the bridge until it is sent again with True."""
    what_if: Annotated[bool, Wire(65)] = False
    """Ask for margin and commission instead of trading."""
    what_if_type: Annotated[int | None, Wire(143, since=217)] = None
    """Which preview a what-if order asks for."""
    deactivate: Annotated[bool, Wire(138, since=216)] = False
    """Take the order out of work without cancelling it."""

    # how to fill it

    display_size: Annotated[int | None, Wire(7)] = 0
    """Shown quantity of an iceberg order."""
    block_order: Annotated[bool, Wire(17)] = False
    """A block of options (ISE)."""
    sweep_to_fill: Annotated[bool, Wire(20)] = False
    """Take the best price at each exchange at once."""
    hidden: Annotated[bool, Wire(18)] = False
    """Not shown in the book (direct to NASDAQ)."""
    all_or_none: Annotated[bool, Wire(16)] = False
    """Fill all of it or nothing."""
    minimum_quantity: Annotated[int | None, Wire(24)] = None
    """Smallest quantity of a fill."""
    trigger_method: Annotated[Number[TriggerMethod], Wire(31)] = TriggerMethod.DEFAULT
    """What triggers a stop."""
    post_only: Annotated[bool, Wire(139, since=216)] = False
    """Never take liquidity."""
    allow_pre_open: Annotated[bool, Wire(140, since=216)] = False
    """May take part before the opening."""
    ignore_open_auction: Annotated[bool, Wire(141, since=216)] = False
    """Keep out of the opening auction."""
    imbalance_only: Annotated[bool, Wire(119, since=199)] = False
    """Only against an auction's imbalance."""
    duration: Annotated[int | None, Wire(123, since=158)] = None
    """Seconds the order lives, for order types that have such a limit."""
    post_to_ats: Annotated[int | None, Wire(124, since=160)] = None
    """Seconds to rest at the alternative trading system (IBKRATS)."""
    auto_cancel_parent: Annotated[bool, Wire(117, since=162)] = False
    """Cancelling this child cancels its parent."""
    auto_cancel_date: Annotated[str, echoed(114)] = ""
    """When the order is cancelled by itself; from the bridge."""
    use_price_management_algo: Annotated[bool | None, Wire(122, OPTIONAL_BOOL_AS_INT)] = None
    """Price management: None leaves it to the account's setting."""
    route_marketable_to_bbo: Annotated[bool | None, Wire(120, OPTIONAL_BOOL_AS_INT, since=217)] = None
    """Route what is marketable to the best bid or offer."""
    seek_price_improvement: Annotated[bool | None, Wire(142, OPTIONAL_BOOL_AS_INT, since=217)] = None
    """Look for a better price than the quote."""
    not_held: Annotated[bool, Wire(83)] = False
    """Held back for a floor broker's discretion (IBDARK)."""
    solicited: Annotated[bool, Wire(85)] = False
    """The broker solicited the order."""
    override_percentage_constraints: Annotated[bool, Wire(67)] = False
    """Send it in spite of the precautionary settings."""
    advanced_error_override: Annotated[str, Wire(125, since=166)] = ""
    """Codes of warnings to be overridden, comma separated."""
    opt_out_smart_routing: Annotated[bool, Wire(77)] = False
    """Do not smart-route."""
    randomize_size: Annotated[bool, Wire(86)] = False
    """Vary the displayed size."""
    randomize_price: Annotated[bool, Wire(87)] = False
    """Vary the price."""

    # one-cancels-all, parents, conditions

    oca_group: Annotated[str, Wire(27)] = ""
    """Orders with the same group cancel or reduce each other."""
    oca_type: Annotated[Number[OcaType], Wire(30)] = OcaType.NONE
    """What becomes of the others when one of the group fills."""
    conditions: Annotated[tuple[AnyCondition, ...], Wire(100)] = ()
    """What has to hold before the order works (or is cancelled)."""
    conditions_cancel_order: Annotated[bool, Wire(101)] = False
    """Conditions cancel the order instead of activating it."""
    conditions_ignore_regular_trading_hours: Annotated[bool, Wire(102)] = False
    """Conditions are watched outside regular trading hours too."""
    conditions_include_overnight: Annotated[bool, Wire(145, since=226)] = False
    """Conditions are watched overnight too."""

    # trailing, adjusting, discretion

    trail_stop_price: Annotated[float | None, Wire(23)] = None
    """First stop price of a trailing order."""
    trailing_percent: Annotated[float | None, Wire(22)] = None
    """Trailing amount as a percentage."""
    limit_price_offset: Annotated[float | None, Wire(99)] = None
    """Distance of the limit from the stop of TRAIL LIMIT."""
    adjusted_order_type: Annotated[Word[OrderType], Wire(93)] = ""
    """The type that a triggered stop turns into; the bridge sends "None" for none."""
    trigger_price: Annotated[float | None, Wire(94)] = None
    """The price at which the stop is adjusted."""
    adjusted_stop_price: Annotated[float | None, Wire(95)] = None
    """Stop price after the adjustment."""
    adjusted_stop_limit_price: Annotated[float | None, Wire(96)] = None
    """Limit price after the adjustment."""
    adjusted_trailing_amount: Annotated[float | None, Wire(97)] = None
    """Trailing amount after the adjustment."""
    adjustable_trailing_unit: Annotated[Number[TrailingUnit], Wire(98)] = TrailingUnit.AMOUNT
    """Unit of the trailing amount after the adjustment."""
    discretionary_amount: Annotated[float, Wire(76, FLOAT_OR_ZERO, zero_means_absent=True)] = 0.0
    """How far beyond the limit a fill may be."""
    discretionary_up_to_limit_price: Annotated[bool, Wire(113)] = False
    """Discretion up to the limit price."""
    percent_offset: Annotated[float | None, Wire(21)] = None
    """Offset of a relative order, as a fraction."""

    # accounts and clearing

    account: Annotated[str, Wire(12)] = ""
    """Account code; empty for the login's only account."""
    settling_firm: Annotated[str, Wire(13)] = ""
    """Institutions: the settling firm."""
    clearing_account: Annotated[str, Wire(14)] = ""
    """True beneficiary of the order."""
    clearing_intent: Annotated[Word[ClearingIntent], Wire(15)] = ""
    """Who clears it."""
    model_code: Annotated[str, Wire(103)] = ""
    """Model portfolio."""
    customer_account: Annotated[str, Wire(132, since=183)] = ""
    """Customer account, where an exchange wants it."""
    professional_customer: Annotated[bool, Wire(133, since=184)] = False
    """Marks a professional customer."""
    advisor_group: Annotated[str, Wire(34)] = ""
    """Financial advisors: allocation group."""
    advisor_method: Annotated[Word[AdvisorMethod], Wire(35)] = ""
    """Financial advisors: allocation method."""
    advisor_percentage: Annotated[str, Wire(36)] = ""
    """Financial advisors: percentage, for the method that changes positions by it."""
    open_close: Annotated[Word[OpenClose], Wire(68)] = ""
    """Institutions: whether it opens or closes a position."""
    origin: Annotated[Number[Origin], Wire(69)] = Origin.CUSTOMER
    """Institutions: who it is for."""
    short_sale_slot: Annotated[Number[ShortSaleSlot], Wire(70)] = ShortSaleSlot.NONE
    """Institutions: where the shares come from; with SSHORT."""
    designated_location: Annotated[str, Wire(71)] = ""
    """The place, with a slot of ELSEWHERE."""
    exempt_code: Annotated[int, Wire(72)] = -1
    """Exemption from the short sale rule; -1 for none."""
    rule_80a: Annotated[Word[Rule80A], Wire(29)] = ""
    """Who it is for and how it trades, as the New York Stock Exchange asked."""
    shareholder: Annotated[str, echoed(118)] = ""
    """Whether the holder is an insider; from the bridge."""
    bond_accrued_interest: Annotated[str, Wire(134, bridge_only=True)] = ""
    """Accrued interest of a bond order; from the bridge."""
    filled_quantity: Annotated[Decimal | None, echoed(115)] = None
    """Quantity filled so far, in completed and echoed orders; from the bridge."""
    reference_futures_contract_id: Annotated[int | None, echoed(116)] = None
    """Contract id of a reference future; from the bridge."""

    # volatility orders

    volatility: Annotated[float | None, Wire(37)] = None
    """Volatility in percent."""
    volatility_type: Annotated[Number[VolatilityType] | None, Wire(38)] = None
    """The stretch of time that the volatility is of."""
    continuous_update: Annotated[bool, Wire(39)] = False
    """Follow the underlying."""
    reference_price_type: Annotated[Number[ReferencePriceType] | None, Wire(40)] = None
    """The price of the underlying that it follows."""
    delta_neutral_order_type: Annotated[Word[OrderType], Wire(41)] = ""
    """Order type of the hedge; the bridge sends "None" for none."""
    delta_neutral_auxiliary_price: Annotated[float | None, Wire(42)] = None
    """Auxiliary price of the hedge."""
    delta_neutral_contract_id: Annotated[int, Wire(43, zero_means_absent=True)] = 0
    """Contract of the hedge."""
    delta_neutral_settling_firm: Annotated[str, Wire(73)] = ""
    """Settling firm of the hedge."""
    delta_neutral_clearing_account: Annotated[str, Wire(74)] = ""
    """Clearing account of the hedge."""
    delta_neutral_clearing_intent: Annotated[Word[ClearingIntent], Wire(75)] = ""
    """Clearing intent of the hedge."""
    delta_neutral_open_close: Annotated[Word[OpenClose], Wire(44)] = ""
    """Whether the hedge opens or closes."""
    delta_neutral_short_sale: Annotated[bool, Wire(45)] = False
    """Whether the hedge is a short sale."""
    delta_neutral_short_sale_slot: Annotated[Number[ShortSaleSlot], Wire(46)] = ShortSaleSlot.NONE
    """As `short_sale_slot`, for the hedge."""
    delta_neutral_designated_location: Annotated[str, Wire(47)] = ""
    """As `designated_location`, for the hedge."""

    # pegged to stock or benchmark, auctions, IBKRATS

    auction_strategy: Annotated[Number[AuctionStrategy], Wire(until=202)] = AuctionStrategy.NONE
    """How it takes part in an auction of BOX; text only."""
    starting_price: Annotated[float | None, Wire(78)] = None
    """Starting price (pegged, BOX)."""
    stock_reference_price: Annotated[float | None, Wire(79)] = None
    """Reference price of the stock."""
    delta: Annotated[float | None, Wire(80)] = None
    """Delta of a pegged option order."""
    stock_range_lower: Annotated[float | None, Wire(81)] = None
    """The order is cancelled when the stock falls below."""
    stock_range_upper: Annotated[float | None, Wire(82)] = None
    """The order is cancelled when the stock rises above."""
    reference_contract_id: Annotated[int, Wire(88, zero_means_absent=True)] = 0
    """Contract that the order is pegged to."""
    pegged_change_amount: Annotated[float, Wire(89, zero_means_absent=True)] = 0.0
    """How much the price changes with the reference."""
    is_pegged_change_amount_decrease: Annotated[bool, Wire(90)] = False
    """The price falls when the reference rises."""
    reference_change_amount: Annotated[float, Wire(91, zero_means_absent=True)] = 0.0
    """Change of the reference that counts."""
    reference_exchange_id: Annotated[str, Wire(92)] = ""
    """Exchange of the reference."""
    minimum_trade_quantity: Annotated[int | None, Wire(127, since=170)] = None
    """Smallest trade at IBKRATS."""
    minimum_compete_size: Annotated[int | None, Wire(128, since=170)] = None
    """Smallest size to compete with (PEG BEST)."""
    compete_against_best_offset: Annotated[float | None, Wire(129, FLOAT_OR_INFINITY, since=170)] = None
    """Offset from the best; infinity means up to the midpoint (PEG BEST)."""
    mid_offset_at_whole: Annotated[float | None, Wire(130, since=170)] = None
    """Offset when the spread is a whole number of ticks."""
    mid_offset_at_half: Annotated[float | None, Wire(131, since=170)] = None
    """Offset when the midpoint is between two ticks."""

    # scale orders

    scale_initial_level_size: Annotated[int | None, Wire(48)] = None
    """Size of the first level."""
    scale_subsequent_level_size: Annotated[int | None, Wire(49)] = None
    """Size of the other levels."""
    scale_price_increment: Annotated[float | None, Wire(50)] = None
    """Price between levels; the fields below go with one above zero."""
    scale_price_adjust_value: Annotated[float | None, Wire(51)] = None
    """Change of the increment."""
    scale_price_adjust_interval: Annotated[int | None, Wire(52)] = None
    """Seconds between changes."""
    scale_profit_offset: Annotated[float | None, Wire(53)] = None
    """Profit of the opposite order."""
    scale_auto_reset: Annotated[bool, Wire(54)] = False
    """Restore the size after a profit."""
    scale_initial_position: Annotated[int | None, Wire(55)] = None
    """Position at the start."""
    scale_initial_fill_quantity: Annotated[int | None, Wire(56)] = None
    """Filled at the start."""
    scale_random_percent: Annotated[bool, Wire(57)] = False
    """Vary the sizes."""
    scale_table: Annotated[str, Wire(58)] = ""
    """The levels by hand."""
    active_start_time: Annotated[Moment, Wire(32)] = ""
    """Start of a scale order's activity, as `good_after_time`."""
    active_stop_time: Annotated[Moment, Wire(33)] = ""
    """End of a scale order's activity."""

    # hedges, algos, combos

    hedge_type: Annotated[Word[HedgeType], Wire(59)] = ""
    """What a child order hedges its parent with."""
    hedge_parameter: Annotated[str, Wire(60)] = ""
    """beta=X or ratio=Y; goes with a hedge type."""
    hedge_max_size: Annotated[int | None, Wire(144, since=223)] = None
    """Largest size of the hedge."""
    algo_strategy: Annotated[Word[AlgoStrategy], Wire(61)] = ""
    """The algorithm that works it."""
    algo_parameters: Annotated[tuple[TagValue, ...], Wire(62)] = ()
    """Options of the algo."""
    algo_id: Annotated[str, Wire(63)] = ""
    """Identifies the algo."""
    smart_combo_routing_parameters: Annotated[tuple[TagValue, ...], Wire(64)] = ()
    """Options of combo routing, such as NonGuaranteed."""
    miscellaneous_options: Annotated[tuple[TagValue, ...], Wire(84)] = ()
    """Other options."""
    basis_points: Annotated[float | None, Wire(bridge_only=True)] = None
    """Basis points of an EFP order; from the bridge, text only."""
    basis_points_type: Annotated[int | None, Wire(bridge_only=True)] = None
    """Type of the basis points; from the bridge, text only."""
    is_oms_container: Annotated[bool, Wire(112)] = False
    """The order lives in an order management system."""
    do_not_use_auto_price_for_hedge: Annotated[bool, Wire(111)] = False
    """No automatic price for the hedge."""

    # regulation

    soft_dollar_tier: Annotated[SoftDollarTier, Wire(105, always=True)] = SoftDollarTier()
    """Tier of a soft dollar arrangement."""
    external_operator: Annotated[str, Wire(104)] = ""
    """Who operates the order entry, where an exchange wants it."""
    manual_order_time: Annotated[Moment, Wire(126, since=169)] = ""
    """When a customer gave the order to a person: an aware `datetime`, or "YYYYMMDD-HH:MM:SS" in UTC."""
    manual_order_indicator: Annotated[Number[ManualOrderIndicator] | None, Wire(136, since=192)] = None
    """Whether a person entered it, for the exchanges of CME."""
    mifid2_decision_maker: Annotated[str, Wire(107)] = ""
    """MiFID II: short code of the person who decided to invest; either this or the algorithm."""
    mifid2_decision_algo: Annotated[str, Wire(108)] = ""
    """MiFID II: short code of the algorithm that decided to invest."""
    mifid2_execution_trader: Annotated[str, Wire(109)] = ""
    """MiFID II: short code of the person responsible for the execution; either this or the algorithm."""
    mifid2_execution_algo: Annotated[str, Wire(110)] = ""
    """MiFID II: short code of the algorithm responsible for the execution."""

    # not on the wire

    contract: Contract | None = None
    """What to trade, when the order brings it along; a request to place the order carries it beside the order."""
