"""Every request is the same bytes as the vendor's client sends for the same values.

The differences that are forgiven are listed, each with its reason, in `vendor_requests`.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from tests.helpers import VERSIONS_OF_THE_VENDOR, generated
from tests.oracles.retired import RETIRED
from tests.oracles.vendor_client import sorted_maps
from tests.oracles.vendor_requests import (
    CALLS,
    DOUBLES,
    NOT_SENT,
    SENDABLE,
    TEXT_HABITS,
    as_the_vendor_writes,
    send,
)
from tests.wire.generated import (
    ASCII_TEXT,
    bare,
    filled,
    is_protobuf,
    messages,
    text_paths,
    versions_of_change,
)

NAMES = json.loads((Path(__file__).parent.parent / "base/data/protobuf.json").read_text())["outbound"]

EACH_FORM = pytest.mark.parametrize(
    ("struct", "version"),
    [
        pytest.param(struct, version, id=f"{struct.__name__}-{version}")
        for struct in REQUESTS.values()
        if struct not in RETIRED
        for version in versions_of_change(struct)
    ],
)
EACH_VERSION = pytest.mark.parametrize("version", VERSIONS_OF_THE_VENDOR)


def our_bytes(request: Message, version: int) -> bytes:
    """Our frame, with the vendor's spelling of unset where the two differ by habit."""
    frame = codec_for(Role.CLIENT, version).encode(request)
    if is_protobuf(type(request), version):
        return sorted_maps(NAMES[str(request.facts.id)]["message"], frame)
    head = 4 + 4 * (version >= 201)
    fields = frame[head:].decode().split("\0")
    paths = text_paths(request, version)
    first = len(fields) - 1 - len(paths)
    fields[first:-1] = [
        as_the_vendor_writes(path, text) for path, text in zip(paths, fields[first:-1], strict=True)
    ]
    payload = frame[4:head] + "\0".join(fields).encode()
    return len(payload).to_bytes(4, "big") + payload


def vendor_sends(request: Message, version: int) -> bytes:
    """The vendor's frame; the entries of its protobuf maps in the order of their keys."""
    frame = send(request, version)
    if is_protobuf(type(request), version):
        return sorted_maps(NAMES[str(request.facts.id)]["message"], frame)
    return frame


def sendable(request: Message, version: int) -> Message:
    """The request without what the vendor's client can't or won't send."""
    if not is_protobuf(type(request), version):
        request = replace(request, **dict.fromkeys(NOT_SENT.get(type(request), {}), ()))
    if "contract" in request.__struct_fields__ and not isinstance(request, PlaceOrderRequest):
        # The vendor keeps prices of legs with an order, so that no other request can have them.
        legs = tuple(replace(leg, price=None) for leg in request.contract.combo_legs)
        request = replace(request, contract=replace(request.contract, combo_legs=legs))
    return request


def test_the_vendor_has_a_call_for_each_request():
    assert set(CALLS) == set(REQUESTS.values()) - set(RETIRED)


@EACH_FORM
class TestEachRequest:
    def test_as_it_is_by_default(self, struct, version):
        assert our_bytes(struct(), version) == vendor_sends(struct(), version)

    def test_with_every_field_set(self, struct, version):
        request = sendable(filled(struct, version), version)

        assert our_bytes(request, version) == vendor_sends(request, version)

    def test_with_nothing_set(self, struct, version):
        request = bare(struct, version)

        assert our_bytes(request, version) == vendor_sends(request, version)


SHAPES = {
    "limit order": {"contract.security_type": "STK", "order.order_type": "LMT"},
    "without hedge, algo, scale and delta neutral": {
        "order.hedge_type": "",
        "order.algo_strategy": "",
        "order.scale_price_increment": None,
        "order.delta_neutral_order_type": "",
        "contract.delta_neutral_contract": False,
    },
    "scale that does not move": {"order.scale_price_increment": 0.0},
    "pegged to a benchmark": {"order.order_type": "PEG BENCH"},
    "pegged to the best": {"order.order_type": "PEG BEST", "order.compete_against_best_offset": 0.02},
    "pegged to the best, up to the midpoint": {
        "order.order_type": "PEG BEST",
        "order.compete_against_best_offset": math.inf,
    },
    "pegged to the midpoint": {"order.order_type": "PEG MID"},
    "at IBKRATS": {"contract.exchange": "IBKRATS"},
    "at another exchange": {"contract.exchange": "SMART"},
    "not transmitted": {"order.transmit": False},
    "combo without prices of legs": {f"contract.combo_legs[{index}].price": None for index in range(9)},
    "combo with a price on one leg": {"contract.combo_legs[0].price": None},
    "combo without routing parameters": {"order.smart_combo_routing_parameters": ()},
    "price management off": {"order.use_price_management_algo": False},
    "price management unsaid": {"order.use_price_management_algo": None},
    "without conditions": {"order.conditions": ()},
    "with a condition of each type": {"order.conditions": range(6)},
}


@pytest.mark.parametrize("struct", CALLS, ids=lambda struct: struct.__name__)
def test_every_field_at_every_version(struct):
    """A gate that we put at a wrong version shows at the versions next to it."""
    for version in range(max(OLDEST, struct.facts.since), NEWEST + 1):
        request = sendable(filled(struct, version), version)

        assert our_bytes(request, version) == vendor_sends(request, version), version


@EACH_VERSION
class TestOrders:
    @pytest.mark.parametrize("shape", SHAPES)
    def test_of_each_shape(self, shape, version):
        request = filled(PlaceOrderRequest, version, SHAPES[shape])

        assert our_bytes(request, version) == vendor_sends(request, version)

    @pytest.mark.parametrize("legs", [1, 2, 3, 4])
    def test_of_a_combo_with_so_many_legs(self, legs, version):
        request = filled(PlaceOrderRequest, version, elements=legs)

        assert len(request.contract.combo_legs) == legs
        assert our_bytes(request, version) == vendor_sends(request, version)


@EACH_FORM
def test_generated_values(struct, version):
    examples = 12 if struct is PlaceOrderRequest else 8

    @generated(examples)
    @given(st.data())
    def check(data):
        # The vendor writes Python's `inf` into most fields, which nobody reads.
        drawn = data.draw(messages(struct, version, ASCII_TEXT, elements=4, given=SENDABLE))
        request = sendable(drawn, version)

        assert our_bytes(request, version) == vendor_sends(request, version)

    check()


class TestHabits:
    """An exception that no longer explains anything would hide a mistake."""

    @pytest.mark.parametrize("path", TEXT_HABITS)
    def test_each_is_still_one(self, path):
        with_text = [struct for struct in REQUESTS.values() if struct.facts.since <= 200]
        struct = next(struct for struct in with_text if path in _paths_of_bare(struct))
        index = _paths_of_bare(struct).index(path) - len(_paths_of_bare(struct)) - 1

        assert send(bare(struct, 200), 200).decode().split("\0")[index] == TEXT_HABITS[path].writes

    def test_a_value_is_never_touched_by_one(self):
        assert all(as_the_vendor_writes(path, "0") == "0" for path in TEXT_HABITS.keys() - DOUBLES.keys())
        assert as_the_vendor_writes("order.cash_quantity", "0") == "0.0"

    def test_other_fields_have_none(self):
        request = bare(ContractDataRequest, 200)

        assert our_bytes(request, 200) == codec_for(Role.CLIENT, 200).encode(request)


@cache
def _paths_of_bare(struct: type[Message]) -> list[str]:
    return text_paths(bare(struct, 200), 200)
