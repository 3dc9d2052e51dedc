"""Requests that today's gateways no longer serve, or never served for anybody but their maker."""

from __future__ import annotations

from typing import Final

from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.fundamentals import CancelFundamentalData, FundamentalDataRequest
from ibkr_actors.base.messages.verification import (
    VerifyAndAuthenticateMessageRequest,
    VerifyAndAuthenticateRequest,
    VerifyMessageRequest,
    VerifyRequest,
)
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.refusals import Refusal
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

NO_FUNDAMENTALS: Final = (10358, "Fundamental data is no longer provided.")


class WithdrawnReplies(Service):
    """Refuses fundamental data as gateways do since 10.47, at any version; ignores verification, which is IB's own."""

    def handlers(self) -> Handlers:
        """Fundamental data and verification."""
        return {
            FundamentalDataRequest: _refuse_fundamentals,
            CancelFundamentalData: _ignore,
            VerifyRequest: _ignore,
            VerifyMessageRequest: _ignore,
            VerifyAndAuthenticateRequest: _ignore,
            VerifyAndAuthenticateMessageRequest: _ignore,
        }


def _refuse_fundamentals(_client: Client, _request: FundamentalDataRequest) -> None:
    raise Refusal(*NO_FUNDAMENTALS)


def _ignore(_client: Client, _request: Request) -> None:
    """Nothing answers."""
