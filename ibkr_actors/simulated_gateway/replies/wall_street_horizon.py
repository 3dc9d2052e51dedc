"""Wall Street Horizon: the kinds of corporate events, and the events."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from ibkr_actors.base.messages.wall_street_horizon import (
    CancelWallStreetHorizonEventData,
    CancelWallStreetHorizonMetaData,
    WallStreetHorizonEventData,
    WallStreetHorizonEventDataRequest,
    WallStreetHorizonMetaData,
    WallStreetHorizonMetaDataRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.moment import day
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.hours.market_time import EASTERN
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.instruments.instrument import STOCK, Instrument
from ibkr_actors.simulated_gateway.refusals import Refusal
from ibkr_actors.simulated_gateway.replies.corporate_events import (
    EVENT_TYPES,
    CorporateEvents,
    default_end,
    metadata,
)
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

NOT_ALLOWED: Final = (10276, "News feed is not allowed.")
DUPLICATE_METADATA: Final = (10278, "Duplicate WSH metadata request.")
NO_METADATA_TO_CANCEL: Final = (10280, "Failed to cancel WSH metadata request.")
DUPLICATE_EVENTS: Final = (10281, "Duplicate WSH event data request.")
METADATA_FIRST: Final = (10282, "WSH metadata was not requested.")
NO_EVENTS_TO_CANCEL: Final = (10284, "Failed to cancel WSH event data request.")


def failed(reason: str) -> Refusal:
    """A request for events that can't be understood."""
    return Refusal(10283, f"Failed to request WSH event data: {reason}")


class HorizonReplies(Service):
    """Answers at once; as at the bridge a client may have one request of each kind, until it cancels it.

    Responsible for: the order of requests (the kinds of events come first), who has which request.
    """

    def __init__(self, catalogue: Catalogue, accounts: Accounts, seed: int, *, is_entitled: bool) -> None:
        self._catalogue = catalogue
        self._accounts = accounts
        self._events = CorporateEvents(seed)
        self._is_entitled = is_entitled
        self._informed: set[Client] = set()
        """Those who have asked for the kinds of events since they connected."""
        self._of_metadata: dict[Client, int] = {}
        self._of_events: dict[Client, int] = {}

    def handlers(self) -> Handlers:
        """Both requests, and their cancellations."""
        return {
            WallStreetHorizonMetaDataRequest: self._send_metadata,
            CancelWallStreetHorizonMetaData: self._cancel_metadata,
            WallStreetHorizonEventDataRequest: self._send_events,
            CancelWallStreetHorizonEventData: self._cancel_events,
        }

    def forget(self, client: Client) -> None:
        """A new connection has to begin with the kinds of events again."""
        self._informed.discard(client)
        self._of_metadata.pop(client, None)
        self._of_events.pop(client, None)

    # ----------------------------------------------------------------------------------------------------- metadata

    def _send_metadata(self, client: Client, request: WallStreetHorizonMetaDataRequest) -> None:
        self._check_entitlement()
        if client in self._of_metadata:
            raise Refusal(*DUPLICATE_METADATA)
        self._of_metadata[client] = request.request_id
        self._informed.add(client)
        client.tell(WallStreetHorizonMetaData(request.request_id, metadata()))

    def _cancel_metadata(self, client: Client, request: CancelWallStreetHorizonMetaData) -> None:
        if self._of_metadata.get(client) != request.request_id:
            raise Refusal(*NO_METADATA_TO_CANCEL)
        del self._of_metadata[client]

    # ------------------------------------------------------------------------------------------------------- events

    def _send_events(self, client: Client, request: WallStreetHorizonEventDataRequest) -> None:
        self._check_entitlement()
        if client not in self._informed:
            raise Refusal(*METADATA_FIRST)
        if client in self._of_events:
            raise Refusal(*DUPLICATE_EVENTS)
        text = self._events_text(request, datetime.fromtimestamp(client.now, EASTERN).date())
        self._of_events[client] = request.request_id
        client.tell(WallStreetHorizonEventData(request.request_id, text))

    def _cancel_events(self, client: Client, request: CancelWallStreetHorizonEventData) -> None:
        if self._of_events.get(client) != request.request_id:
            raise Refusal(*NO_EVENTS_TO_CANCEL)
        del self._of_events[client]

    def _check_entitlement(self) -> None:
        if not self._is_entitled:
            raise Refusal(*NOT_ALLOWED)

    def _events_text(self, request: WallStreetHorizonEventDataRequest, today: date) -> str:
        wanted = _filter_of(request.filter)
        start = _day_of(str(request.start_date)) or today
        end = _day_of(str(request.end_date)) or default_end(start)
        instruments = self._instruments_of(request, wanted)
        events = self._events.find(instruments, _tags_of(wanted), start, end, today)
        limits = (request.total_limit, _number_of(wanted, "limit"))
        limit = min((number for number in limits if number is not None), default=len(events))
        return json.dumps([event.told(today) for event in events[:limit]])

    def _instruments_of(
        self, request: WallStreetHorizonEventDataRequest, wanted: dict[str, Any]
    ) -> list[Instrument]:
        """Those that a request is about. Raises Refusal for one that names none, or one that isn't there."""
        if (request.contract_id is None) is (not request.filter):
            raise failed("either a contract id or a filter is expected")
        if request.contract_id is not None:
            return [self._catalogue.identify(Contract(contract_id=request.contract_id))]
        numbers = {*_contract_ids(wanted), *(self._held() if request.fill_portfolio else ())}
        found = [self._catalogue[number] for number in numbers if number in self._catalogue]
        if request.fill_competitors:
            rivals = {instrument.category for instrument in found}
            found += [
                instrument
                for instrument in self._stocks()
                if instrument.category in rivals and instrument not in found
            ]
        names_instruments = "watchlist" in wanted or request.fill_portfolio or request.fill_watchlist
        return found if names_instruments else self._stocks()

    def _stocks(self) -> list[Instrument]:
        return [instrument for instrument in self._catalogue if instrument.security_type == STOCK]

    def _held(self) -> Iterable[int]:
        for account in self._accounts.codes:
            for holding in self._accounts[account].open_holdings():
                yield holding.contract.contract_id


# ------------------------------------------------------------------------------------------------------------- filters


def _filter_of(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        wanted = json.loads(text)
    except ValueError as error:
        raise failed(f"the filter is no JSON: {error}") from error
    if not isinstance(wanted, dict):
        raise failed("the filter is no JSON object")
    return wanted


def _tags_of(wanted: dict[str, Any]) -> Iterable[str]:
    """The kinds that a filter switches on; all of them when it names none."""
    named = [tag for tag in EVENT_TYPES if str(wanted.get(tag, "")).lower() == "true"]
    return named or EVENT_TYPES


def _contract_ids(wanted: dict[str, Any]) -> list[int]:
    listed = wanted.get("watchlist", [])
    try:
        return [int(number) for number in listed]
    except (TypeError, ValueError) as error:
        raise failed(f"watchlist is no list of contract ids: {listed!r}") from error


def _number_of(wanted: dict[str, Any], name: str) -> int | None:
    if name not in wanted:
        return None
    try:
        return int(wanted[name])
    except (TypeError, ValueError) as error:
        raise failed(f"{name} is no number: {wanted[name]!r}") from error


def _day_of(text: str) -> date | None:
    if not text:
        return None
    found = day(text)
    if found is None:
        raise failed(f"no date: {text}")
    return found
