"""The reference pages in `docs/` say what the declarations say: `make reference` writes them anew."""

from __future__ import annotations

import importlib.util
import re
from functools import cache

import pytest

from ibkr_actors import errors
from ibkr_actors.base.message_codes import FACTS
from ibkr_actors.base.messages.accounts import AccountValue
from ibkr_actors.base.messages.catalog import MODULES, REPLIES, REQUESTS
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.errors import IbkrError
from tests.documentation import __main__ as command
from tests.documentation import their_names
from tests.documentation.pages import PAGES
from tests.documentation.structure import fields_of, messages, places, span_of

EACH_PAGE = pytest.mark.parametrize("name", PAGES)


@cache
def text_of(name: str) -> str:
    """A page as it should be."""
    return PAGES[name]()


def field(struct: type, name: str):
    """One field of a Struct, as pages show it."""
    return next(one for one in fields_of(struct) if one.name == name)


def headings(text: str) -> list[str]:
    """The headings of a page, as links name them."""
    return [heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]


@EACH_PAGE
class TestEachPage:
    def test_is_current(self, name):
        path = command.DOCS / name

        # Not compared by an assertion of texts: pytest would spend minutes on showing the difference.
        current = path.is_file() and path.read_text(encoding="utf-8") == text_of(name)
        assert current, f"docs/{name} is out of date: run `make reference` (python -m tests.documentation)"

    def test_has_each_heading_once(self, name):
        found = headings(text_of(name))

        assert sorted(set(found)) == sorted(found)

    def test_links_to_headings_that_are_there(self, name):
        links = re.findall(r"\]\((\w+\.md)?#([\w-]+)\)", text_of(name))

        assert links
        assert [link for link in links if link[1] not in headings(text_of(link[0] or name))] == []

    def test_has_rows_as_wide_as_their_heads(self, name):
        widths = {
            len({len(re.split(r"(?<!\\)\|", line)) for line in block.splitlines()})
            for block in re.findall(r"(?:^\|.*\n)+", text_of(name), re.MULTILINE)
        }

        assert widths <= {1}


class TestTheMessages:
    @pytest.mark.parametrize("message", messages(), ids=lambda message: message.__name__)
    def test_are_all_there_with_all_their_fields(self, message):
        page = text_of("requests.md" if message.facts.to_bridge else "replies.md")
        _, _, section = page.partition(f"\n### {message.__name__}\n")
        section = re.split(r"^##", section, maxsplit=1, flags=re.MULTILINE)[0]

        assert [name for name in message.__struct_fields__ if f"| `{name}` |" not in section] == []
        assert section

    def test_come_from_modules_that_the_catalog_lists(self):
        """A module that the catalog forgets has no place on the pages."""
        listed = {module.__name__ for module in MODULES}

        assert {message.__module__ for message in (*REQUESTS.values(), *REPLIES.values())} <= listed


class TestTheErrors:
    def test_are_all_there_each_below_its_parent(self):
        page = text_of("errors_and_codes.md")
        rows = re.findall(r"^\| ((?:&nbsp;)*)`(\w+)` \| [^|]+ \|", page, re.MULTILINE)

        raised = [
            one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, IbkrError)
        ]
        assert [name for _, name in rows if hasattr(errors, name)] == [name for _, name in rows]
        assert {name for _, name in rows} == {error.__name__ for error in raised}
        assert {name: len(indent) // 24 for indent, name in rows} == {
            error.__name__: sum(issubclass(base, IbkrError) for base in error.__mro__) - 1 for error in raised
        }

    def test_come_with_what_they_carry(self):
        assert "| `request`, `code`, `text` |" in text_of("errors_and_codes.md")


class TestTheCodes:
    def test_are_all_there_once(self):
        _, _, sections = text_of("errors_and_codes.md").partition("\n## Codes about the connection\n")
        found = re.findall(r"^\| (\d+)(?: to (\d+))? \|", sections, re.MULTILINE)

        numbers = [number for first, last in found for number in range(int(first), int(last or first) + 1)]
        assert sorted(numbers) == sorted(FACTS)

    def test_say_what_they_end(self):
        assert "| 10147 | no order of this id to cancel | error | change |" in text_of("errors_and_codes.md")


class TestFields:
    def test_have_the_sentence_under_them(self):
        assert field(TickPrice, "price").meaning == "-1 when there is no value now."

    def test_inherit_it(self):
        assert "TickType" in field(TickPrice, "tick_type").meaning

    def test_have_the_versions_that_carry_them(self):
        assert field(Order, "submitter").span == (198, 226)
        assert field(Order, "auction_strategy").span == (157, 202)
        assert field(Order, "action").span is None
        assert span_of(Order) == (157, 226)

    def test_are_there_as_long_as_what_they_hold(self):
        assert field(PlaceOrderRequest, "contract").span is None
        assert field(PlaceOrderRequest, "attached_orders").span == (218, 226)


class TestTheirNames:
    @pytest.mark.parametrize(
        ("struct", "name", "vendors", "ib_asyncs"),
        [
            (Order, "limit_price", "lmtPrice", "lmtPrice"),
            (Contract, "contract_id", "conId", "conId"),
            (Bar, "average", "wap", "average"),
            (MarketDataRequest, "generic_ticks", "genericTickList", "genericTickList"),
            (TickPrice, "attributes", "attrib", ""),
            (AccountValue, "key", "key", "tag"),
        ],
    )
    def test_of_fields(self, struct, name, vendors, ib_asyncs):
        assert their_names.vendor_field(struct, field(struct, name)) == vendors
        assert their_names.ib_async_field(struct, field(struct, name)) == ib_asyncs

    def test_of_calls_and_callbacks(self):
        assert their_names.vendor_methods(MarketDataRequest) == ("reqMktData",)
        assert their_names.ib_async_methods(MarketDataRequest) == ["IB.reqMktData"]
        assert their_names.our_call(MarketDataRequest) == "request_market_data"
        assert their_names.our_call(PlaceOrderRequest) == "place_order"
        assert "tickPrice" in their_names.vendor_methods(TickPrice)

    def test_of_classes(self):
        assert their_names.vendor_class(Bar).__name__ == "BarData"
        assert their_names.ib_async_class(Order).__name__ == "Order"

    @pytest.mark.parametrize(
        "table", [their_names.IBAPI_CLASSES, their_names.IB_ASYNC_CLASSES], ids=["ibapi", "ib_async"]
    )
    def test_that_follow_from_nothing_are_of_messages_that_we_have(self, table):
        protobuf = {place.protobuf for found in places().values() for place in found}

        assert table.keys() <= protobuf

    @pytest.mark.parametrize("name", their_names.IB_ASYNC_FIELDS)
    def test_of_fields_that_follow_from_nothing_are_needed(self, name):
        given = {
            their_names.ib_async_field(struct, one)
            for struct in places()
            for one in fields_of(struct)
            if one.name == name
        }

        assert their_names.IB_ASYNC_FIELDS[name] in given


class TestTheCommand:
    def test_writes_every_page(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(command, "DOCS", tmp_path)

        assert command.main() == 0
        assert {path.name for path in tmp_path.iterdir()} == PAGES.keys()
        assert "docs/messages.md: written" in capsys.readouterr().out

    def test_says_what_is_missing(self, monkeypatch, capsys):
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

        assert command.main() == 2
        assert "Install the test extras" in capsys.readouterr().out
