"""An update of the bridge's configuration says what shall change, and nothing else."""

from __future__ import annotations

import pytest

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.bridge_configuration import (
    ConfigurationRequest,
    ConfigurationResponse,
    UpdateConfigurationRequest,
)
from ibkr_actors.classes.bridge_configuration import ApiConfiguration, ApiSettings, MessageConfiguration
from ibkr_actors.errors import UnsupportedByServer
from tests.oracles.vendor_client import present_fields, vendor_protobuf


def sent(request: UpdateConfigurationRequest) -> dict[str, object]:
    """What is on the wire, by the vendor's names."""
    frame = codec_for(Role.CLIENT, 226).encode(request)
    return dict(present_fields(vendor_protobuf("UpdateConfigRequest", frame[8:])))


class TestAnUpdate:
    def test_of_one_setting_says_that_one(self):
        request = UpdateConfigurationRequest(
            api=ApiConfiguration(settings=ApiSettings(logging_level="detail")), request_id=7
        )

        assert sent(request) == {
            "reqId": 7,
            "api": None,
            "api.settings": None,
            "api.settings.loggingLevel": "detail",
        }

    @pytest.mark.parametrize(
        ("setting", "vendors", "value"),
        [
            ("read_only_api", "readOnlyApi", False),
            ("socket_port", "socketPort", 0),
            ("component_exchange_separator", "componentExchSeparator", ""),
        ],
    )
    def test_says_false_zero_and_empty_when_they_are_given(self, setting, vendors, value):
        settings = ApiSettings(**{setting: value})

        request = UpdateConfigurationRequest(api=ApiConfiguration(settings=settings))

        assert sent(request)[f"api.settings.{vendors}"] == value
        assert len(sent(request)) == 4

    def test_of_nothing_is_the_request_id(self):
        assert sent(UpdateConfigurationRequest(request_id=7)) == {"reqId": 7}

    def test_can_hide_a_message(self):
        request = UpdateConfigurationRequest(messages=(MessageConfiguration(131, enabled=False),))

        assert sent(request)["messages[0].enabled"] is False


def test_an_answer_can_be_sent_back_as_an_update():
    answer = ConfigurationResponse(
        api=ApiConfiguration(settings=ApiSettings(read_only_api=False, trusted_ip_addresses=("127.0.0.1",)))
    )
    read = codec_for(Role.CLIENT, 226).decode(codec_for(Role.GATEWAY, 226).encode(answer)[4:])

    assert sent(UpdateConfigurationRequest(api=read.api))["api.settings.trustedIPs"] == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("request_", "version"), [(ConfigurationRequest(), 218), (UpdateConfigurationRequest(), 220)]
)
def test_an_older_bridge_is_not_asked(request_, version):
    with pytest.raises(UnsupportedByServer, match=f"{version + 1} or newer"):
        codec_for(Role.CLIENT, version).encode(request_)
