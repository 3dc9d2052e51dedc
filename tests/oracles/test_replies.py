"""Every reply that our gateway writes is read to the same values by the vendor's decoder and by ours.

The vendor's oddities of reading are listed, each with its reason, in `vendor_replies`.
"""

from __future__ import annotations

import pytest
from hypothesis import given

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.catalog import REPLIES
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.history import HistoricalData
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.messages.orders import OpenOrder
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from tests.helpers import VERSIONS_OF_THE_VENDOR, generated, in_full
from tests.oracles.retired import RETIRED
from tests.oracles.vendor_replies import (
    CALLBACKS,
    FILLED,
    ODDITIES,
    READABLE,
    Oddity,
    all_disagreements,
    disagreements,
)
from tests.wire.generated import ASCII_TEXT, bare, filled, messages, versions_of_change

FORMS = [
    pytest.param(struct, version, id=f"{struct.__name__}-{version}")
    for struct in REPLIES.values()
    if struct not in RETIRED
    for version in versions_of_change(struct)
]


def disagreements_over(reply: Message, version: int) -> dict[str, object]:
    """Where the vendor's reading of our frame, or our own, differs from the reply that was sent."""
    frame = codec_for(Role.GATEWAY, version).encode(reply)
    assert in_full(codec_for(Role.CLIENT, version).decode(frame[4:])) == in_full(reply)
    return disagreements(reply, frame, version)


def test_the_vendor_has_a_callback_for_each_reply():
    assert set(CALLBACKS) | {HistoricalData} == set(REPLIES.values()) - set(RETIRED)


@pytest.mark.parametrize("struct", [*CALLBACKS, HistoricalData], ids=lambda struct: struct.__name__)
def test_every_field_at_every_version(struct):
    """A gate that we put at a wrong version shows at the versions next to it."""
    for version in range(max(OLDEST, struct.facts.since), NEWEST + 1):
        assert disagreements_over(filled(struct, version, FILLED), version) == {}, version


@pytest.mark.parametrize(("struct", "version"), FORMS)
class TestEachReply:
    def test_with_every_field_set(self, struct, version):
        assert disagreements_over(filled(struct, version, FILLED), version) == {}

    def test_with_nothing_set(self, struct, version):
        assert disagreements_over(bare(struct, version), version) == {}

    def test_generated(self, struct, version):
        strategy = messages(struct, version, ASCII_TEXT, given=READABLE)

        @generated(examples=6)
        @given(strategy)
        def check(reply):
            assert disagreements_over(reply, version) == {}

        check()


@pytest.mark.parametrize("version", VERSIONS_OF_THE_VENDOR)
class TestOpenOrders:
    @pytest.mark.parametrize(
        "given",
        [
            {"order.order_type": "LMT", "contract.security_type": "STK"},
            {"order.order_type": "PEG BENCH"},
            {"order.hedge_type": "", "order.algo_strategy": "", "order.delta_neutral_order_type": ""},
            {"order.scale_price_increment": None, "contract.delta_neutral_contract": False},
            {"order.conditions": ()},
            {"order.conditions": range(6)},
            {"contract.combo_legs": range(4)},
        ],
        ids=str,
    )
    def test_of_each_shape(self, given, version):
        assert disagreements_over(filled(OpenOrder, version, FILLED | given), version) == {}


class TestOddities:
    """An exception must not hide a mistake of ours."""

    @pytest.mark.parametrize("oddity", ODDITIES, ids=lambda oddity: oddity.paths[:40])
    def test_each_has_a_reason_and_still_happens(self, oddity):
        assert oddity.reason
        assert any(_shows(oddity, struct, version) for struct, version in _ODD_FORMS)

    def test_a_different_value_is_told(self):
        frame = codec_for(Role.GATEWAY, 200).encode(TickPrice(1, 4, price=1.5, size=2.0))

        assert disagreements(TickPrice(1, 4, price=1.25, size=2.0), frame, 200) == {
            "tickPrice[2].": (1.25, 1.5)
        }


_EMPTY_TEXTS = FILLED | {
    "contract.last_trade_date_or_contract_month": "20261218 08:30:00 US/Central",
    "order.algo_strategy": "",
    "order.hedge_type": "",
    "details.ineligibility_reasons[0].id": "",
    "order.conditions[0].exchange": "",
}

_ODD_FORMS = [
    (struct, version) for struct in CALLBACKS for version in (163, 200, 226) if version >= struct.facts.since
]


def _shows(oddity: Oddity, struct: type[Message], version: int) -> bool:
    from_rule = [
        filled(struct, version, FILLED),
        bare(struct, version),
        filled(struct, version, _EMPTY_TEXTS),
    ]
    return any(
        oddity.explains(path, *pair)
        for reply in from_rule
        for path, pair in all_disagreements(
            reply, codec_for(Role.GATEWAY, version).encode(reply), version
        ).items()
    )
