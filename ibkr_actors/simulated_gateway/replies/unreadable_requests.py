"""Requests that can't be read: what a client hears of its own mistake."""

from __future__ import annotations

from loguru import logger

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.orders import CancelOrderRequest
from ibkr_actors.base.session import Undecodable
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.refusals import unreadable

_CANCELLATION = CancelOrderRequest.facts


def answer_unreadable(client: Client, request: Undecodable) -> None:
    """Error 320, under the id of the request or order where that can be read, and -1 elsewhere.

    A cancellation that is spelled as for older servers is not answered at all, as by real gateways: its order goes on
    working. The log has a warning then, for whoever looks for the reason.
    """
    if _is_old_cancellation(request, client.server_version):
        logger.warning("the cancellation of an order is ignored, as real gateways do: {}", request.error)
        return
    about = codec_for(Role.GATEWAY, client.server_version).id_in(request.payload)
    client.refuse(-1 if about is None else about, unreadable(str(request.error)))


def _is_old_cancellation(request: Undecodable, version: int) -> bool:
    """The frame of an old server is too short for what a newer one reads behind the order's id."""
    error = request.error
    is_too_short = error.field is not None and error.field.startswith("order_cancel.")
    return (
        error.message_id == _CANCELLATION.id
        and is_too_short
        and not _CANCELLATION.has_legacy_version(version)
    )
