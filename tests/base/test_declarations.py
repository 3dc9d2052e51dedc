"""The declarations against the protocol's own tables: ids, protobuf numbers and types, first versions.

`data/protobuf.json` holds facts read off the vendor's descriptors, `data/text_ids.json` the ids of text messages;
nothing of them is used by the package.
"""

from __future__ import annotations

import json
import keyword
import linecache
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages import catalog
from ibkr_actors.base.messages.declaration import DECLARED, Message, Reply, Request, handler_name
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.wire.annotation import FOREVER
from ibkr_actors.wire.fields import Specification, specification_of
from ibkr_actors.wire.protobuf import message_class
from ibkr_actors.wire.source import source_of
from ibkr_actors.wire.text_reader import compile_text_reader

REFERENCE = json.loads((Path(__file__).parent / "data/protobuf.json").read_text())

TEXT_IDS = json.loads((Path(__file__).parent / "data/text_ids.json").read_text())

EACH = pytest.mark.parametrize("struct", DECLARED, ids=lambda struct: struct.__name__)


def reference_of(struct: type[Message]) -> dict[str, object]:
    """What the table says about a message's id."""
    table = REFERENCE["outbound" if struct.facts.to_bridge else "inbound"]
    return table[str(struct.facts.id)]


def pairs_of(struct: type[Struct], message: str | None) -> Iterator[tuple[type[Struct], str]]:
    """Each Struct of a declaration with the name of its message in the table, the nested ones included.

    Nothing for what has no protobuf form.
    """
    if message is None:
        return
    yield struct, message
    fields = REFERENCE["messages"][message]
    for specification in specification_of(struct).values():
        if specification.struct is None or specification.kind is not None:
            continue
        _, kind, _ = fields[str(specification.wire.number)]
        for nested in specification.union or (specification.struct,):
            yield from pairs_of(nested, kind)


def as_declared(specification: Specification) -> tuple[str, str]:
    """Type and label of a field, in the words of the table."""
    kind = specification.kind
    if kind is None:
        return "message", "repeated" if specification.repeated else "single"
    if kind.protobuf.startswith("map"):
        return "message", "map"
    return kind.protobuf, "repeated" if specification.repeated else "single"


@EACH
class TestEachDeclaration:
    def test_has_the_id_and_the_name_of_the_reference(self, struct):
        assert reference_of(struct)["name"]

    def test_travels_as_protobuf_from_the_recorded_version(self, struct):
        assert struct.facts.protobuf_since == (reference_of(struct)["since"] or FOREVER)

    def test_has_the_numbers_and_types_of_the_reference(self, struct):
        for declared, message in pairs_of(struct, reference_of(struct)["message"]):
            fields = REFERENCE["messages"][message]
            for name, specification in specification_of(declared).items():
                if specification.wire.number is None:
                    continue
                _, kind, label = fields[str(specification.wire.number)]
                kind = kind if kind in ("int32", "int64", "double", "string", "bool") else "message"
                label = "single" if label in ("optional", "singular") else label
                assert as_declared(specification) == (kind, label), f"{declared.__name__}.{name} of {message}"

    def test_misses_no_field_of_the_reference(self, struct):
        found: dict[str, set[str]] = {}
        for declared, message in pairs_of(struct, reference_of(struct)["message"]):
            numbers = {str(s.wire.number) for s in specification_of(declared).values()}
            found.setdefault(message, set()).update(numbers)

        for message, numbers in found.items():
            assert not REFERENCE["messages"][message].keys() - numbers, message

    def test_gives_no_number_twice(self, struct):
        for declared, _ in pairs_of(struct, reference_of(struct)["message"]):
            numbers = [
                s.wire.number for s in specification_of(declared).values() if s.wire.number is not None
            ]
            assert len(set(numbers)) == len(numbers)

    def test_has_a_docstring(self, struct):
        assert struct.__doc__
        assert struct.__doc__[0].isupper()


TABLES = {"outbound": catalog.REQUESTS, "inbound": catalog.REPLIES}
EACH_DIRECTION = pytest.mark.parametrize("direction", TABLES)


