"""An execution: one fill of an order."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from ibkr_actors.classes.enum.execution_side import ExecutionSide
from ibkr_actors.classes.enum.liquidity import Liquidity
from ibkr_actors.classes.enum.option_exercise_type import OptionExerciseType
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.moment import moment
from ibkr_actors.classes.spelling import Days, RangeStart
from ibkr_actors.classes.value import FrozenValue, Value
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number, Word
from ibkr_actors.wire.kinds import LONG, OPTIONAL_NUMBER


class Execution(FrozenValue, frozen=True):
    """One fill of an order. Commission comes later, in a report with the same execution id."""

    order_id: Annotated[int, Wire(1)] = 0
    """Order that was filled; 0 for one that no API client placed."""
    execution_id: Annotated[str, Wire(2)] = ""
    """Unique; a correction changes what is behind the last point."""
    time: Annotated[str, Wire(3)] = ""
    """"YYYYMMDD-HH:MM:SS" in UTC or "YYYYMMDD HH:MM:SS zone", as the bridge is set."""
    account: Annotated[str, Wire(4)] = ""
    """Account code."""
    exchange: Annotated[str, Wire(5)] = ""
    """Where it was filled."""
    side: Annotated[Word[ExecutionSide], Wire(6)] = ""
    """Bought or sold."""
    shares: Annotated[Decimal, Wire(7)] = Decimal(0)
    """Quantity of this execution."""
    price: Annotated[float, Wire(8)] = 0.0
    """Price of this execution, without commission."""
    permanent_id: Annotated[int, Wire(9, LONG)] = 0
    """Permanent id of the order."""
    client_id: Annotated[int, Wire(10)] = 0
    """Client that placed the order."""
    liquidation: Annotated[bool, Wire(11)] = False
    """A liquidation by the broker."""
    cumulative_quantity: Annotated[Decimal, Wire(12)] = Decimal(0)
    """Quantity of the order filled so far."""
    average_price: Annotated[float, Wire(13)] = 0.0
    """Average price of the order so far."""
    order_reference: Annotated[str, Wire(14)] = ""
    """The order's own reference."""
    economic_value_rule: Annotated[str, Wire(15)] = ""
    """Rule of the economic value."""
    economic_value_multiplier: Annotated[float | None, Wire(16, OPTIONAL_NUMBER)] = None
    """Multiplier of the economic value."""
    model_code: Annotated[str, Wire(17)] = ""
    """Model portfolio."""
    last_liquidity: Annotated[Number[Liquidity], Wire(18)] = Liquidity.UNKNOWN
    """What it did to the liquidity of the exchange."""
    price_revision_pending: Annotated[bool, Wire(19, since=178)] = False
    """The price may still change."""
    submitter: Annotated[str, Wire(20, since=198)] = ""
    """Login that submitted the order."""
    option_exercise_or_lapse_type: Annotated[Number[OptionExerciseType] | None, Wire(21)] = None
    """How an option came to its end, where that made the execution."""

    @property
    def at(self) -> datetime | None:
        """The time, aware; None where the bridge's text leaves it open."""
        return moment(self.time)


class ExecutionFilter(Value):
    """Which executions to report; an empty field filters nothing."""

    client_id: Annotated[int, Wire(1)] = 0
    """Only orders of that client; 0 for all."""
    account: Annotated[str, Wire(2)] = ""
    """Only that account."""
    time: Annotated[RangeStart, Wire(3)] = ""
    """Only from then on: a `datetime`, a `date` (of UTC), "YYYYMMDD-HH:MM:SS" (UTC) or that with a zone."""
    symbol: Annotated[str, Wire(4)] = ""
    """Only that symbol."""
    security_type: Annotated[Word[SecurityType], Wire(5)] = ""
    """Only that security type."""
    exchange: Annotated[str, Wire(6)] = ""
    """Only that exchange."""
    side: Annotated[Word[OrderAction], Wire(7)] = ""
    """Only that side."""
    last_days: Annotated[int | None, Wire(8, since=200)] = None
    """Only the last so many days."""
    specific_dates: Annotated[Days, Wire(9, since=200)] = ()
    """Only those days, each a `date` or the number YYYYMMDD."""
