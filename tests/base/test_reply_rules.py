"""How each request is answered, and what ends it: the declarations against the recorded rules of the bridge.

`data/reply_rules.toml` says where its facts come from; nothing of it is used by the package.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ibkr_actors.base.message_codes import CODES, CodeTable, CodeTreatment, Ends
from ibkr_actors.base.messages import catalog
from ibkr_actors.base.messages.accounts import AccountDataRequest
from ibkr_actors.base.messages.declaration import IdentifiedRequest, Replies, Request
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataEnd, HistoricalDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice, TickSnapshotEnd
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest

DATA = Path(__file__).parent / "data"
FILE = tomllib.loads((DATA / "reply_rules.toml").read_text(encoding="utf-8"))
REFERENCE = json.loads((DATA / "protobuf.json").read_text(encoding="utf-8"))

SILENT = {number for numbers in FILE["silent"].values() for number in numbers}
"""Requests that nothing answers."""
RULES: dict[int, dict[str, Any]] = {rule["id"]: rule for rule in FILE["requests"]} | {
    number: {"replies": [], "end": "nothing"} for number in SILENT
}
ABOUT_ORDERS = {3, 4, 21, 58}

EACH = pytest.mark.parametrize("struct", catalog.REQUESTS.values(), ids=lambda struct: struct.__name__)


def ending(replies: Replies) -> int | str:
    """What ends an answer, in the words of the rules."""
    if replies.end is not None:
        return replies.end.facts.id
    if replies.stream:
        return "cancel"
    return "each" if replies.parts else "nothing"


def cancelling(struct: type[Request]) -> int | None:
    """The id of the request that cancels one."""
    replies = struct.facts.replies
    if replies.cancelled_by_itself:
        return struct.facts.id
    return replies.cancel.facts.id if replies.cancel is not None else None


@EACH
class TestEachRequest:
    def test_has_the_replies_of_the_reference(self, struct: type[Request]) -> None:
        declared = sorted(reply.facts.id for reply in struct.facts.replies.every_type())

        assert declared == RULES[struct.facts.id]["replies"]

    def test_is_over_when_the_reference_says_so(self, struct: type[Request]) -> None:
        replies, rule = struct.facts.replies, RULES[struct.facts.id]

        assert ending(replies) == rule["end"]
        assert [reply.facts.id for reply in replies.whole] == rule.get("whole", [])
        assert replies.stream == rule.get("streams", False)

    def test_is_cancelled_by_what_the_reference_says(self, struct: type[Request]) -> None:
        assert cancelling(struct) == RULES[struct.facts.id].get("cancel")

    def test_has_an_id_that_its_replies_carry_or_says_that_they_carry_none(
        self, struct: type[Request]
    ) -> None:
        rule = RULES[struct.facts.id]

        assert struct.facts.replies.unidentified == rule.get("unidentified", False)
        if rule["replies"] and not rule.get("unidentified"):
            assert {"request_id", "order_id"} & set(struct.__struct_fields__) or struct.facts.id == 58

    def test_is_ended_by_the_codes_that_end_it(self, struct: type[Request]) -> None:
        number, rule = struct.facts.id, RULES[struct.facts.id]
        codes = rule.get("ended_by", []) + (FILE["every"]["ended_by"] if number not in ABOUT_ORDERS else [])

        assert [code for code in codes if not struct.facts.replies.ended_by(CODES.facts(code))] == []

    def test_goes_on_after_the_codes_that_leave_it(self, struct: type[Request]) -> None:
        rule = RULES[struct.facts.id]
        codes = rule.get("goes_on", []) + FILE["every"]["goes_on"]
        codes += [1101] if 1101 not in rule.get("ended_by", []) else []
        codes += FILE["every"]["ended_by"] if struct.facts.id in ABOUT_ORDERS else []

        assert [code for code in codes if struct.facts.replies.ended_by(CODES.facts(code))] == []


class TestTheRules:
    def test_are_those_of_all_requests_that_are_declared(self) -> None:
        assert set(catalog.REQUESTS) == set(RULES)

    def test_are_those_of_all_requests_of_the_reference(self) -> None:
        assert {int(number) for number in REFERENCE["outbound"]} <= set(RULES)

    def test_name_no_request_twice(self) -> None:
        listed = [rule["id"] for rule in FILE["requests"]]

        assert len(listed) + sum(map(len, FILE["silent"].values())) == len(RULES)

    def test_leave_no_reply_out(self) -> None:
        """What comes unasked: errors, order ids that were bound, the validation of a delta-neutral order."""
        answers = {reply for rule in RULES.values() for reply in rule["replies"]}

        assert {int(number) for number in REFERENCE["inbound"]} - answers == {4, 56, 100}


class TestCodes:
    def test_never_end_an_order_whatever_a_user_makes_of_them(self) -> None:
        table = CodeTable(CodeTreatment(code, ends=Ends.REQUEST_OR_NEW_ORDER) for code in (202, 399, 10349))

        assert not any(
            PlaceOrderRequest.facts.replies.ended_by(table.facts(code)) for code in (202, 399, 10349)
        )

    def test_that_a_user_treats_otherwise_end_what_the_user_says(self) -> None:
        table = CodeTable([CodeTreatment(10089, ends=Ends.NOTHING), CodeTreatment(10167, ends=Ends.REQUEST)])
        replies = MarketDataRequest.facts.replies

        assert not replies.ended_by(table.facts(10089))
        assert replies.ended_by(table.facts(10167))
        assert replies.ended_by(table.facts(354))

    def test_of_one_kind_of_subscription_end_no_other(self) -> None:
        assert AccountDataRequest.facts.replies.ended_by(CODES.facts(2100))
        assert not MarketDataRequest.facts.replies.ended_by(CODES.facts(2100))
        assert CancelOrderRequest.facts.replies.ended_by(CODES.facts(10148))
        assert not PlaceOrderRequest.facts.replies.ended_by(CODES.facts(10148))


class TestAnAnswer:
    @pytest.mark.parametrize(("up_to_date", "over"), [(False, True), (True, False)])
    def test_of_bars_is_over_with_its_end_unless_it_is_kept_up_to_date(
        self, up_to_date: bool, over: bool
    ) -> None:
        request = HistoricalDataRequest(keep_up_to_date=up_to_date)
        replies = request.facts.replies

        assert not replies.closes(request, HistoricalData())
        assert replies.closes(request, HistoricalDataEnd()) == over
        assert replies.keeps_on(request) != over

    @pytest.mark.parametrize(
        ("request_", "over"),
        [
            (MarketDataRequest(snapshot=True), True),
            (MarketDataRequest(regulatory_snapshot=True), True),
            (MarketDataRequest(), False),
        ],
    )
    def test_of_ticks_is_over_with_the_end_of_a_snapshot(
        self, request_: MarketDataRequest, over: bool
    ) -> None:
        replies = request_.facts.replies

        assert not replies.closes(request_, TickPrice(1, 1))
        assert replies.closes(request_, TickSnapshotEnd(1)) == over

    def test_that_is_whole_by_itself_needs_no_end(self) -> None:
        for struct in catalog.REQUESTS.values():
            for reply in struct.facts.replies.whole:
                assert struct.facts.replies.closes(struct(), reply())

    @EACH
    def test_is_over_with_each_reply_or_with_the_one_that_says_that_it_is_done(
        self, struct: type[Request]
    ) -> None:
        rule = RULES[struct.facts.id]
        if rule["end"] == "each" and rule.get("done"):
            ends = [[reply(done=done) for reply in struct.facts.replies.parts] for done in (False, True)]
        else:
            ends = [[], [reply() for reply in struct.facts.replies.parts] if rule["end"] == "each" else []]

        assert not any(struct.facts.replies.closes(struct(), reply) for reply in ends[0])
        assert all(struct.facts.replies.closes(struct(), reply) for reply in ends[1])

    def test_that_carries_a_request_id_goes_to_one_request(self) -> None:
        for struct in catalog.REQUESTS.values():
            if issubclass(struct, IdentifiedRequest) and struct.facts.replies.parts:
                assert not struct.facts.replies.unidentified, struct.__name__
