"""The ScannersActor: one subscription for each scan, and the scanner parameters once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec
from msgspec.structs import replace

from ibkr_actors.actors.actor import Mail, tell
from ibkr_actors.actors.messages import (
    Ask,
    AwaitAnswer,
    Batch,
    Release,
    Send,
    Subscribe,
    SubscribeTypes,
    Unsubscribe,
)
from ibkr_actors.actors.reopening import ReopeningActor
from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.message_codes import CODES, CodeTable
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.scanners import (
    CancelScannerSubscription,
    ScannerData,
    ScannerParameters,
    ScannerParametersRequest,
    ScannerSubscriptionRequest,
)


@dataclass(slots=True)
class Scan:
    """One subscription at the bridge, and who wants it under which request id."""

    request: ScannerSubscriptionRequest
    wanted_by: dict[int, Mail] = field(default_factory=dict)
    newest: ScannerData | None = None


class ScannersActor(ReopeningActor):
    """Keeps one subscription for each different scan, for the bridge allows ten.

    Responsible for: sharing subscriptions and the last result; the parameters, which are two megabytes, once; making
    subscriptions again after a lost connection; ending what nobody wants; telling all who wait for the parameters when
    none come, and asking anew for who comes later.

    Runs on the threads of those who tell it something: it only sorts and remembers. So it knows that a scan has ended
    before any strategy does, and none joins one that is over.
    Understands: Ask, Release, Batch.  Tells: Send to the bridge, Subscribe, Unsubscribe and AwaitAnswer to the router,
    Batch to actors.
    """

    serves: ClassVar[tuple[type[Request], ...]] = (
        ScannerSubscriptionRequest,
        CancelScannerSubscription,
        ScannerParametersRequest,
    )

    def __init__(
        self, bridge: Mail, router: Mail, *, codes: CodeTable = CODES, code: str = "scanners"
    ) -> None:
        super().__init__(code)
        self._bridge, self._router = bridge, router
        self._codes = codes
        self._scans: dict[bytes, Scan] = {}
        self._scan_of: dict[int, Scan] = {}
        self._parameters: ScannerParameters | None = None
        self._waiting: list[Mail] = []

    def initialize(self) -> None:
        """The parameters carry no request id."""
        self._router.tell(SubscribeTypes(self.mail, (ScannerParameters,)))

    def receive(self, message: Any) -> Any:
        """Requests of actors."""
        match message:
            case Ask(mail, code, ScannerSubscriptionRequest() as request):
                self._want(mail, code, request)
            case Ask(mail, _, CancelScannerSubscription(request_id)):
                self._drop(mail, request_id)
            case Ask(mail, code, ScannerParametersRequest() as request):
                self._want_parameters(mail, code, request)
            case Release(mail, _):
                for own in [own for own, scan in self._scan_of.items() if scan.wanted_by[own] == mail]:
                    self._drop(mail, own)
            case _:
                return super().receive(message)
        return None

    def _want(self, mail: Mail, code: str, request: ScannerSubscriptionRequest) -> None:
        key = msgspec.msgpack.encode(request.scanner)
        scan = self._scans.get(key)
        if scan is None:
            scan = self._scans[key] = Scan(request)
            self._router.tell(Subscribe(self.mail, request, request.request_id))
            if self._connected:
                self._bridge.tell(Send(request, code))
        own = request.request_id
        scan.wanted_by[own] = mail
        self._scan_of[own] = scan
        shared = scan.request.request_id
        self._router.tell(Subscribe(mail, scan.request, shared, None if own == shared else own))
        if scan.newest is not None and self._connected:
            tell(mail, Batch([replace(scan.newest, request_id=own)], 0.0))

    def _drop(self, mail: Mail, request_id: int) -> None:
        scan = self._scan_of.get(request_id)
        if scan is None or scan.wanted_by[request_id] != mail:
            return
        del self._scan_of[request_id]
        self._router.tell(Unsubscribe(scan.wanted_by.pop(request_id), request_id))
        if not scan.wanted_by:
            self._close(scan)
            self._bridge.tell(Send(CancelScannerSubscription(scan.request.request_id), self.code))

    def _close(self, scan: Scan) -> None:
        self._scans = {key: kept for key, kept in self._scans.items() if kept is not scan}
        for own in scan.wanted_by:
            self._scan_of.pop(own, None)
        self._router.tell(Unsubscribe(self.mail, scan.request.request_id))

    def _scan_at_bridge(self, request_id: int) -> Scan | None:
        """The scan that the bridge knows by this id: the first actor's own, who may have left since."""
        return next((scan for scan in self._scans.values() if scan.request.request_id == request_id), None)

    def _want_parameters(self, mail: Mail, code: str, request: ScannerParametersRequest) -> None:
        if self._parameters is not None:
            tell(mail, Batch([self._parameters], 0.0))
            return
        self._waiting.append(mail)
        if len(self._waiting) == 1:
            self._router.tell(AwaitAnswer(self.mail, request))
            self._bridge.tell(Send(request, code))

    def scanner_parameters(self, message: ScannerParameters) -> None:
        """Answer everybody who asked; later ones are answered from here."""
        self._parameters = message
        self._tell_waiting(message)

    def _tell_waiting(self, message: ScannerParameters | RequestFailed) -> None:
        waiting, self._waiting = self._waiting, []
        for mail in waiting:
            tell(mail, Batch([message], 0.0))

    def scanner_data(self, message: ScannerData) -> None:
        """Kept, for who comes later."""
        scan = self._scan_at_bridge(message.request_id)
        if scan is not None:
            scan.newest = message

    def notice(self, notice: Notice) -> None:
        """An error that ends a scan."""
        scan = self._scan_at_bridge(notice.request_id)
        if scan is not None and scan.request.facts.replies.ended_by(self._codes.facts(notice.code)):
            self._close(scan)

    def request_failed(self, failure: RequestFailed) -> None:
        """A scan that can't even be asked for, whose sharers the router tells; or no parameters come."""
        if isinstance(failure.request, ScannerParametersRequest):
            self._tell_waiting(failure)
            return
        scan = self._scan_at_bridge(failure.request_id)
        if scan is not None and isinstance(failure.request, ScannerSubscriptionRequest):
            self._close(scan)

    def _open_all_again(self) -> None:
        for scan in self._scans.values():
            scan.newest = None
            self._bridge.tell(Send(scan.request, self.code))

    def stop(self) -> None:
        """End every scan."""
        for scan in self._scans.values():
            self._bridge.tell(Send(CancelScannerSubscription(scan.request.request_id), self.code))
        self._scans.clear()
        super().stop()