@EACH_DIRECTION
class TestTheReference:
    def test_names_the_text_messages_as_the_others(self, direction):
        names = {id_: facts["name"] for id_, facts in REFERENCE[direction].items()}

        assert names == names | {id_: facts["name"] for id_, facts in TEXT_IDS[direction].items()}

    def test_knows_no_text_form_of_what_was_born_as_protobuf(self, direction):
        later = REFERENCE[direction].keys() - TEXT_IDS[direction].keys()

        assert all(REFERENCE[direction][id_]["since"] > 213 for id_ in later)


@EACH_DIRECTION
class TestCompleteness:
    def test_every_id_has_a_declaration(self, direction):
        ids = TEXT_IDS[direction] | REFERENCE[direction]
        declared = {str(id_) for id_ in TABLES[direction]}

        assert {id_: facts["name"] for id_, facts in ids.items() if id_ not in declared} == {}

    def test_every_declaration_is_known_from_the_recorded_version_on(self, direction):
        recorded = {
            id_: TEXT_IDS[direction].get(id_, facts)["since"] for id_, facts in REFERENCE[direction].items()
        }
        declared = {str(struct.facts.id): struct.facts.since for struct in TABLES[direction].values()}

        assert declared == {id_: recorded[id_] for id_ in declared}


def test_every_protobuf_message_is_part_of_a_declaration():
    reached = {
        message for struct in DECLARED for _, message in pairs_of(struct, reference_of(struct)["message"])
    }

    assert REFERENCE["messages"].keys() - reached == set()


class TestCatalog:
    def test_holds_every_declaration_once(self):
        assert sorted(map(id, [*catalog.REQUESTS.values(), *catalog.REPLIES.values()])) == sorted(
            map(id, DECLARED)
        )

    def test_requests_go_to_the_bridge_and_replies_do_not(self):
        assert all(
            issubclass(struct, Request) and struct.facts.to_bridge for struct in catalog.REQUESTS.values()
        )
        assert all(
            issubclass(struct, Reply) and not struct.facts.to_bridge for struct in catalog.REPLIES.values()
        )

    def test_replies_of_a_request_are_declared(self):
        for struct in catalog.REQUESTS.values():
            for reply in struct.facts.replies.every_type():
                assert catalog.REPLIES[reply.facts.id] is reply
            cancel = struct.facts.replies.cancel
            assert cancel is None or catalog.REQUESTS[cancel.facts.id] is cancel


class TestHandlers:
    def test_no_two_messages_of_a_direction_share_one(self):
        for table in (catalog.REQUESTS, catalog.REPLIES):
            handlers = [struct.facts.handler for struct in table.values()]
            assert len(set(handlers)) == len(handlers)

    @EACH
    def test_each_is_a_name_in_snake_case(self, struct):
        handler = struct.facts.handler

        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", handler)
        assert not keyword.iskeyword(handler)

    @pytest.mark.parametrize(
        ("name", "handler"),
        [("TickPrice", "tick_price"), ("OpenOrderEnd", "open_order_end"), ("Notice", "notice")],
    )
    def test_it_follows_from_the_class(self, name, handler):
        assert handler_name(name) == handler


class TestGeneratedSource:
    def test_it_can_be_read(self):
        read = compile_text_reader(TickPrice, TickPrice.facts.layout, 200, first=2)

        assert source_of(read).startswith("def read_TickPrice(f):")
        assert "float(f[4] or 0)  # price" in source_of(read)

    def test_a_traceback_shows_the_line_and_its_field(self):
        read = compile_text_reader(TickPrice, TickPrice.facts.layout, 200, first=2)

        with pytest.raises(ValueError, match="could not convert") as failed:
            read(["1", "6", "1", "4", "x", "1", "0", ""])

        last = failed.tb.tb_next.tb_frame.f_code.co_filename, failed.tb.tb_next.tb_lineno
        assert last[0] == "<ibkr_actors text reader of TickPrice at 200>"
        assert linecache.getline(*last).rstrip().endswith("# price")

    def test_a_second_codec_reads_the_same(self):
        frame = codec_for(Role.GATEWAY, 200).encode(TickPrice(1, 4, price=1.5))

        assert codec_for(Role.CLIENT, 200).decode(frame[4:]) == TickPrice(1, 4, price=1.5)

    def test_descriptors_are_made_once(self):
        assert message_class(TickPrice) is message_class(TickPrice)
