"""The parts of the way between a desk and an actor elsewhere, each by itself."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ibkr_actors.actors.messages import Batch, OrderUnanswered, Receipt
from ibkr_actors.actors.remote.codec import FOR_ACTOR
from ibkr_actors.actors.remote.identities import (
    MOST_SLOTS,
    PER_ACTOR,
    first_order,
    first_request,
    is_number_of,
)
from ibkr_actors.actors.remote.inbox import Inbox
from ibkr_actors.actors.remote.letters import FailedRequest, Parcel
from ibkr_actors.actors.remote.order_numbers import OrderNumbers
from ibkr_actors.actors.remote.postman import MOST_EVENTS, Postman
from ibkr_actors.actors.remote.remote_mail import RemoteMail
from ibkr_actors.actors.remote.sender_clock import SenderClock
from ibkr_actors.base.local_messages import OrderChanged, RequestFailed, TicksConflated
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice
from ibkr_actors.base.messages.options import CalculateImpliedVolatilityRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest
from ibkr_actors.base.order_checks import placement
from ibkr_actors.brokers.topology import EVENTS, MARKET_DATA
from ibkr_actors.errors import InvalidRequest
from tests.actors.helpers import Clock, FakeMail, Record, fill, ibm, limit_order, open_order, status

NUMBER = 1_100_500_003


class TestIdentities:
    def test_of_two_actors_never_meet_nor_leave_what_the_bridge_takes(self):
        assert first_request(1) - first_request(0) == PER_ACTOR
        assert first_request(0) < first_order(0) < first_request(1)
        assert first_request(MOST_SLOTS) - 1 <= 2**31 - 1
        assert is_number_of(1, first_order(1))
        assert not is_number_of(1, first_order(2))


class TestSenderClock:
    def test_a_difference_of_clocks_is_no_waiting(self):
        clock = SenderClock()
        assert clock.waited(sent_at=5000.0, received_at=100.0) == 0.0
        assert clock.waited(5001.0, 101.2) == pytest.approx(0.2)
        assert clock.waited(5002.0, 109.0) == pytest.approx(7.0)

    def test_a_clock_that_drifts_is_followed(self):
        clock = SenderClock()
        clock.waited(0.0, 0.0)
        for second in range(1, 300):
            clock.waited(second, second + second * 0.01)
        assert clock.waited(300.0, 303.0) < 1.3


class TestOrderNumbers:
    @pytest.fixture
    def numbers(self):
        numbers = OrderNumbers(7)
        numbers.add(NUMBER, 12)
        return numbers

    @pytest.mark.parametrize(
        ("message", "place"),
        [
            (status(12, "Submitted", client_id=7), "order_id"),
            (open_order(12, client_id=7), "order_id"),
            (OrderChanged(12, "Filled", 1, 0, None), "order_id"),
            (OrderUnanswered(12, 5.0), "order_id"),
            (Notice(12, code=201), "request_id"),
            (RequestFailed(12, "gone", CancelOrderRequest(12)), "request_id"),
        ],
    )
    def test_are_in_everything_that_is_said_of_an_order(self, numbers, message, place):
        assert getattr(numbers.to_actor(message), place) == NUMBER
        assert getattr(message, place) == 12  # others share it

    def test_are_in_executions_and_in_the_request_that_failed(self, numbers):
        assert numbers.to_actor(fill(12, client_id=7)).execution.order_id == NUMBER
        assert numbers.to_actor(RequestFailed(12, "", CancelOrderRequest(12))).request.order_id == NUMBER

    @pytest.mark.parametrize(
        "message", [status(12, "Submitted", client_id=8), open_order(12, client_id=8), fill(12, client_id=8)]
    )
    def test_are_not_in_what_is_said_of_another_client_s_order(self, numbers, message):
        assert numbers.to_actor(message) is message

    def test_of_a_parent_are_translated_both_ways(self, numbers):
        child = placement(limit_order(parent_id=NUMBER), ibm(), NUMBER + 1)
        assert numbers.to_bridge(child).order.parent_id == 12
        assert child.order.parent_id == NUMBER
        told = open_order(13, client_id=7)
        told.order.parent_id = 12
        assert numbers.to_actor(told).order.parent_id == NUMBER

    def test_are_what_an_open_order_says_of_itself_too(self, numbers):
        """Its owner changes it and sends it back, under the number by which it knows the order."""
        told = open_order(12, client_id=7)
        told.order.order_id = 12
        heard = numbers.to_actor(told)
        assert (heard.order_id, heard.order.order_id, told.order.order_id) == (NUMBER, NUMBER, 12)

    def test_that_nobody_knows_are_an_error(self, numbers):
        with pytest.raises(InvalidRequest, match="no order of this actor"):
            numbers.to_bridge(placement(limit_order(parent_id=99), ibm(), NUMBER + 1))


class TestInbox:
    @pytest.fixture
    def mail(self):
        return FakeMail("cross")

    @pytest.fixture
    def inbox(self, mail):
        inbox = Inbox("a")
        inbox.begin(mail)
        return inbox

    @staticmethod
    def handle_all(mail):
        """As the strategy's thread does."""
        for message in list(mail.told):
            if isinstance(message, Receipt):
                message.done()

    def test_acknowledges_what_the_strategy_has_handled_and_nothing_before(self, inbox, mail):
        acknowledged = Record()
        inbox.take_events(Parcel("a", 1, [fill(1)]), lambda: acknowledged.add("yes"))
        assert acknowledged.items == []
        self.handle_all(mail)
        assert acknowledged.items == ["yes"]

    def test_tells_an_execution_once_however_often_it_arrives(self, inbox, mail):
        acknowledged = Record()
        for _ in range(2):
            inbox.take_events(Parcel("a", 1, [fill(1)]), lambda: acknowledged.add("yes"))
        inbox.take_events(Parcel("a", 1, [fill(1, request_id=5)]), lambda: None)  # was asked for
        self.handle_all(mail)
        assert [message.request_id for message in mail.messages] == [-1, 5]
        assert acknowledged.items == ["yes", "yes"]

    def test_leaves_out_what_is_for_an_earlier_start_or_life_but_news_of_orders(self, inbox, mail):
        inbox.expect(2)
        inbox.take_events(Parcel("a", 1, [Notice(-1, code=1), fill(1)]), lambda: None)
        inbox.take_events(Parcel("b", 2, [Notice(-1, code=2), fill(2, execution_id="2")]), lambda: None)
        inbox.take_events(Parcel("a", 2, [Notice(-1, code=3)]), lambda: None)
        assert [type(message) for message in mail.messages] == [ExecutionDetails, ExecutionDetails, Notice]

    def test_keeps_news_of_orders_while_the_strategy_is_down(self, inbox, mail):
        inbox.end()
        acknowledged, again = Record(), FakeMail("cross")
        inbox.take_events(Parcel("a", 1, [fill(1)]), lambda: acknowledged.add("yes"))
        assert (mail.told, acknowledged.items) == ([], [])
        inbox.begin(again)
        assert again.messages == [fill(1)]

    def test_tells_the_next_start_of_executions_that_the_last_did_not_live_to_handle_once(self, inbox, mail):
        """Not of statuses, for it is told how its orders stand; and not for ever, for they may be what ends it."""
        inbox.take_events(Parcel("a", 1, [status(1, "Submitted"), fill(1)]), lambda: None)
        starts = [FakeMail("second"), FakeMail("third")]
        for next_mail in starts:
            inbox.end()
            inbox.begin(next_mail)
        assert [each.messages for each in starts] == [[fill(1)], []]

    def test_counts_the_ticks_that_were_lost_on_the_way(self, inbox, mail):
        tick = TickPrice(1, 4, 10.0)
        for before in (0, 2, 7):
            inbox.take_ticks(Parcel("a", 1, [tick, tick], ticks_before=before), lambda: None)
        assert mail.batches == [[tick, tick], [tick, tick], [TicksConflated(3), tick, tick]]

    def test_tells_ticks_once_that_come_again_after_a_lost_connection(self, inbox, mail):
        first, second, third = (Parcel("a", 1, [TickPrice(1, 4, 10.0 + n)], ticks_before=n) for n in range(3))
        acknowledged = Record()
        for number, parcel in enumerate((first, second, first, second, third)):
            inbox.take_ticks(parcel, lambda number=number: acknowledged.add(number))
        assert mail.batches == [first.messages, second.messages, third.messages]
        assert acknowledged.items == [2, 3]  # the others when the strategy has handled them

    def test_throws_ticks_for_nobody_away(self, inbox, mail):
        inbox.end()
        acknowledged = Record()
        inbox.take_ticks(Parcel("a", 1, [TickPrice(1, 4, 10.0)]), lambda: acknowledged.add("yes"))
        assert acknowledged.items == ["yes"]

    def test_knows_a_failed_request_as_strategies_do(self, inbox, mail):
        inbox.take_events(Parcel("a", 1, [FailedRequest(3, "gone")]), lambda: None)
        assert mail.messages == [RequestFailed(3, "gone")]


