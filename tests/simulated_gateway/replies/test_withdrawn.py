"""Requests that a gateway of today refuses or ignores."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.contracts import CancelContractData
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.fundamentals import CancelFundamentalData, FundamentalDataRequest
from ibkr_actors.base.messages.verification import (
    VerifyAndAuthenticateMessageRequest,
    VerifyAndAuthenticateRequest,
    VerifyMessageRequest,
    VerifyRequest,
)
from tests.simulated_gateway.helpers import Desk, Wire, apple


@pytest.mark.parametrize("version", [157, 200, 226])
def test_fundamental_data_is_no_longer_provided(version: int) -> None:
    (notice,) = Wire(Desk(), version).ask(FundamentalDataRequest(apple(), "ReportSnapshot", request_id=2))

    assert isinstance(notice, Notice)
    assert (notice.request_id, notice.code) == (2, 10358)


@pytest.mark.parametrize(
    "request_",
    [
        CancelFundamentalData(2),
        CancelContractData(2),
        VerifyRequest("program", "1"),
        VerifyMessageRequest("data"),
        VerifyAndAuthenticateRequest("program", "1", "key"),
        VerifyAndAuthenticateMessageRequest("data", "answer"),
    ],
)
def test_nothing_answers(request_: Request) -> None:
    assert Wire(Desk(), 226).ask(request_) == []
