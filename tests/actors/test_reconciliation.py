"""Which orders the bridge does not know: when its answers say so, and when not."""

from __future__ import annotations

import itertools

import pytest

from ibkr_actors.actors.reconciliation import Reconciliation
from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.messages.executions import ExecutionDetailsEnd
from ibkr_actors.base.messages.orders import OpenOrderEnd


@pytest.fixture
def asked():
    return []


@pytest.fixture
def reconciliation(asked):
    """One that has asked about orders 3 and 4 under the request id 10, and has seen order 4."""
    reconciliation = Reconciliation(asked.append, itertools.count(10).__next__)
    reconciliation.begin({3, 4}, now=0.0)
    reconciliation.see(4)
    return reconciliation


def test_what_is_in_neither_answer_is_lost(reconciliation):
    assert reconciliation.hear_end(OpenOrderEnd()) == set()
    assert reconciliation.hear_end(ExecutionDetailsEnd(10)) == {3}
    assert not reconciliation.goes_on


def test_the_late_answer_to_an_earlier_question_concludes_nothing(reconciliation, asked):
    reconciliation.hear_refusal(RequestFailed(-1, "no answer for long", asked[0]))
    reconciliation.begin({3, 4}, now=60.0)
    reconciliation.hear_end(OpenOrderEnd())
    assert reconciliation.hear_end(ExecutionDetailsEnd(10)) == set()
    assert reconciliation.hear_end(ExecutionDetailsEnd(11)) == {3, 4}
