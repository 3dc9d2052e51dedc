"""The higher requests together, for a blocking interface to have."""

from __future__ import annotations

from ibkr_actors.higher_requests.chains import ChainRequests
from ibkr_actors.higher_requests.fills import FillRequests
from ibkr_actors.higher_requests.history import HistoryRequests


class HigherRequests(ChainRequests, HistoryRequests, FillRequests):
    """What takes more than one request of the protocol, or more than its plain answer.

    A blocking interface that derives from this defines `perform`, `answer_to` and `known_commissions`. It
    comes before `ApiCalls`, whose plain calls of the same names it replaces.
    """