class TestRemoteMail:
    @pytest.fixture
    def taken(self):
        return []

    def mail(self, taken, **options):
        return RemoteMail("cross", "a", 1, OrderNumbers(7), lambda _, batch: taken.extend(batch), **options)

    def test_ticks_of_a_stream_may_be_lost_and_those_of_a_snapshot_may_not(self, taken):
        mail = self.mail(taken)
        mail.note(MarketDataRequest(ibm(), request_id=1))
        mail.note(MarketDataRequest(ibm(), snapshot=True, request_id=2))
        mail.note(CalculateImpliedVolatilityRequest(ibm(), 1.0, 2.0, request_id=3))
        mail.sort([TickPrice(1, 4, 10.0), TickPrice(2, 4, 11.0), TickPrice(3, 4, 12.0), Notice(1, code=1)])
        assert [tick.request_id for tick in mail.ticks] == [1]
        assert [type(event) for event in mail.events] == [TickPrice, TickPrice, Notice]

    def test_of_one_that_is_away_only_news_of_orders_is_kept(self, taken):
        mail = self.mail(taken, dormant=True)
        mail.sort([TickPrice(1, 4, 10.0), Notice(-1, code=1), fill(1)])
        assert (mail.ticks, mail.events) == ([], [fill(1)])


class NotingBroker:
    def __init__(self):
        self.letters = Record()

    def publish(self, letter):
        self.letters.add(letter)
        return True

    def entrust(self, letter, _settled=None):
        self.letters.add(letter)


