"""Names are gone from redacted frames, which stay as long as they were and say the same otherwise."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from loguru import logger
from msgspec import Struct

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.accounts import AccountDataRequest, AccountValue, Position
from ibkr_actors.base.messages.catalog import REPLIES, REQUESTS
from ibkr_actors.base.messages.connection import ManagedAccounts, Notice, StartApiRequest
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.base.messages.financial_advisors import FinancialAdvisorConfiguration
from ibkr_actors.base.messages.orders import OpenOrder, PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.recording.conversation import Decoded, Undecoded
from ibkr_actors.recording.pseudonyms import Pseudonyms
from ibkr_actors.recording.records import Event, Frame, Unframed
from ibkr_actors.recording.redactor import Redactor
from ibkr_actors.recording.transcript import Transcript
from tests.helpers import in_full
from tests.recording.helpers import conversation, frame_of, handshake
from tests.wire.generated import filled

VERSIONS = pytest.mark.parametrize("version", [178, 200, 203, 226])
ACCOUNT, OTHER, USER = "DU7654321", "U98765432", "jdoe1234"


def redacted(records: list[Event], *names: str) -> list[Event]:
    redactor = Redactor(names)
    return [redactor.redacted(record) for record in records]


def messages(records: list[Event]) -> list[Message]:
    transcript = Transcript()
    meanings = [transcript.entry(record).meaning for record in records]
    assert not [meaning for meaning in meanings if isinstance(meaning, Undecoded)]
    return [meaning.message for meaning in meanings if isinstance(meaning, Decoded)][1:]


def order_of(account: str, submitter: str = "", **others) -> Order:
    order = Order(order_type="LMT", limit_price=9.5, total_quantity=Decimal(3), **others)
    order.account, order.submitter = account, submitter
    return order


@VERSIONS
class TestARedactedFrame:
    SAID = (
        ManagedAccounts(f"{ACCOUNT},{OTHER},"),
        AccountValue("AccountCode", OTHER, "", OTHER),
        AccountValue("NetLiquidation", "7654321", "USD", ACCOUNT),
        Position(ACCOUNT, Contract(symbol="DU"), Decimal(7654321), 9.5),
        Notice(
            -1, None, 2100, f"New account data requested from {ACCOUNT}. Not from X{ACCOUNT} or {ACCOUNT}999."
        ),
        AccountDataRequest(True, ACCOUNT),
        PlaceOrderRequest(
            1,
            Contract(symbol="IBM", security_type="BAG", combo_legs=(ComboLeg(contract_id=5),)),
            order_of(ACCOUNT),
        ),
        ExecutionDetails(3, Contract(symbol="IBM"), Execution(order_id=1, account=ACCOUNT)),
    )

    def test_has_no_name_in_it(self, version):
        for record in redacted(conversation(version, *self.SAID)):
            content = getattr(record, "payload", b"")
            assert b"U98765432" not in content
            assert ACCOUNT.encode() not in content.replace(b"XDU7654321", b"").replace(b"DU7654321999", b"")

    def test_is_as_long_as_before(self, version):
        before = conversation(version, *self.SAID)

        for old, new in zip(before, redacted(before), strict=True):
            assert len(getattr(old, "payload", b"")) == len(getattr(new, "payload", b""))

    def test_says_the_same_otherwise(self, version):
        accounts, code, value, position, notice, asked, placed, filled = messages(
            redacted(conversation(version, *self.SAID))
        )

        assert accounts == ManagedAccounts("DU0000001,U00000001,")
        assert code == AccountValue("AccountCode", "U00000001", "", "U00000001")
        assert value == AccountValue("NetLiquidation", "7654321", "USD", "DU0000001")
        assert (position.account, position.position, position.contract.symbol) == ("DU0000001", 7654321, "DU")
        assert notice.text == (
            "New account data requested from DU0000001. Not from XDU7654321 or DU7654321999."
        )
        assert asked == AccountDataRequest(True, "DU0000001")
        assert placed.order.account == "DU0000001"
        assert msgspec.to_builtins(placed.contract) == msgspec.to_builtins(
            messages(conversation(version, *self.SAID))[6].contract
        )
        assert filled.execution.account == "DU0000001"

    def test_without_names_keeps_each_byte(self, version):
        frames = conversation(version, Notice(1, None, 200, "No security definition"), ManagedAccounts(""))

        assert redacted(frames) == frames


@pytest.mark.parametrize("version", [157, 178, 200, 201, 203, 213, 226])
def test_every_message_with_every_field_set_keeps_its_length_and_all_but_its_texts(version):
    for struct in (*REQUESTS.values(), *REPLIES.values()):
        if (
            struct is StartApiRequest or struct.facts.since > version
        ):  # the handshake has the one, nobody the other
            continue
        before = filled(struct, version)
        record = frame_of(before, version)

        *_, after = redacted([*handshake(version), record])

        assert len(after.payload) == len(record.payload)
        assert without_texts(messages([*handshake(version), after])[0]) == without_texts(before), struct


def without_texts(value: Any) -> Any:
    """All of a value but what its texts are; how long they are stays."""
    match in_full(value) if isinstance(value, Struct) else value:
        case str() as text:
            return len(text.encode())
        case type() | tuple() | list() | dict() as whole:
            if isinstance(whole, dict):
                return {name: without_texts(content) for name, content in whole.items()}
            return whole if isinstance(whole, type) else [without_texts(element) for element in whole]
        case other:
            return other


class TestNames:
    @pytest.mark.parametrize("version", [198, 226])
    def test_of_users_are_learned_from_the_fields_that_hold_them(self, version):
        said = (
            OpenOrder(1, Contract(symbol="IBM"), order_of(ACCOUNT, USER)),
            Notice(1, None, 201, f"Order rejected - {USER} may not"),
        )

        opened, notice = messages(redacted(conversation(version, *said)))

        assert opened.order.submitter == "xxxxxxx1"
        assert notice.text == "Order rejected - xxxxxxx1 may not"

    @VERSIONS
    def test_of_accounts_that_an_advisor_gave_them_are_learned(self, version):
        xml = f"<ListOfAccountAliases><AccountAlias><account>{ACCOUNT}</account><alias>John Doe</alias></AccountAlias>"
        said = (FinancialAdvisorConfiguration(3, xml), Notice(1, None, 201, "Order of John Doe rejected"))

        told, notice = messages(redacted(conversation(version, *said)))

        assert told.xml == xml.replace(ACCOUNT, "DU0000001").replace("John Doe", "xxxxxxx1")
        assert notice.text == "Order of xxxxxxx1 rejected"

    @VERSIONS
    def test_that_prove_who_a_client_is_are_secrets_as_a_whole(self, version):
        started = frame_of(StartApiRequest(7, "my,secret,token"), version)
        transcript = Transcript()

        *_, start = [transcript.entry(each) for each in redacted([*handshake(version)[:-1], started])]

        assert start.meaning == Decoded(StartApiRequest(7, "xxxxxxxxxxxxxx1"))

    @VERSIONS
    def test_that_are_short_numbers_stay_for_nothing_tells_them_from_other_numbers(self, version):
        order = order_of(ACCOUNT, mifid2_decision_maker="1", external_operator="7")
        said = (
            PlaceOrderRequest(1, Contract(symbol="IBM", contract_id=1), order),
            Notice(1, None, 201, "no"),
        )

        placed, notice = messages(redacted(conversation(version, *said)))

        assert (placed.order_id, placed.contract.contract_id, notice.request_id) == (1, 1, 1)
        assert (placed.order.mifid2_decision_maker, placed.order.account) == ("1", "DU0000001")

    @VERSIONS
    def test_that_nothing_tells_of_can_be_said_beforehand(self, version):
        said = (Notice(1, None, 201, "Dear John Doe, no."),)

        (notice,) = messages(redacted(conversation(version, *said), "John Doe"))

        assert notice.text == "Dear xxxxxxx1, no."

    @VERSIONS
    def test_that_are_short_are_replaced_only_where_they_stand_alone(self, version):
        said = (AccountDataRequest(True, "A1"), Notice(1, None, 201, "A1 sauce"))

        asked, notice = messages(redacted(conversation(version, *said)))

        assert (asked.account, notice.text) == ("x1", "A1 sauce")

    @pytest.mark.parametrize("name", ["", "A", "12"])
    def test_that_are_like_other_words_and_numbers_can_not_be_said(self, name):
        with pytest.raises(ConfigurationError, match=f"the name '{name}' can't be redacted"):
            Redactor([name])

    @pytest.mark.parametrize("everybody", ["All", ""])
    def test_that_mean_all_accounts_are_none(self, everybody):
        (asked,) = messages(redacted(conversation(178, AccountDataRequest(True, everybody))))

        assert asked.account == everybody

    @pytest.mark.parametrize("version", [178, 226])
    def test_that_look_like_pseudonyms_are_not_mistaken_for_them(self, version):
        """As in a recording that was redacted before, or of the simulated gateway."""
        order = order_of("DU0000002", clearing_account="DU0000001")
        said = (ManagedAccounts("DU0000002,DU0000001"), PlaceOrderRequest(1, Contract(symbol="IBM"), order))

        accounts, placed = messages(redacted(conversation(version, *said)))

        assert accounts.accounts == ("DU0000001", "DU0000002")
        assert (placed.order.account, placed.order.clearing_account) == ("DU0000001", "DU0000002")

    @pytest.mark.parametrize("number", ["US0378331005", "0000e0d5.61a2.01.01", "7654321", "FUT", "DU1234"])
    def test_are_not_seen_in_what_is_none(self, number):
        assert Pseudonyms().redacted(number) == number

    def test_of_a_letter_run_out_and_become_asterisks(self):
        pseudonyms = Pseudonyms()

        made = [pseudonyms.of(chr(0x4E00 + number)[:1]) for number in range(3)]
        letters = [pseudonyms.of(chr(letter)) for letter in range(33, 127)]

        assert made == ["xx1", "xx2", "xx3"]  # as many bytes as one Chinese letter
        assert letters[:2] == ["1", "2"]
        assert letters[-1] == "*"


class TestWhatCantBeDecoded:
    def test_has_no_code_in_it_either(self):
        unknown = Frame(1.0, 1, Role.GATEWAY, (999).to_bytes(4, "big") + b"\x0a\x09DU7654321\x30\x07")
        garbage = Unframed(2.0, 1, Role.GATEWAY, b"hello DU7654321!")

        *_, frame, unframed = redacted([*handshake(226), unknown, garbage])

        assert frame.payload == (999).to_bytes(4, "big") + b"\x0a\x09DU0000001\x30\x07"
        assert unframed.content == b"hello DU0000001!"

    def test_is_told_once_for_each_connection(self):
        """Names are learned from fields, so those of a bridge that is newer than we are stay."""
        told: list[str] = []
        handler = logger.add(told.append, level="WARNING", format="{message}")
        newer = handshake(178)
        newer[3] = Frame(1.0, 1, Role.GATEWAY, b"230\x0020260102 09:30:00 CET\0")

        redacted([*newer, *newer])

        logger.remove(handler)
        (line,) = told
        assert line.startswith(
            "connection 1 has frames that can't be read (the bridge speaks server version 230"
        )
        assert "say others with --redact-name" in line

    @pytest.mark.parametrize("place", range(1, 19))
    def test_has_no_part_of_a_code_where_the_network_cut_it(self, place):
        sent = b"acct DU7654321 9"
        parts = [Unframed(1.0, 1, Role.GATEWAY, part) for part in (sent[:place], sent[place:]) if part]

        found = redacted([Unframed(1.0, 1, Role.CLIENT, b"API\0"), *parts])

        content = b"".join(each.content for each in found)
        assert len(content) == len(sent) + 4
        assert not re.search(rb"[2-9]", content)

    @pytest.mark.parametrize(
        "unknown", [b"\x0a\x09DU7654321", b"\x12\x0d\x0a\x09DU7654321\x30\x07"], ids=["text", "nested"]
    )
    def test_as_unknown_fields_of_a_message_has_none(self, unknown):
        known = frame_of(ManagedAccounts(OTHER), 226)
        tag = (99 << 3 | 2).to_bytes(2, "little")
        tag = bytes((tag[0] & 0x7F | 0x80, 99 >> 4))
        more = Frame(1.0, 1, Role.GATEWAY, known.payload + tag + bytes((len(unknown),)) + unknown)

        *_, frame = redacted([*handshake(226), more])

        assert frame.payload.endswith(unknown.replace(b"DU7654321", b"DU0000001"))
        assert b"U00000001" in frame.payload
        assert len(frame.payload) == len(more.payload)
