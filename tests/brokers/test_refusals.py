"""What a server refuses, in words that say what to do. The texts are those of RabbitMQ 3.10."""

from __future__ import annotations

import pytest

from ibkr_actors.brokers.rabbitmq_address import RabbitMQAddress
from ibkr_actors.brokers.refusals import Refusals, client_refused, in_full, is_in_use, largest_letter
from tests.actors.conftest import log  # noqa: F401

ADDRESS = RabbitMQAddress("amqp://desk:secret@example.com/paper trading")
OTHER_LIMIT = (
    "PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'my desk.dead_letters' in vhost 'paper trading': "
    "received the value '10000' of type 'signedint' but current is the value '5' of type 'signedint'"
)
OTHER_KIND = (
    "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'actor' in vhost 'paper trading': "
    "received 'topic' but current is 'fanout'"
)
NO_RIGHTS = "ACCESS_REFUSED - access to queue 'dead_letters' in vhost 'paper trading' refused for user 'desk'"
IN_USE = "ACCESS_REFUSED - queue 'trading_desk.bridge' in vhost '/' in exclusive use"
LOCKED = "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'actor.cross.multi_client.a' in vhost '/'."
TOO_LARGE = "PRECONDITION_FAILED - message size 135266304 is larger than configured max size 134217728"
TOO_SLOW = (
    "PRECONDITION_FAILED - delivery acknowledgement on channel 5 timed out. Timeout value used: 1800000 ms."
)


@pytest.mark.parametrize(
    ("code", "text", "advice"),
    [
        (406, OTHER_LIMIT, "rabbitmqctl delete_queue --vhost 'paper trading' 'my desk.dead_letters'"),
        (406, OTHER_LIMIT, "[rabbitmq] prefix"),
        (406, OTHER_KIND, "rabbitmqadmin --vhost='paper trading' delete exchange name=actor"),
        (403, NO_RIGHTS, "rabbitmqctl set_permissions --vhost 'paper trading' desk '.*' '.*' '.*'"),
        (403, "ACCESS_REFUSED - queue name 'amq.x' contains reserved prefix 'amq.*'", "another prefix"),
        (403, IN_USE, "Another connection takes from it alone"),
        (405, LOCKED, "Another connection takes from it alone"),
        (404, "NOT_FOUND - no queue 'x' in vhost '/'", "Somebody has deleted it"),
    ],
)
def test_a_refusal_says_what_where_and_what_to_do(code, text, advice):
    said = in_full("queue 'x'", code, text, ADDRESS)
    assert said.startswith(f"queue 'x' at {ADDRESS.place} is refused: {text}")
    assert advice in said
    assert "secret" not in said


@pytest.mark.parametrize("text", [TOO_LARGE, TOO_SLOW])
def test_nobody_is_told_to_delete_a_queue_that_is_as_it_has_to_be(text):
    assert "delete" not in in_full("queue 'x'", 406, text, ADDRESS)


def test_a_client_that_is_refused_is_told_what_to_check_and_no_password():
    said = client_refused("ACCESS_REFUSED", ADDRESS)
    assert "user 'desk', virtual host 'paper trading'" in said
    assert "secret" not in said


def test_a_queue_in_use_is_told_from_one_that_may_not_be_used():
    assert is_in_use(403, IN_USE)
    assert is_in_use(405, LOCKED)
    assert not is_in_use(403, NO_RIGHTS)


def test_the_largest_letter_is_known_when_one_was_too_large():
    assert largest_letter(406, TOO_LARGE) == 134217728
    assert largest_letter(406, TOO_SLOW) is None
    assert largest_letter(403, NO_RIGHTS) is None


class TestRefusals:
    def test_are_told_once_each_and_again_when_they_are_for_another_reason(self, log):  # noqa: F811
        refusals = Refusals()
        for reason in ("other limit", "other limit", "no rights", "no rights"):
            refusals.note("queue 'x'", reason)
        refusals.note("queue 'y'", "other limit")
        assert log.items == ["ERROR other limit\n", "ERROR no rights\n", "ERROR other limit\n"]

    def test_are_asked_for_more_and_more_slowly_each_by_itself(self):
        refusals = Refusals()
        seconds = [refusals.note("queue 'x'", "other limit") for _ in range(20)]
        assert seconds[0] <= 0.25
        assert all(2.5 <= each <= 5.0 for each in seconds[5:])
        assert refusals.note("queue 'y'", "other limit") <= 0.25

    def test_end_and_that_is_told_too(self, log):  # noqa: F811
        refusals = Refusals()
        refusals.forget("queue 'x'")
        assert not log.items
        refusals.note("queue 'x'", "other limit")
        refusals.forget("queue 'x'")
        refusals.note("queue 'x'", "other limit")
        assert log.items == [
            "ERROR other limit\n",
            "INFO queue 'x' is no longer refused\n",
            "ERROR other limit\n",
        ]
