"""The judges of a transcript: what they let pass, and what they don't."""

from __future__ import annotations

import pytest

from tests.clients.judging import in_this_order, repeats_a_notice, ticks_since
from tests.clients.sightings import Log, Notice, OrderStatus, Placed, Transcript

NOT_FOUND = '{"saw": "notice", "client": 1, "number": 6, "code": 200, "text": "No such contract"}'
BROKEN = '{"saw": "notice", "client": 1, "number": 7, "code": 110, "text": "Off the grid"}'


def log(text: str) -> Log:
    return Log("ERROR", "ib_async.wrapper", text)


def status(order: int, status: str, *, client: int = 1) -> str:
    return (
        f'{{"saw": "order_status", "client": {client}, "order": {order}, "status": "{status}", '
        '"filled": "0", "remaining": 5.0, "average_price": 0}'
    )


class TestALog:
    @pytest.mark.parametrize(
        "text",
        [
            "Error 200, reqId 6: No such contract",
            "Error 200, reqId 6: No such contract, contract: Contract(symbol='X')",
            "Canceled order: Trade(order=LimitOrder(orderId=6, clientId=1))",
            "cancelOrder: Unknown orderId 987654",
        ],
    )
    def test_may_repeat_what_the_client_was_told(self, text: str) -> None:
        assert repeats_a_notice(log(text), Transcript([NOT_FOUND]))

    @pytest.mark.parametrize(
        "text",
        [
            "Error 200, reqId 5: No such contract",
            "Error 201, reqId 6: No such contract",
            "Error 200, reqId 6: Something else",
            "Canceled order: Trade(order=LimitOrder(orderId=7, clientId=1))",
            "Error handling fields: ['61', '3']",
            "Error 200, reqId 6: No such contract\\nTraceback (most recent call last)",
            "tickSize: Unknown reqId: 12",
        ],
    )
    def test_of_anything_else_counts_against_the_gateway(self, text: str) -> None:
        assert not repeats_a_notice(log(text), Transcript([NOT_FOUND, BROKEN]))


class TestPrices:
    def test_are_in_order_when_each_was_shown_behind_the_one_before(self) -> None:
        assert in_this_order([1.0, 1.0, 3.0, 1.0], [1.0, 2.0, 2.0, 3.0, 1.0])

    @pytest.mark.parametrize("told", [[4.0], [3.0, 2.0], [1.0, 3.0, 1.0, 3.0]])
    def test_are_not_when_one_was_never_shown_or_earlier(self, told: list[float]) -> None:
        assert not in_this_order(told, [1.0, 2.0, 3.0, 1.0])


class TestATranscript:
    def test_tells_the_story_of_an_order_of_its_client_without_repetitions(self) -> None:
        seen = Transcript(
            [
                '{"saw": "placed", "label": "mine", "client": 1, "order": 3}',
                status(3, "Submitted"),
                status(3, "Submitted"),
                status(3, "Inactive", client=2),
                status(4, "Filled"),
                status(3, "Cancelled"),
                status(3, "Submitted"),
            ]
        )

        assert seen.the(Placed).label == "mine"
        assert seen.order("mine").statuses == ["Submitted", "Cancelled", "Submitted"]

    @pytest.mark.parametrize(("kind", "count"), [(Notice, 2), (OrderStatus, 0)])
    def test_has_one_of_a_kind_or_says_how_many(self, kind: type[Notice], count: int) -> None:
        with pytest.raises(AssertionError, match=f"{count} lines of {kind.__name__}"):
            Transcript([NOT_FOUND, BROKEN]).the(kind)


@pytest.mark.parametrize(
    ("now", "begin"),
    [
        (1795932000.0, "20261125-15:00:00"),  # a Sunday
        (1795608000.0, "20261118-15:00:00"),  # a Wednesday
        (1795694400.0, "20261125-15:00:00"),  # the day after
    ],
)
def test_ticks_of_the_past_begin_on_a_wednesday_that_is_over(now: float, begin: str) -> None:
    assert ticks_since(now) == begin