class TestPostman:
    @pytest.fixture
    def broker(self):
        return NotingBroker()

    @pytest.fixture
    def postman(self, broker):
        postman = Postman(broker, batch_seconds=0.2, clock=Clock())
        yield postman
        postman.stop(2.0)

    def mail(self, postman):
        mail = RemoteMail("cross", "a", 1, OrderNumbers(7), postman.take)
        mail.note(MarketDataRequest(ibm(), request_id=1))
        return mail

    def test_sends_the_first_tick_at_once_and_the_next_ones_together(self, broker, postman):
        mail = self.mail(postman)
        postman.start()
        mail.tell(Batch([TickPrice(1, 4, 10.0)], 0.0))
        first = broker.letters.wait(lambda letter: letter.kind == MARKET_DATA)
        for price in range(50):
            mail.tell(Batch([TickPrice(1, 4, float(price))], 0.0))
        postman.stop(2.0)
        assert [letter.kind for letter in broker.letters.items] == [MARKET_DATA, MARKET_DATA]
        assert not first.persistent

    def test_sends_no_letter_that_a_broker_could_find_too_large(self, broker, postman):
        mail = self.mail(postman)
        notices = [Notice(-1, code=code) for code in range(2 * MOST_EVENTS + 1)]
        postman.start()
        mail.tell(Batch(notices, 0.0))
        broker.letters.wait(lambda _: len(broker.letters.items) == 3)
        parcels = [FOR_ACTOR.read(letter.body)[0].messages for letter in broker.letters.items]
        assert [len(messages) for messages in parcels] == [MOST_EVENTS, MOST_EVENTS, 1]
        assert [message for messages in parcels for message in messages] == notices

    def test_leaves_out_what_can_t_be_written_and_sends_all_others(self, broker, postman, log):
        mail = self.mail(postman)
        postman.start()
        mail.tell(Batch([TickPrice(1, 4, 10.0), TickPrice(1, 2**70, 10.0)], 0.0))
        mail.tell(Batch([Notice(-1, code=1), Notice(-1, code=2**70), fill(1)], 0.0))
        letter = broker.letters.wait(lambda letter: letter.kind == EVENTS)
        assert FOR_ACTOR.read(letter.body)[0].messages == [Notice(-1, code=1), fill(1)]
        letter = broker.letters.wait(lambda letter: letter.kind == MARKET_DATA)
        assert FOR_ACTOR.read(letter.body)[0].messages == [TickPrice(1, 4, 10.0)]
        assert len([line for line in log.items if "cross is not told a message" in line]) == 2

    def test_sends_everything_else_at_once_and_news_of_orders_persistent(self, broker, postman):
        mail = self.mail(postman)
        postman.start()
        mail.tell(Batch([TickPrice(1, 4, 10.0)], 0.0))
        broker.letters.wait(lambda letter: letter.kind == MARKET_DATA)
        mail.tell(Batch([TickPrice(1, 4, 11.0), fill(1)], 0.0))
        assert broker.letters.wait(lambda letter: letter.kind == EVENTS).persistent
        mail.tell(Batch([Notice(-1, code=1)], 0.0))
        assert not broker.letters.wait(
            lambda letter: letter.kind == EVENTS and not letter.persistent
        ).persistent


def test_a_changed_order_leaves_the_shared_message_alone():
    told = open_order(12, client_id=7)
    numbers = OrderNumbers(7)
    numbers.add(NUMBER, 12)
    assert numbers.to_actor(told).order == replace(told.order, order_id=NUMBER)
    assert (told.order_id, told.order.order_id) == (12, 0)
