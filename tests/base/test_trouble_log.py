"""What happens without end is logged at first, and then ever more rarely."""

from __future__ import annotations

from ibkr_actors.base.session import Undecodable
from ibkr_actors.base.trouble_log import UnreadableMessages, is_logged
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
