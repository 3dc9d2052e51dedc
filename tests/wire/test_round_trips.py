"""Every declared message comes back as it was sent, at every server version at which its form changes.

Client and gateway share each declaration, so a mirrored mistake passes here: the oracles and the golden frames are
the judges of the bytes. What this proves is that nothing is lost, shifted or confused on the way.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.catalog import REPLIES, REQUESTS
from ibkr_actors.base.messages.declaration import Message
from tests.helpers import generated, in_full
from tests.wire.generated import bare, filled, messages, versions_of_change

FORMS = [
    pytest.param(struct, version, id=f"{struct.__name__}-{version}")
    for table in (REQUESTS, REPLIES)
    for struct in table.values()
    for version in versions_of_change(struct)
]


def there_and_back(message: Message, version: int) -> Message:
    """The message as the other side reads it."""
    sender, reader = (Role.CLIENT, Role.GATEWAY) if message.facts.to_bridge else (Role.GATEWAY, Role.CLIENT)
    return codec_for(reader, version).decode(codec_for(sender, version).encode(message)[4:])


@pytest.mark.parametrize(("struct", "version"), FORMS)
def test_a_message_with_every_field_set_comes_back(struct, version):
    message = filled(struct, version)

    assert in_full(there_and_back(message, version)) == in_full(message)


@pytest.mark.parametrize(("struct", "version"), FORMS)
def test_a_message_that_says_nothing_comes_back(struct, version):
    message = bare(struct, version)

    assert in_full(there_and_back(message, version)) == in_full(message)


@pytest.mark.parametrize(("struct", "version"), FORMS)
def test_generated_values_come_back(struct, version):
    @generated(examples=6)
    @given(st.data())
    def check(data):
        message = data.draw(messages(struct, version))

        assert in_full(there_and_back(message, version)) == in_full(message)

    check()
