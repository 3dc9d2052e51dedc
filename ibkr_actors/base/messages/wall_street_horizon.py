"""Wall Street Horizon: the calendar of corporate events."""

from __future__ import annotations

from typing import Annotated, Final

from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Reply, message, one
from ibkr_actors.base.server_versions import PROTOBUF_NEWS, WALL_STREET_HORIZON
from ibkr_actors.classes.spelling import Day
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.kinds import OPTIONAL_INT

_FILTERS: Final = 171
"""First server version that filters events."""
_DATES: Final = 173
"""First server version that limits events by dates and number."""

# As the vendor's client spells it; readers take an empty text for unset too.
_UNSET_AS_LARGEST: Final = OPTIONAL_INT.spelling_unset("2147483647")


@message(104, since=WALL_STREET_HORIZON, protobuf_since=PROTOBUF_NEWS)
class WallStreetHorizonMetaData(Reply, frozen=True):
    """What kinds of events and of filters there are."""

    request_id: Annotated[int, Wire(1)] = -1
    data_json: Annotated[str, Wire(2)] = ""


@message(105, since=WALL_STREET_HORIZON, protobuf_since=PROTOBUF_NEWS)
class WallStreetHorizonEventData(Reply, frozen=True):
    """The events that were asked for."""

    request_id: Annotated[int, Wire(1)] = -1
    data_json: Annotated[str, Wire(2)] = ""


@message(101, since=WALL_STREET_HORIZON, protobuf_since=PROTOBUF_NEWS)
class CancelWallStreetHorizonMetaData(Cancellation, frozen=True):
    """End a request for the kinds of events."""


@message(
    100,
    since=WALL_STREET_HORIZON,
    protobuf_since=PROTOBUF_NEWS,
    replies=one(WallStreetHorizonMetaData, cancel=CancelWallStreetHorizonMetaData, is_reserved=True),
)
class WallStreetHorizonMetaDataRequest(IdentifiedRequest, frozen=True):
    """Ask what kinds of events and of filters there are. Has to come before any request for events."""


@message(103, since=WALL_STREET_HORIZON, protobuf_since=PROTOBUF_NEWS)
class CancelWallStreetHorizonEventData(Cancellation, frozen=True):
    """End a request for events."""


@message(
    102,
    since=WALL_STREET_HORIZON,
    protobuf_since=PROTOBUF_NEWS,
    replies=one(WallStreetHorizonEventData, cancel=CancelWallStreetHorizonEventData, is_reserved=True),
)
class WallStreetHorizonEventDataRequest(IdentifiedRequest, frozen=True):
    """Ask for the events of one contract, or of those that a filter finds.

    Error 10282 when the kinds of events were not asked for before.
    """

    contract_id: Annotated[int | None, Wire(2, _UNSET_AS_LARGEST)] = None
    filter: Annotated[str, Wire(3, since=_FILTERS)] = ""
    """A filter in JSON, of the kinds that the meta data names; instead of a contract."""
    fill_watchlist: Annotated[bool, Wire(4, since=_FILTERS)] = False
    """Also events of the contracts in the bridge's watchlist."""
    fill_portfolio: Annotated[bool, Wire(5, since=_FILTERS)] = False
    """Also events of the contracts in the portfolio."""
    fill_competitors: Annotated[bool, Wire(6, since=_FILTERS)] = False
    """Also events of competitors."""
    start_date: Annotated[Day, Wire(7, since=_DATES)] = ""
    """A `date` or "YYYYMMDD", as the end."""
    end_date: Annotated[Day, Wire(8, since=_DATES)] = ""
    total_limit: Annotated[int | None, Wire(9, _UNSET_AS_LARGEST, since=_DATES)] = None
    """How many events at most."""
