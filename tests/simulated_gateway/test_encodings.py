"""From which version on the gateway says what in protobuf, as recorded: an id above 200 says so."""

from __future__ import annotations

import pytest

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.declaration import Reply
from ibkr_actors.base.messages.depth import RerouteMarketDepth
from ibkr_actors.base.messages.executions import ExecutionDetails, ExecutionDetailsEnd
from ibkr_actors.base.messages.market_data import RerouteMarketData
from ibkr_actors.base.messages.orders import AllOpenOrdersRequest, OpenOrder, OpenOrderEnd, OrderStatus
from tests.simulated_gateway.helpers import Desk, Wire, limit


def id_of(message: Reply, version: int) -> int:
    """The id on the wire."""
    return int.from_bytes(codec_for(Role.GATEWAY, version).encode(message)[4:8], "big")


@pytest.mark.parametrize(
    ("message", "base_id", "since"),
    [
        (Notice(), 4, 201),
        (ExecutionDetails(), 11, 201),
        (ExecutionDetailsEnd(), 55, 201),
        (OrderStatus(), 3, 203),
        (OpenOrder(), 5, 203),
        (OpenOrderEnd(), 53, 203),
        (ManagedAccounts(), 15, 207),
        (NextValidId(), 9, 213),
        (RerouteMarketData(), 91, 211),
        (RerouteMarketDepth(), 92, 211),
    ],
)
def test_a_reply_is_protobuf_from_its_version_on(message: Reply, base_id: int, since: int) -> None:
    assert id_of(message, since) == base_id + 200
    if since > 201:
        assert id_of(message, since - 1) == base_id


def test_the_list_of_all_orders_ends_in_protobuf_though_it_was_asked_for_in_text() -> None:
    """At 203 the request has no other form than text yet."""
    wire = Wire(Desk(), 203)
    wire.desk.place(wire.client, 1, limit("BUY", 1, 90.0))

    assert id_of(AllOpenOrdersRequest(), 203) == 16  # type: ignore[arg-type]
    assert [type(each) for each in wire.send(16, "1")] == [OpenOrder, OrderStatus, OpenOrderEnd]
