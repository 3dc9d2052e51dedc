"""Live ticks one by one: the form of a frame depends on the type, so each type is compared by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.tick_by_tick import TickByTick
from ibkr_actors.errors import LocalProtocolError
from tests.helpers import VERSIONS_OF_THE_VENDOR, generated
from tests.oracles.vendor_client import vendor_reading
from tests.oracles.vendor_replies import disagreements
from tests.wire.generated import ASCII_TEXT, filled, is_protobuf, messages

MEMBERS = {1: "last", 2: "last", 3: "bid_ask", 4: "mid_point"}
"""Where the tick of each type is."""
CALLBACK = {
    1: "tickByTickAllLast",
    2: "tickByTickAllLast",
    3: "tickByTickBidAsk",
    4: "tickByTickMidPoint",
}


def of_type(number: int) -> dict[str, object]:
    """What makes a filled message one of a type."""
    return {"tick_type": number} | {member: MEMBERS[number] == member for member in MEMBERS.values()}


@pytest.mark.parametrize("version", VERSIONS_OF_THE_VENDOR)
@pytest.mark.parametrize("number", MEMBERS)
class TestEachType:
    def test_is_read_alike_with_every_field_set(self, number, version):
        tick = filled(TickByTick, version, of_type(number))
        frame = codec_for(Role.GATEWAY, version).encode(tick)

        assert codec_for(Role.CLIENT, version).decode(frame[4:]) == tick
        assert disagreements(tick, frame, version) == {}
        assert [callback.name for callback in vendor_reading(version, frame)] == [CALLBACK[number]]

    def test_holds_its_own_tick_and_no_other(self, number, version):
        tick = filled(TickByTick, version, of_type(number))

        assert tick.tick is getattr(tick, MEMBERS[number])
        assert {name for name in MEMBERS.values() if getattr(tick, name) is not None} == {MEMBERS[number]}
        assert tick.kind.number == number
        assert tick.at == tick.tick.at

    def test_is_read_alike_over_generated_values(self, number, version):
        @generated(examples=6)
        @given(messages(TickByTick, version, ASCII_TEXT, given={"tick_type": st.just(number)}))
        def check(tick):
            frame = codec_for(Role.GATEWAY, version).encode(tick)

            assert codec_for(Role.CLIENT, version).decode(frame[4:]) == tick
            assert disagreements(tick, frame, version) == {}

        check()


@pytest.mark.parametrize("version", VERSIONS_OF_THE_VENDOR)
def test_a_tick_of_no_type_is_no_tick(version):
    tick = TickByTick(1, 0)
    frame = codec_for(Role.GATEWAY, version).encode(tick)

    assert (tick.kind, tick.tick, tick.at) == (None, None, None)
    assert codec_for(Role.CLIENT, version).decode(frame[4:]) == tick
    assert vendor_reading(version, frame) == []


def test_a_tick_without_its_values_can_not_be_written_as_text():
    version = 200
    assert not is_protobuf(TickByTick, version)

    with pytest.raises(LocalProtocolError, match=r"TickByTick\.last\.\w+ can't be written"):
        codec_for(Role.GATEWAY, version).encode(TickByTick(1, 1))
