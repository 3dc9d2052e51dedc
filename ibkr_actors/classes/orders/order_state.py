"""What the bridge says about an order beside its fields: status, margins, commission, warnings."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.moment import moment
from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Word


class OrderAllocation(FrozenValue, frozen=True):
    """The share of one account in an advisor's order."""

    account: Annotated[str, Wire(1)] = ""
    """Account code."""
    position: Annotated[Decimal | None, Wire(2)] = None
    """Position before."""
    position_desired: Annotated[Decimal | None, Wire(3)] = None
    """Position wanted."""
    position_after: Annotated[Decimal | None, Wire(4)] = None
    """Position after."""
    desired_allocation_quantity: Annotated[Decimal | None, Wire(5)] = None
    """Quantity wanted."""
    allowed_allocation_quantity: Annotated[Decimal | None, Wire(6)] = None
    """Quantity allowed."""
    is_monetary: Annotated[bool, Wire(7)] = False
    """The quantities are amounts of money."""


class OrderState(FrozenValue, frozen=True):
    """The state of an open order; margins and expected commission are filled in for a what-if only."""

    status: Annotated[Word[Status], Wire(1)] = ""
    """Status of the order, as in `OrderStatus`."""
    initial_margin_before: Annotated[float | None, Wire(2)] = None
    """Initial margin before the order, in the margin currency."""
    maintenance_margin_before: Annotated[float | None, Wire(3)] = None
    """Maintenance margin before the order, in the margin currency."""
    equity_with_loan_before: Annotated[float | None, Wire(4)] = None
    """Equity with loan value before the order, in the margin currency."""
    initial_margin_change: Annotated[float | None, Wire(5)] = None
    """Initial margin change by the order, in the margin currency."""
    maintenance_margin_change: Annotated[float | None, Wire(6)] = None
    """Maintenance margin change by the order, in the margin currency."""
    equity_with_loan_change: Annotated[float | None, Wire(7)] = None
    """Equity with loan value change by the order, in the margin currency."""
    initial_margin_after: Annotated[float | None, Wire(8)] = None
    """Initial margin after the order, in the margin currency."""
    maintenance_margin_after: Annotated[float | None, Wire(9)] = None
    """Maintenance margin after the order, in the margin currency."""
    equity_with_loan_after: Annotated[float | None, Wire(10)] = None
    """Equity with loan value after the order, in the margin currency."""
    commission_and_fees: Annotated[float | None, Wire(11)] = None
    """Commission and fees so far, or expected by a what-if."""
    minimum_commission_and_fees: Annotated[float | None, Wire(12)] = None
    """Least expected commission and fees."""
    maximum_commission_and_fees: Annotated[float | None, Wire(13)] = None
    """Most expected commission and fees."""
    commission_and_fees_currency: Annotated[str, Wire(14)] = ""
    """Currency of the commission."""
    margin_currency: Annotated[str, Wire(15, since=195)] = ""
    """Currency of the margins."""
    initial_margin_before_outside_hours: Annotated[float | None, Wire(16, since=195)] = None
    """Initial margin before the order, outside regular hours."""
    maintenance_margin_before_outside_hours: Annotated[float | None, Wire(17, since=195)] = None
    """Maintenance margin before the order, outside regular hours."""
    equity_with_loan_before_outside_hours: Annotated[float | None, Wire(18, since=195)] = None
    """Equity with loan value before the order, outside regular hours."""
    initial_margin_change_outside_hours: Annotated[float | None, Wire(19, since=195)] = None
    """Initial margin change by the order, outside regular hours."""
    maintenance_margin_change_outside_hours: Annotated[float | None, Wire(20, since=195)] = None
    """Maintenance margin change by the order, outside regular hours."""
    equity_with_loan_change_outside_hours: Annotated[float | None, Wire(21, since=195)] = None
    """Equity with loan value change by the order, outside regular hours."""
    initial_margin_after_outside_hours: Annotated[float | None, Wire(22, since=195)] = None
    """Initial margin after the order, outside regular hours."""
    maintenance_margin_after_outside_hours: Annotated[float | None, Wire(23, since=195)] = None
    """Maintenance margin after the order, outside regular hours."""
    equity_with_loan_after_outside_hours: Annotated[float | None, Wire(24, since=195)] = None
    """Equity with loan value after the order, outside regular hours."""
    suggested_size: Annotated[Decimal | None, Wire(25, since=195)] = None
    """Quantity that the account could carry."""
    reject_reason: Annotated[str, Wire(26, since=195)] = ""
    """Why the order was rejected."""
    allocations: Annotated[tuple[OrderAllocation, ...], Wire(27, since=195)] = ()
    """How the order is shared among accounts."""
    warning_text: Annotated[str, Wire(28)] = ""
    """A warning about the order."""
    completed_time: Annotated[str, Wire(29)] = ""
    """When a completed order ended: "YYYYMMDD HH:MM:SS zone"."""
    completed_status: Annotated[str, Wire(30)] = ""
    """How a completed order ended, in words."""

    @property
    def completed_at(self) -> datetime | None:
        """When a completed order ended, aware; None for one that goes on, or where the bridge's text leaves it open."""
        return moment(self.completed_time)
