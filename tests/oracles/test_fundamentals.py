"""Fundamental data is the same bytes as those of ib_async, and is read to the same values.

The vendor's current client no longer has these messages (see `retired`); ib_async still speaks them, up to 178.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_async import Contract as TheirContract
from ib_async import TagValue as TheirTagValue
from ib_async.client import Client
from ib_async.decoder import Decoder
from msgspec.structs import replace

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.fundamentals import (
    CancelFundamentalData,
    FundamentalData,
    FundamentalDataRequest,
)
from ibkr_actors.base.messages.options import CalculateImpliedVolatilityRequest, CalculateOptionPriceRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.errors import InapplicableField
from ibkr_actors.wire.tags import TagValue
from tests.helpers import generated, in_full
from tests.oracles.retired import RETIRED
from tests.wire.generated import ASCII_TEXT, bare, filled, messages

VERSIONS = (157, 163, 178)
"""Server versions that ib_async speaks."""
EACH_VERSION = pytest.mark.parametrize("version", VERSIONS)


class CapturingClient(Client):
    """ib_async's client, which keeps the frames that it would send."""

    def __init__(self, version: int) -> None:
        super().__init__(wrapper=None)
        self.frames: list[bytes] = []
        self._serverVersion = version
        self.connState = Client.CONNECTED

    def sendMsg(self, msg: str) -> None:  # noqa: N802  # theirs
        self.frames.append(self._prefix(msg.encode()))


class Heard:
    """A wrapper that remembers what ib_async's decoder tells it of fundamental data."""

    def __init__(self) -> None:
        self.values: list[tuple[int, str]] = []

    def fundamentalData(self, reqId: int, data: str) -> None:  # noqa: N802, N803  # theirs
        self.values.append((reqId, data))


def their_contract(contract: Contract) -> TheirContract:
    """ib_async's contract for ours."""
    return TheirContract(
        conId=contract.contract_id,
        symbol=contract.symbol,
        secType=contract.security_type,
        strike=contract.strike or 0.0,
        exchange=contract.exchange,
        primaryExchange=contract.primary_exchange,
        currency=contract.currency,
        localSymbol=contract.local_symbol,
    )


def their_tags(tags: tuple[TagValue, ...]) -> list[TheirTagValue]:
    """ib_async's options for ours."""
    return [TheirTagValue(pair.tag, pair.value) for pair in tags]


def they_send(request: FundamentalDataRequest | CancelFundamentalData, version: int) -> bytes:
    """The payload of ib_async for the values of a request of ours."""
    client = CapturingClient(version)
    match request:
        case FundamentalDataRequest():
            client.reqFundamentalData(
                request.request_id,
                their_contract(request.contract),
                request.report_type,
                their_tags(request.options),
            )
        case CancelFundamentalData():
            client.cancelFundamentalData(request.request_id)
    return client.frames[0][4:]


def we_send(request: Any, version: int) -> bytes:
    """Our payload."""
    return codec_for(Role.CLIENT, version).encode(request)[4:]


def without_count(payload: bytes) -> bytes:
    """ib_async sends the number of options in front of them; the vendor's newer clients don't, nor do we."""
    fields = payload.split(b"\0")
    assert fields[-3].isdigit()
    return b"\0".join([*fields[:-3], *fields[-2:]])


@EACH_VERSION
class TestTheRequest:
    @pytest.mark.parametrize("make", [lambda *_: FundamentalDataRequest(), filled, bare])
    def test_is_the_same_bytes_but_for_the_count_of_its_options(self, make, version):
        request = make(FundamentalDataRequest, version)

        assert we_send(request, version) == without_count(they_send(request, version))

    def test_is_the_same_bytes_for_generated_values(self, version):
        @generated(examples=20)
        @given(messages(FundamentalDataRequest, version, ASCII_TEXT))
        def check(request):
            assert we_send(request, version) == without_count(they_send(request, version))

        check()

    def test_of_theirs_is_read_with_its_options(self, version):
        request = filled(FundamentalDataRequest, version)

        assert in_full(codec_for(Role.GATEWAY, version).decode(they_send(request, version))) == in_full(
            request
        )

    def test_of_theirs_is_read_without_options(self, version):
        request = replace(filled(FundamentalDataRequest, version), options=())

        assert in_full(codec_for(Role.GATEWAY, version).decode(they_send(request, version))) == in_full(
            request
        )

    def test_is_cancelled_with_the_same_bytes(self, version):
        cancellation = CancelFundamentalData(7)

        assert we_send(cancellation, version) == they_send(cancellation, version)


@EACH_VERSION
class TestTheReport:
    def test_is_read_to_the_same_values(self, version):
        @generated(examples=20)
        @given(st.integers(0, 2**31 - 2), ASCII_TEXT)
        def check(request_id, data):
            payload = codec_for(Role.GATEWAY, version).encode(FundamentalData(request_id, data))[4:]
            heard = Heard()

            Decoder(heard, version).interpret(payload.decode().split("\0")[:-1])

            assert heard.values == [(request_id, data)]
            assert codec_for(Role.CLIENT, version).decode(payload) == FundamentalData(request_id, data)

        check()


@EACH_VERSION
class TestCalculationsOfTheirs:
    """ib_async counts the options of calculations too."""

    @pytest.mark.parametrize("options", [(), (TagValue("a", "1"), TagValue("b", "2"))])
    def test_of_a_volatility_are_read_with_their_options(self, options, version):
        client = CapturingClient(version)

        client.calculateImpliedVolatility(4, TheirContract(symbol="IBM"), 2.5, 180.0, their_tags(options))
        read = codec_for(Role.GATEWAY, version).decode(client.frames[0][4:])

        assert in_full(read) == in_full(
            CalculateImpliedVolatilityRequest(
                request_id=4,
                contract=Contract(symbol="IBM", strike=0.0),
                option_price=2.5,
                underlying_price=180.0,
                options=options,
            )
        )

    @pytest.mark.parametrize("options", [(), (TagValue("a", "1"), TagValue("b", "2"))])
    def test_of_a_price_are_read_with_their_options(self, options, version):
        client = CapturingClient(version)

        client.calculateOptionPrice(4, TheirContract(symbol="IBM"), 0.3, 180.0, their_tags(options))
        read = codec_for(Role.GATEWAY, version).decode(client.frames[0][4:])

        assert in_full(read) == in_full(
            CalculateOptionPriceRequest(
                request_id=4,
                contract=Contract(symbol="IBM", strike=0.0),
                volatility=0.3,
                underlying_price=180.0,
                options=options,
            )
        )


class TestRetiredMessages:
    def test_each_has_a_reason(self):
        assert all(RETIRED.values())

    def test_a_field_that_the_request_has_no_place_for_is_refused(self):
        """No version has one, so that an update would not help."""
        request = FundamentalDataRequest(contract=Contract(symbol="IBM", trading_class="NMS"))

        with pytest.raises(InapplicableField, match="another kind of request"):
            we_send(request, 178)

    @pytest.mark.parametrize("version", [200, 201, 226])
    def test_they_stay_text_whatever_the_version(self, version):
        request = FundamentalDataRequest(
            request_id=3, contract=Contract(symbol="IBM"), report_type="ReportSnapshot"
        )

        payload = we_send(request, version)

        assert payload.endswith(b"2\x003\x000\x00IBM\x00\x00\x00\x00\x00\x00ReportSnapshot\x00\x00")
        assert in_full(codec_for(Role.GATEWAY, version).decode(payload)) == in_full(request)
