"""A contract: what is traded, and how it is told from all others."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date, datetime
from typing import Annotated

from msgspec import Struct

from ibkr_actors.classes.contracts.identity import fits, identity_of, in_words
from ibkr_actors.classes.enum.open_close import LegOpenClose
from ibkr_actors.classes.enum.option_right import OptionRight
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.security_id_type import SecurityIdType
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.enum.short_sale_slot import ShortSaleSlot
from ibkr_actors.classes.moment import day, moment
from ibkr_actors.classes.spelling import DayText
from ibkr_actors.classes.value import Value
from ibkr_actors.wire.annotation import Wire, echoed
from ibkr_actors.wire.codes import Number, Word
from ibkr_actors.wire.kinds import NUMBER_AS_TEXT


class ComboLeg(Struct, frozen=True):
    """One leg of a combination."""

    contract_id: Annotated[int, Wire(1)] = 0
    """The bridge's id of the leg's contract."""
    ratio: Annotated[int, Wire(2)] = 0
    """How many of it go into one combination."""
    action: Annotated[Word[OrderAction], Wire(3)] = ""
    """What happens to it when the combination is bought."""
    exchange: Annotated[str, Wire(4)] = ""
    """Where the leg is traded: SMART, or one exchange."""
    open_close: Annotated[Number[LegOpenClose], Wire(5)] = LegOpenClose.SAME
    """Institutions: whether it opens or closes a position."""
    short_sale_slot: Annotated[Number[ShortSaleSlot], Wire(6)] = ShortSaleSlot.NONE
    """Institutions: where the shares of a short sale come from."""
    designated_location: Annotated[str, Wire(7)] = ""
    """The place, with a slot of ELSEWHERE."""
    exempt_code: Annotated[int, Wire(8)] = -1
    """Exemption from the short sale rule; -1 for none."""
    price: Annotated[float | None, Wire(9)] = None
    """Price of the leg in its currency, for orders that give one to each leg."""


class DeltaNeutralContract(Struct, frozen=True):
    """The underlying of a delta-neutral combination."""

    contract_id: Annotated[int, Wire(1)] = 0
    """The bridge's id of the underlying."""
    delta: Annotated[float, Wire(2)] = 0.0
    """How many units of the underlying go against one combination."""
    price: Annotated[float, Wire(3)] = 0.0
    """Price of the underlying at which the combination is delta-neutral, in its currency."""


class Contract(Value):
    """What is traded. Either `contract_id` and `exchange`, or enough of the other fields to leave one candidate.

    Mutable, for users fill it in (`contract.currency = "USD"`); a request takes a copy when it is made.

    Contracts are equal, and hash equally, by what identifies them (`identity`), whatever their class:

    * two with a `contract_id` by that alone: where to trade it, and what else is known of it, makes no difference;
    * two without by all that describes them, the exchange included, in whatever spelling ("C" and "CALL", 100 and
      "100.0", an expiry with its time or without);
    * a combination by its symbol, currency, exchange and legs, for the bridge gives the same id to all of them;
    * a continuous future is never equal to the future that lends it its id.

    So `Stock("AAPL")` is not equal to the same contract once completed: nobody can tell before the bridge has. Whether
    a contract is one that a description means is what `fits` answers. To compare every field, use
    `msgspec.structs.asdict`. A contract that is a key of a dictionary, or in a set, must not be changed into another
    one, as with any key; `contract.identity` is a key that stays.
    """

    contract_id: Annotated[int, Wire(1)] = 0
    """The bridge's own id, unique and lasting; 0 when not known."""
    symbol: Annotated[str, Wire(2)] = ""
    """Symbol of the asset or of the underlying."""
    security_type: Annotated[Word[SecurityType], Wire(3)] = ""
    """The kind of security."""
    last_trade_date_or_contract_month: Annotated[DayText, Wire(4, told_by="contract_id")] = ""
    """YYYYMMDD (or a `date`) or YYYYMM of an option or future; from the bridge also "YYYYMMDD HH:MM:SS zone"."""
    last_trade_date: Annotated[str, echoed(21, since=182)] = ""
    """YYYYMMDD; from the bridge."""
    strike: Annotated[float | None, Wire(5, told_by="contract_id")] = None
    """Strike of an option. The bridge sends 0.0 for contracts without one."""
    right: Annotated[Word[OptionRight], Wire(6, told_by="contract_id")] = ""
    """Call or put; the bridge sends an empty text, 0 or ? for contracts without one."""
    multiplier: Annotated[str, Wire(7, NUMBER_AS_TEXT, told_by="contract_id")] = ""
    """Units of the underlying in one contract, as text."""
    exchange: Annotated[str, Wire(8)] = ""
    """Where to trade: SMART, or one exchange."""
    primary_exchange: Annotated[str, Wire(9, told_by="contract_id")] = ""
    """Where it is listed; tells apart what SMART can't. Never SMART."""
    currency: Annotated[str, Wire(10)] = ""
    """Currency of its prices, such as USD."""
    local_symbol: Annotated[str, Wire(11)] = ""
    """Symbol at the primary exchange, such as ESZ6 or "OBDC  261120P00010000"."""
    trading_class: Annotated[str, Wire(12, told_by="contract_id")] = ""
    """Class of its exchange, which tells apart options and futures of one symbol (SPX and SPXW)."""
    include_expired: Annotated[bool, Wire(18)] = False
    """Look for expired contracts too, in requests for details and history."""
    security_id_type: Annotated[Word[SecurityIdType], Wire(13)] = ""
    """The scheme of `security_id`."""
    security_id: Annotated[str, Wire(14)] = ""
    """Number of the security in that scheme, instead of a symbol."""
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

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """What identifies the contract now, as a key for dictionaries; its parts are no interface."""
        return identity_of(self)

    def __eq__(self, other: object) -> bool:
        return identity_of(self) == identity_of(other) if isinstance(other, Contract) else NotImplemented

    def __hash__(self) -> int:
        return hash(identity_of(self))

    def fits(self, description: Contract) -> bool:
        """Whether the description may mean this contract: `position.contract.fits(Stock("AAPL"))`.

        With an id on both sides, whether they are equal. Else whether all that the description tells is true here; an
        exchange of SMART, which routes anywhere, tells nothing.
        """
        return fits(self, description)

    @property
    def last_trade_day(self) -> date | None:
        """The day of an option's or future's last trade; None for other contracts, and where only a month is told."""
        return day(self.last_trade_date_or_contract_month) or day(self.last_trade_date)

    @property
    def last_trade_at(self) -> datetime | None:
        """The time of the last trade, aware; None where the bridge has told none. Contract details tell futures'."""
        return moment(self.last_trade_date_or_contract_month)

    def __str__(self) -> str:
        """The contract in few words: "BAC STK SMART USD", "SPY 20261218 500 C SMART USD", "ES FUT 202612 CME USD".

        A primary exchange is behind the other one: "BAC STK SMART/NYSE USD".
        """
        return in_words(self)
