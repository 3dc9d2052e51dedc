"""What happens without end is logged at first, and then ever more rarely."""

from __future__ import annotations

from ibkr_actors.base.messages.connection import CurrentTimeRequest
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.session import Undecodable
from ibkr_actors.base.trouble_log import LatestRequests, UnreadableMessages, is_logged
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.errors import RemoteProtocolError
from tests.actors.conftest import log  # noqa: F401


def test_the_first_ten_are_logged_and_then_those_of_doubled_numbers():
    assert [count for count in range(1, 200) if is_logged(count)] == [*range(1, 11), 16, 32, 64, 128]


def test_a_bridge_that_speaks_gibberish_does_not_fill_the_log(log):  # noqa: F811
    unreadable = UnreadableMessages()
    message = Undecodable(
        RemoteProtocolError("the frame ends before the field", message_id=4, field=None, server_version=203),
        b"",
    )

    for _ in range(1000):
        unreadable.log(message)

    assert len(log.items) == 16
    assert "(number 512)" in log.items[-1]


class TestLatestRequests:
    def test_say_what_an_id_was_about(self):
        latest = LatestRequests()
        latest.note(7, ContractDataRequest(request_id=7, contract=Stock("NOSUCH")))
        assert latest.about(7, "cross") == " (to cross, about 7, ContractDataRequest of NOSUCH STK SMART USD)"

    def test_say_the_id_alone_of_what_they_do_not_know_and_nothing_of_no_request(self):
        assert LatestRequests().about(7) == " (about 7)"
        assert LatestRequests().about(-1, "cross") == ""

    def test_forget_the_oldest(self):
        latest = LatestRequests()
        for number in range(1001):
            latest.note(number, CurrentTimeRequest())
        assert latest.about(0) == " (about 0)"
        assert latest.about(1) == " (about 1, CurrentTimeRequest)"
