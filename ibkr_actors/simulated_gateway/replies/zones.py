"""Times in requests that leave open in which zone they are."""

from __future__ import annotations

from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.hours.market_time import lacks_zone
from ibkr_actors.simulated_gateway.refusals import NO_ZONE


def warn_of_zone(client: Client, request_id: int, *times: str) -> None:
    """Tell a client, in front of its answer, that a time of the request should have named its zone."""
    if any(map(lacks_zone, times)):
        client.notice(request_id, *NO_ZONE)
