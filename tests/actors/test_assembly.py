"""The actors of a desk together, as they are made and introduced: who hears of what before whom."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.actors.assembly import Assembly
from ibkr_actors.actors.bridge import BridgeActor
from ibkr_actors.actors.crew import ENDING_ORDER, Crew
from ibkr_actors.actors.desk import Signals
from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.messages import Batch, Send, Stop
from ibkr_actors.actors.recovery import Recovered
from ibkr_actors.base.bridge_connection import BridgeAddress
from ibkr_actors.base.ids import FIRST_REQUEST_ID
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState
from ibkr_actors.base.message_codes import CODES
from ibkr_actors.base.messages.accounts import Position, PositionEnd, PositionsRequest
from ibkr_actors.base.messages.connection import ManagedAccounts, Notice
from ibkr_actors.base.messages.scanners import ScannerSubscriptionRequest
from ibkr_actors.classes.scanner import Scanner
from tests.actors.helpers import FakeMail, Record, ibm

HELD = Position("DU1", ibm(), Decimal(5), 10.0)
ID = FIRST_REQUEST_ID


class Eager(FakeMail):
    """Does at once what it does about a message: nobody's thread is that fast."""

    def __init__(self, message, react):
        super().__init__("eager")
        self._message, self._react = message, react

    def tell(self, message):
        super().tell(message)
        if isinstance(message, Batch) and self._message in message.messages:
            self._react(self)


@pytest.fixture
def sent():
    """The requests for the bridge, with who made them."""
    return Record()


@pytest.fixture
def desk(sent):
    class Noting(BridgeActor):
        def receive(self, message):
            if isinstance(message, Send):
                sent.add(message.request)
            return super().receive(message)

    crew = Crew()
    assembly = Assembly(crew, 7, CODES, Signals())
    assembly.add_bridge(lambda router, **options: Noting(BridgeAddress("127.0.0.1", 1, 7), router, **options))
    assembly.add_orders(Journal(None), Recovered(), frozenset())
    made = assembly.desk()
    assembly.introduce()
    yield made
    for code in ENDING_ORDER:
        if running := crew.find(code):
            running.mail.tell(Stop())
            assert running.join(5.0)


def known_positions(desk):
    """Those that the desk knows behind everything that it was told before."""
    return [*desk.specialists[PositionsRequest].ask("state", timeout=5.0).positions.values()]


def test_nobody_joins_a_scan_that_is_over(desk, sent):
    refusal = Notice(ID, code=162, text="scan refused")

    def ask(mail, request_id=ID + 1):
        desk.pass_on(mail, "eager", ScannerSubscriptionRequest(Scanner(scan_code="X"), request_id=request_id))

    mail = Eager(refusal, ask)
    desk.introduce("eager", mail)
    ask(mail, ID)
    desk.router.tell(Batch([refusal], 0.0))

    sent.wait_for(ScannerSubscriptionRequest, 2)


@pytest.mark.parametrize(
    "loss", [ConnectionChanged(ConnectionState.LOST, 1), Notice(-1, code=1101, text="lost")]
)
def test_nobody_is_told_positions_that_were_lost(desk, loss):
    mail = Eager(loss, lambda mail: desk.pass_on(mail, "eager", PositionsRequest()))
    desk.introduce("eager", mail)
    told = [ManagedAccounts("DU1"), ConnectionChanged(ConnectionState.CONNECTED, 1), HELD, PositionEnd()]
    desk.router.tell(Batch(told, 0.0))

    assert known_positions(desk) == [HELD]

    desk.router.tell(Batch([loss], 0.0))

    known_positions(desk)
    assert mail.of(PositionEnd) == []


def test_what_the_bridge_tells_of_positions_comes_as_one_batch(desk):
    """A wakeup for each would cost as much as the reader has for some hundred ticks."""
    mail = FakeMail()
    desk.introduce("one", mail)
    desk.router.tell(Batch([ManagedAccounts("DU1"), ConnectionChanged(ConnectionState.CONNECTED, 1)], 0.0))
    desk.pass_on(mail, "one", PositionsRequest())
    mail.clear()

    desk.router.tell(Batch([HELD, PositionEnd()], 0.0))

    assert known_positions(desk) == [HELD]
    assert mail.batches == [[HELD, PositionEnd()]]
