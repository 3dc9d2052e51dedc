"""Letters between the desk and actors elsewhere: everything comes back, and other versions are understood."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_actors.actors.messages import MarketDataStale, OrderUnanswered
from ibkr_actors.actors.remote.codec import FOR_ACTOR, FOR_DESK, Unreadable, encode
from ibkr_actors.actors.remote.letters import (
    SCHEMA,
    ActorFacts,
    Actors,
    Call,
    FailedRequest,
    Heartbeat,
    Parcel,
    Registration,
    Trade,
    Welcome,
)
from ibkr_actors.base.local_messages import (
    LOCAL,
    ConnectionChanged,
    ConnectionState,
    OrderChanged,
    RequestFailed,
    TicksConflated,
)
from ibkr_actors.base.messages.catalog import REPLIES, REQUESTS
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest
from ibkr_actors.base.order_checks import placement
from ibkr_actors.base.server_versions import NEWEST
from tests.actors.helpers import fill, ibm, limit_order
from tests.helpers import generated, in_full
from tests.wire.generated import bare, filled, messages

EACH_REQUEST = pytest.mark.parametrize("struct", REQUESTS.values(), ids=lambda struct: struct.__name__)
EACH_REPLY = pytest.mark.parametrize("struct", REPLIES.values(), ids=lambda struct: struct.__name__)

LOCALS = (
    ConnectionChanged(ConnectionState.LOST, 2, 0, "gone"),
    OrderChanged(7, "Submitted", Decimal("0.5"), None, None, "why"),
    TicksConflated(12),
    MarketDataStale(1, 60.5),
    OrderUnanswered(7, 5.0),
)


def through(letter, reader):
    """A letter as the other side reads it."""
    read, unreadable = reader.read(encode(letter))
    assert unreadable == []
    return read


def changed(letter, change):
    """A letter as another version would have written it."""
    plain = msgspec.msgpack.decode(encode(letter))
    change(plain)
    return msgspec.msgpack.encode(plain)


class TestEverythingComesBack:
    @EACH_REQUEST
    def test_every_request(self, struct):
        for request in (filled(struct, NEWEST), bare(struct, NEWEST)):
            read = through(Call("a", 1, request), FOR_DESK).request
            assert in_full(read) == in_full(request)
            assert type(read) is struct

    @EACH_REPLY
    def test_every_reply(self, struct):
        sent = [filled(struct, NEWEST), bare(struct, NEWEST)]
        read = through(Parcel("a", 1, sent), FOR_ACTOR).messages
        assert [in_full(one) for one in read] == [in_full(one) for one in sent]
        assert {type(one) for one in read} == {struct}

    @pytest.mark.parametrize("struct", [PlaceOrderRequest, TickPrice], ids=lambda struct: struct.__name__)
    def test_generated_values(self, struct):
        @generated(examples=30)
        @given(st.data())
        def check(data):
            message = data.draw(messages(struct, NEWEST))
            letter = Call("a", 1, message) if message.facts.to_bridge else Parcel("a", 1, [message])
            read = through(letter, FOR_DESK if message.facts.to_bridge else FOR_ACTOR)
            assert in_full(read) == in_full(letter)

        check()

    @pytest.mark.parametrize("message", LOCALS, ids=lambda message: type(message).__name__)
    def test_what_the_desk_itself_says(self, message):
        assert through(Parcel("a", 1, [message]), FOR_ACTOR).messages == [message]

    @pytest.mark.parametrize("request_", [None, placement(limit_order(), ibm(), 1)], ids=["none", "an order"])
    def test_a_failed_request_with_the_request(self, request_):
        failed = RequestFailed(LOCAL, "gone", request_)
        (read,) = through(Parcel("a", 1, [failed]), FOR_ACTOR).messages
        assert read == FailedRequest(LOCAL, "gone", request_)
        assert read.as_message() == failed

    def test_orders_and_cancellations(self):
        for request in (placement(limit_order(0.1), ibm(), 9), CancelOrderRequest(9)):
            assert through(Trade("a", 9, request), FOR_DESK) == Trade("a", 9, request)

    def test_the_list_of_actors(self):
        letter = Actors("a", 1, [ActorFacts("cross", "Cross", "running", "here")])
        assert through(letter, FOR_ACTOR) == letter


class TestOtherVersions:
    def test_of_the_same_major_version_are_read(self):
        def newer(plain):
            plain["schema"] = [SCHEMA[0], SCHEMA[1] + 5]

        assert FOR_DESK.read(changed(Heartbeat("a", "running"), newer))[0] == Heartbeat("a", "running")

    def test_fields_that_are_not_known_are_ignored(self):
        def newer(plain):
            plain["invented"] = 1
            plain["content"]["invented"] = {"deep": [1]}
            plain["content"]["messages"][0]["invented"] = "later"

        body = changed(Parcel("a", 1, [TickPrice(1, 4, 10.0)]), newer)
        assert FOR_ACTOR.read(body) == (Parcel("a", 1, [TickPrice(1, 4, 10.0)]), [])

    def test_fields_that_are_missing_have_their_defaults(self):
        def older(plain):
            for name in ("grace", "slot", "start", "orders_at_death"):
                plain["content"].pop(name, None)

        letter = Registration("a", "Cross", "host", 1, "cancel", 3.0, 5, 2)
        assert FOR_DESK.read(changed(letter, older))[0] == Registration("a", "Cross", "host", 1)

        def without_size(plain):
            del plain["content"]["messages"][0]["size"]

        body = changed(Parcel("a", 1, [TickPrice(1, 4, 10.0, 5.0)]), without_size)
        assert FOR_ACTOR.read(body)[0].messages == [TickPrice(1, 4, 10.0)]

    def test_a_letter_that_is_not_known_is_refused_by_its_name(self):
        def newer(plain):
            plain["content"]["letter"] = "Invented"

        with pytest.raises(Unreadable, match="Invented"):
            FOR_DESK.read(changed(Heartbeat("a", "running"), newer))

    def test_a_letter_for_the_other_direction_is_refused(self):
        with pytest.raises(Unreadable, match="Welcome"):
            FOR_DESK.read(encode(Welcome("a", "desk", 0, 1, 2, 3)))

    def test_a_message_that_is_not_known_costs_no_other_message(self):
        def newer(plain):
            plain["content"]["messages"][1]["type"] = "TickInvented"

        ticks = [TickPrice(1, 4, 10.0), TickPrice(1, 4, 11.0), fill(7)]
        letter, unreadable = FOR_ACTOR.read(changed(Parcel("a", 1, ticks, 5), newer))
        assert letter == Parcel("a", 1, [ticks[0], ticks[2]], 5)
        assert ["TickInvented" in str(reason) for reason in unreadable] == [True]

    def test_another_major_version_is_refused_with_both_versions(self):
        def newer(plain):
            plain["schema"] = [SCHEMA[0] + 1, 0]

        with pytest.raises(Unreadable, match=r"version 2\.0 .* reads 1\.\*"):
            FOR_DESK.read(changed(Heartbeat("a", "running"), newer))

    @pytest.mark.parametrize(
        "body", [b"", b"\xc1", b"\x00" * 20, b"{}", msgspec.msgpack.encode({"schema": 1})]
    )
    def test_what_is_no_letter_is_refused(self, body):
        with pytest.raises(Unreadable, match="no letter"):
            FOR_DESK.read(body)

    def test_a_value_of_a_wrong_type_is_refused_with_its_place(self):
        def broken(plain):
            plain["content"]["request"]["order"]["limit_price"] = "much"

        letter = Trade("a", 1, PlaceOrderRequest(1, ibm(), limit_order()))
        with pytest.raises(Unreadable, match="limit_price"):
            FOR_DESK.read(changed(letter, broken))
