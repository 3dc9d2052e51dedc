"""A frame made of a template is the frame that the message itself would have had."""

from __future__ import annotations

import pytest

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.frame_templates import spelled, template_of
from ibkr_actors.base.messages.connection import NextValidId
from ibkr_actors.base.messages.declaration import Reply
from ibkr_actors.base.messages.market_data import (
    TickGeneric,
    TickOptionComputation,
    TickPrice,
    TickSize,
    TickString,
)

IDS = [0, 1, 9, 10, 127, 128, 16_383, 16_384, 123_454_321, 1_000_000_007, 2**31 - 1]
TICKS = [
    TickPrice(0, 1, 187.25, 300.0, 1),
    TickPrice(0, 4, 0.0, 0.0, 0),
    TickSize(0, 8, 1_234_567.0),
    TickGeneric(0, 49, 0.0),
    TickString(0, 45, "123454321"),  # holds what the template looks for
    TickString(0, 45, "210101012"),
    TickOptionComputation(0, 13, 1, 0.2, 0.5, 4.2, 0.0, 0.01, 0.1, -0.05, 187.0),
]


@pytest.mark.parametrize("version", [157, 178, 200, 201, 205, 206, 226])
@pytest.mark.parametrize("tick", TICKS, ids=lambda tick: f"{type(tick).__name__}-{tick.tick_type}")
def test_the_frame_is_the_messages_own_under_every_id(tick: Reply, version: int) -> None:
    encode = codec_for(Role.GATEWAY, version).encode
    template = template_of(tick, encode)

    assert template is not None
    for number in IDS:
        values = {name: getattr(tick, name) for name in tick.__struct_fields__} | {"request_id": number}
        assert template.frame(spelled(number)) == encode(type(tick)(**values))


def test_a_message_whose_id_has_no_one_place_has_no_template() -> None:
    def encode(message: Reply) -> bytes:
        return b"\0\0\0\5" + str(message.request_id * 3).encode()  # type: ignore[attr-defined]

    assert template_of(TickSize(1, 8, 1.0), encode) is None  # type: ignore[arg-type]


def test_a_message_without_a_request_id_is_a_mistake_that_is_told() -> None:
    with pytest.raises(TypeError):
        template_of(NextValidId(1), codec_for(Role.GATEWAY, 226).encode)
