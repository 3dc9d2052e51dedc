"""Booleans that text frames pack into one integer."""

from __future__ import annotations

from typing import Annotated

import pytest
from msgspec import Struct

from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.fields import at, each, layout
from ibkr_actors.wire.flags import flags
from ibkr_actors.wire.text_reader import compile_text_reader
from ibkr_actors.wire.text_writer import compile_text_writer


class Marks(Struct, frozen=True):
    """Two booleans."""

    red: Annotated[bool, Wire(1)] = False
    green: Annotated[bool, Wire(2)] = False


class Row(Struct, frozen=True):
    """One element of a repeated group."""

    marks: Annotated[Marks, Wire(1)] = Marks()


class Page(Struct, frozen=True):
    """Holds such booleans itself, and in a repeated group."""

    marks: Annotated[Marks, Wire(1)] = Marks()
    rows: Annotated[tuple[Row, ...], Wire(2)] = ()


MARKS = at("marks", kind=flags(Marks, "green", "red"))
LAYOUT = layout(MARKS, each("rows", MARKS))
READ = compile_text_reader(Page, LAYOUT, 200, first=0)
WRITE = compile_text_writer(Page, LAYOUT, 200, head=(), strict=False)
NONE, RED, GREEN, BOTH = Marks(), Marks(red=True), Marks(green=True), Marks(red=True, green=True)


@pytest.mark.parametrize(("text", "marks"), [("0", NONE), ("1", GREEN), ("2", RED), ("3", BOTH)])
def test_the_first_name_is_the_lowest_bit(text, marks):
    page = Page(marks, (Row(marks), Row(RED)))

    assert READ([text, "2", text, "2", ""]) == page
    assert WRITE(page) == f"{text}\x002\x00{text}\x002\x00".encode()


@pytest.mark.parametrize(("text", "marks"), [("", NONE), ("4", NONE), ("13", GREEN)])
def test_bits_without_a_name_are_ignored(text, marks):
    assert READ([text, "1", text, ""]) == Page(marks, (Row(marks),))


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="invalid literal"):
        READ(["red", "0", ""])


def test_readers_share_the_values():
    assert READ(["1", "0", ""]).marks is READ(["1", "0", ""]).marks


def test_two_kinds_of_one_struct_go_together_in_one_frame():
    other = compile_text_reader(
        Page, layout(MARKS, each("rows", at("marks", kind=flags(Marks, "red", "green")))), 200, first=0
    )

    assert other(["1", "1", "1", ""]) == Page(GREEN, (Row(RED),))
