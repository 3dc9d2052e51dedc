"""Market scans: what can be asked, and results that are sent again every half minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ibkr_actors.base.messages.scanners import (
    CancelScannerSubscription,
    ScannerData,
    ScannerParameters,
    ScannerParametersRequest,
    ScannerSubscriptionRequest,
)
from ibkr_actors.classes.scanner import Scanner
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.scans import scan, scanner_parameters
from ibkr_actors.simulated_gateway.refusals import Refusal, historical
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

INTERVAL: Final = 30.0
SCANS_AT_ONCE: Final = 10
NOTHING_FOUND: Final = (165, "Historical Market Data Service query message:no items retrieved")
DUPLICATE_SCAN: Final = (385, "Duplicate ticker ID for API scanner subscription.")


@dataclass(slots=True)
class _Subscription:
    """A scan that is repeated."""

    scanner: Scanner
    due: float


class ScannerReplies(Service):
    """Runs the clients' scans again and again."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._subscriptions: dict[tuple[Client, int], _Subscription] = {}

    def handlers(self) -> Handlers:
        """Scanner parameters and subscriptions."""
        return {
            ScannerParametersRequest: self._send_parameters,
            ScannerSubscriptionRequest: self._subscribe,
            CancelScannerSubscription: self._cancel,
        }

    def forget(self, client: Client) -> None:
        """End the scans of a client."""
        for key in [key for key in self._subscriptions if key[0] is client]:
            del self._subscriptions[key]

    def advance(self, now: float) -> None:
        """Repeat the scans that are due."""
        for (client, request_id), subscription in self._subscriptions.items():
            if now >= subscription.due:
                subscription.due = now + INTERVAL
                self._send_rows(client, request_id, subscription.scanner)

    def _send_parameters(self, client: Client, _: ScannerParametersRequest) -> None:
        client.tell(ScannerParameters(scanner_parameters()))

    def _subscribe(self, client: Client, request: ScannerSubscriptionRequest) -> None:
        key = client, request.request_id
        if key in self._subscriptions:
            raise Refusal(*DUPLICATE_SCAN)
        if sum(other[0] is client for other in self._subscriptions) >= SCANS_AT_ONCE:
            raise historical(f"Only {SCANS_AT_ONCE} simultaneous API scanner subscriptions are allowed.")
        self._send_rows(client, request.request_id, request.scanner)
        self._subscriptions[key] = _Subscription(request.scanner, client.now + INTERVAL)

    def _send_rows(self, client: Client, request_id: int, scanner: Scanner) -> None:
        rows = scan(scanner, self._market)
        if not rows:
            client.notice(request_id, *NOTHING_FOUND)
        client.tell(ScannerData(request_id, tuple(rows)))

    def _cancel(self, client: Client, request: CancelScannerSubscription) -> None:
        if self._subscriptions.pop((client, request.request_id), None) is None:
            raise Refusal(365, f"No scanner subscription found for ticker id:{request.request_id}")
        raise historical("API scanner subscription cancelled")
