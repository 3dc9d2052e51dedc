"""How a simulated gateway treats orders, where real ones differ by their settings, their build or their luck."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Presets:
    """The bridge's presets and precautionary settings for orders; None where nothing is checked."""

    time_in_force: str = "DAY"
    """Taken for an order without one. Empty: gateways of version 225 and later refuse such an order (10052)."""
    percentage: float | None = None
    """How far a price may be from the market, in percent: 163 for a limit price, 109 for a stop price."""
    ticks: int | None = None
    """The same in ticks (382)."""
    size: Decimal | None = None
    """The largest quantity (383)."""
    attached_percentage: float = 1.0
    """How far from its parent's price a stop loss or a profit taker is attached, in percent."""

    def __post_init__(self) -> None:
        for name in ("percentage", "ticks", "size"):
            limit = getattr(self, name)
            if limit is not None and limit <= 0:
                raise ValueError(f"presets.{name} is {limit}: give a number above zero, or None for no check")
        if not 0 < self.attached_percentage < 100:
            raise ValueError(
                f"presets.attached_percentage is {self.attached_percentage}: give percent, 0 to 100"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOptions:
    """`Options.orders`: settings of the gateway that orders feel."""

    read_only: bool = False
    """The API's read-only mode: whatever concerns orders is refused (321)."""
    master_client_id: int | None = None
    """The client that hears of the orders and executions of all clients."""
    negative_manual_ids: bool = False
    """Orders placed by hand get negative ids when client 0 binds them."""
    acknowledgement_seconds: float = 0.0
    """How long a new order stays PendingSubmit; meanwhile a change is refused (2102)."""
    cancellation_seconds: float = 0.0
    """How long a cancelled order stays PendingCancel; meanwhile it may fill, and a second cancellation draws 161."""
    commission_seconds: float = 0.0
    """How long behind its fill the report of a commission comes, at least; the next step of the market by itself."""
    status_before_execution: bool = False
    """Tell the status of a fill before the execution, as real gateways do at times."""
    price_cap_percent: float | None = None
    """An order that would pay (or take) so much more (less) than the market is cancelled with 202; None never."""
    presets: Presets = field(default_factory=Presets)

    def __post_init__(self) -> None:
        for name in ("acknowledgement_seconds", "cancellation_seconds", "commission_seconds"):
            if getattr(self, name) < 0:
                raise ValueError(f"orders.{name} is {getattr(self, name)}: give seconds, 0 for at once")
        if self.price_cap_percent is not None and self.price_cap_percent <= 0:
            raise ValueError(
                f"orders.price_cap_percent is {self.price_cap_percent}: give percent, or None for no cap"
            )
