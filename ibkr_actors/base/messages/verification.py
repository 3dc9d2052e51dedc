"""Proving to the bridge which program a client is: for IB's own use, a bridge ignores what other programs say."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.base.messages.declaration import Reply, Request, message, one
from ibkr_actors.base.server_versions import PROTOBUF_CONNECTION
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.kinds import TRUE_OR_FALSE


@message(65, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1)
class VerifyMessageApi(Reply, frozen=True):
    """The bridge's challenge."""

    api_data: Annotated[str, Wire(1)] = ""


@message(66, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1)
class VerifyCompleted(Reply, frozen=True):
    """Whether the bridge believes it."""

    is_successful: Annotated[bool, Wire(1, TRUE_OR_FALSE)] = False
    error_text: Annotated[str, Wire(2)] = ""


@message(69, legacy_version=1)
class VerifyAndAuthenticateMessageApi(Reply, frozen=True):
    """The bridge's challenges to a program that also authenticates itself."""

    api_data: Annotated[str, Wire()] = ""
    xyz_challenge: Annotated[str, Wire()] = ""


@message(70, legacy_version=1)
class VerifyAndAuthenticateCompleted(Reply, frozen=True):
    """Whether the bridge believes it, of a program that also authenticates itself."""

    is_successful: Annotated[bool, Wire(kind=TRUE_OR_FALSE)] = False
    error_text: Annotated[str, Wire()] = ""


@message(
    65,
    protobuf_since=PROTOBUF_CONNECTION,
    legacy_version=1,
    replies=one(VerifyMessageApi, unidentified=True),
)
class VerifyRequest(Request, frozen=True):
    """Say which program this is."""

    api_name: Annotated[str, Wire(1)] = ""
    api_version: Annotated[str, Wire(2)] = ""


@message(
    66,
    protobuf_since=PROTOBUF_CONNECTION,
    legacy_version=1,
    replies=one(VerifyCompleted, unidentified=True),
)
class VerifyMessageRequest(Request, frozen=True):
    """Answer the bridge's challenge."""

    api_data: Annotated[str, Wire(1)] = ""


@message(72, legacy_version=1, replies=one(VerifyAndAuthenticateMessageApi, unidentified=True))
class VerifyAndAuthenticateRequest(Request, frozen=True):
    """Say which program this is, with a key of its maker."""

    api_name: Annotated[str, Wire()] = ""
    api_version: Annotated[str, Wire()] = ""
    opaque_vendor_key: Annotated[str, Wire()] = ""


@message(73, legacy_version=1, replies=one(VerifyAndAuthenticateCompleted, unidentified=True))
class VerifyAndAuthenticateMessageRequest(Request, frozen=True):
    """Answer the bridge's challenges."""

    api_data: Annotated[str, Wire()] = ""
    xyz_response: Annotated[str, Wire()] = ""
