"""A contract: what is traded, and how it is told from all others."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from ibkr_actors.classes.value import Value
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.kinds import NUMBER_AS_TEXT


class ComboLeg(Struct, frozen=True):
    """One leg of a combination."""

    contract_id: Annotated[int, Wire(1)] = 0
    ratio: Annotated[int, Wire(2)] = 0
    """How many of it go into one combination."""
    action: Annotated[str, Wire(3)] = ""
    """BUY or SELL when the combination is bought."""
    exchange: Annotated[str, Wire(4)] = ""
    open_close: Annotated[int, Wire(5)] = 0
    """0 as the combination, 1 open, 2 close, 3 unknown."""
    short_sale_slot: Annotated[int, Wire(6)] = 0
    """1 you hold the shares, 2 they come from elsewhere."""
    designated_location: Annotated[str, Wire(7)] = ""
    exempt_code: Annotated[int, Wire(8)] = -1
    price: Annotated[float | None, Wire(9)] = None
    """Price of the leg, for orders that give one to each leg."""


class DeltaNeutralContract(Struct, frozen=True):
    """The underlying of a delta-neutral combination."""

    contract_id: Annotated[int, Wire(1)] = 0
    delta: Annotated[float, Wire(2)] = 0.0
    price: Annotated[float, Wire(3)] = 0.0


class Contract(Value):
    """What is traded. Either `contract_id` and `exchange`, or enough of the other fields to leave one candidate.

    Mutable, for users fill it in (`contract.currency = "USD"`); a request takes a copy when it is made.
    """

    contract_id: Annotated[int, Wire(1)] = 0
    """The bridge's own id, unique and lasting; 0 when not known."""
    symbol: Annotated[str, Wire(2)] = ""
    """Symbol of the asset or of the underlying."""
    security_type: Annotated[str, Wire(3)] = ""
    """STK, OPT, FUT, CASH, IND, CFD, BOND, BAG, CRYPTO, ..."""
    last_trade_date_or_contract_month: Annotated[str, Wire(4)] = ""
    """YYYYMMDD or YYYYMM of an option or future; from the bridge also "YYYYMMDD HH:MM:SS zone"."""
    last_trade_date: Annotated[str, Wire(21, since=182, bridge_only=True, in_requests=False)] = ""
    """YYYYMMDD; from the bridge."""
    strike: Annotated[float | None, Wire(5)] = None
    """Strike of an option. The bridge sends 0.0 for contracts without one."""
    right: Annotated[str, Wire(6)] = ""
    """C or P; the bridge sends an empty text, 0 or ? for contracts without one."""
    multiplier: Annotated[str, Wire(7, NUMBER_AS_TEXT)] = ""
    """Units of the underlying in one contract, as text."""
    exchange: Annotated[str, Wire(8)] = ""
    """Where to trade: SMART, or one exchange."""
    primary_exchange: Annotated[str, Wire(9)] = ""
    """Where it is listed; tells apart what SMART can't. Never SMART."""
    currency: Annotated[str, Wire(10)] = ""
    local_symbol: Annotated[str, Wire(11)] = ""
    """Symbol at the primary exchange, such as ESZ6 or "OBDC  261120P00010000"."""
    trading_class: Annotated[str, Wire(12)] = ""
    include_expired: Annotated[bool, Wire(18)] = False
    """Look for expired contracts too, in requests for details and history."""
    security_id_type: Annotated[str, Wire(13)] = ""
    """ISIN, CUSIP, SEDOL, FIGI."""
    security_id: Annotated[str, Wire(14)] = ""
    description: Annotated[str, Wire(15, bridge_only=True)] = ""
    """Description, in answers to searches."""
    issuer_id: Annotated[str, Wire(16, since=176)] = ""
    """Issuer of bonds, in requests for details."""
    combo_legs_description: Annotated[str, Wire(19, bridge_only=True)] = ""
    """The legs in words; from the bridge."""
    combo_legs: Annotated[tuple[ComboLeg, ...], Wire(20)] = ()
    """The legs of a BAG."""
    delta_neutral_contract: Annotated[DeltaNeutralContract | None, Wire(17)] = None
    """The underlying of a delta-neutral combination."""
