"""Repeated groups whose elements hold groups, flags or conditions of their own."""

from __future__ import annotations

import tracemalloc
from typing import Annotated

import pytest
from msgspec import Struct

from ibkr_actors.errors import UnsupportedByServer
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.fields import Layout, at, constant, each, equals, layout, optional, when
from ibkr_actors.wire.source import field_of_failure, source_of
from ibkr_actors.wire.text_reader import compile_text_reader
from ibkr_actors.wire.text_writer import compile_text_writer


class Leaf(Struct, frozen=True):
    """At the end of a branch."""

    size: Annotated[int, Wire()] = 0
    colour: Annotated[str, Wire()] = ""


class Fruit(Struct, frozen=True):
    """On some branches."""

    kind: Annotated[str, Wire()] = ""


class Branch(Struct, frozen=True):
    """Holds leaves, names and perhaps a fruit."""

    name: Annotated[str, Wire()] = ""
    leaves: Annotated[tuple[Leaf, ...], Wire()] = ()
    other_names: Annotated[tuple[str, ...], Wire()] = ()
    fruit: Annotated[Fruit | None, Wire()] = None
    thorns: Annotated[int, Wire()] = 0
    age: Annotated[int, Wire(since=170)] = 0


class Tree(Struct, frozen=True):
    """Holds branches, and a name of its own behind them."""

    branches: Annotated[tuple[Branch, ...], Wire()] = ()
    name: Annotated[str, Wire()] = ""
    thorns: Annotated[int, Wire(since=180)] = 0


TREE: Layout = layout(
    each(
        "branches",
        "name",
        each("leaves", "size", "colour"),
        constant("-"),
        each("other_names"),
        optional("fruit", "kind"),
        when("name", equals("rose"), "thorns"),
        "age",
    ),
    "name",
    at("thorns", since=180),
)

ROSE = Branch("rose", (Leaf(1, "red"), Leaf(2, "")), ("a", "b"), Fruit("hip"), thorns=5, age=9)
BARE = Branch("bare", age=3)
ROSE_TREE = Tree((ROSE, BARE, ROSE), name="garden", thorns=7)

ROSE_TEXT = "rose|2|1|red|2||-|2|a|b|1|hip|5|9|"
BARE_TEXT = "bare|0|-|0|0|3|"


def written(tree: Tree, version: int = 180, *, strict: bool = False) -> str:
    """The frame of a tree, as captures print one."""
    write = compile_text_writer(Tree, TREE, version, head=("9",), strict=strict)
    return write(tree).decode().replace("\0", "|")


def read(text: str, version: int = 180) -> Tree:
    """The tree of such a frame."""
    tree = compile_text_reader(Tree, TREE, version, first=1)(text.split("|"))
    assert isinstance(tree, Tree)
    return tree


class TestNestedGroups:
    def test_each_element_is_written_with_its_own_groups(self):
        assert written(ROSE_TREE) == f"9|3|{ROSE_TEXT}{BARE_TEXT}{ROSE_TEXT}garden|7|"

    @pytest.mark.parametrize(
        "tree", [ROSE_TREE, Tree(), Tree((BARE,)), Tree((Branch("rose"), BARE)), Tree((), "x", 1)]
    )
    def test_what_was_written_is_read(self, tree):
        assert read(written(tree)) == tree

    def test_a_field_of_an_element_has_its_first_version_too(self):
        assert written(Tree((BARE,)), 169) == "9|1|bare|0|-|0|0||"
        assert read("9|1|bare|0|-|0|0|garden|", 169) == Tree((Branch("bare"),), "garden")

    def test_fields_behind_the_last_one_are_ignored(self):
        assert read(written(ROSE_TREE) + "something|new|") == ROSE_TREE

    def test_a_field_of_the_message_is_not_taken_for_written_because_elements_have_one_of_that_name(self):
        with pytest.raises(UnsupportedByServer, match="thorns needs server version 180"):
            written(ROSE_TREE, 170, strict=True)

    def test_groups_of_scalars_are_still_read_by_column(self):
        source = source_of(compile_text_reader(Tree, TREE, 180, first=1))

        assert "column(int, read_int, p[0::2])  # branches.leaves.size" in source


class TestHostileFrames:
    @pytest.mark.parametrize("count", ["-1", "999999999", "99999999999999999999", "1e9", "x"])
    @pytest.mark.parametrize(
        ("frame", "field"),
        [
            ("9|{}|", "branches"),
            ("9|1|rose|{}|", "branches.leaves"),
            ("9|2|" + BARE_TEXT + "rose|1|1|red|-|{}|", "branches.other_names"),
        ],
    )
    def test_a_count_that_promises_too_much_is_told_with_its_field(self, frame, field, count):
        with pytest.raises(ValueError, match=r".") as failed:
            read(frame.format(count))

        assert field_of_failure(failed.value) == field

    @pytest.mark.parametrize("length", range(1, 30))
    def test_a_frame_cut_anywhere_is_an_error(self, length):
        fields = written(ROSE_TREE).split("|")

        with pytest.raises((ValueError, IndexError)) as failed:
            read("|".join(fields[:length]))

        assert field_of_failure(failed.value) is not None

    def test_a_wrong_value_is_told_with_the_path_of_its_field(self):
        with pytest.raises(ValueError, match=r"could not convert|invalid literal") as failed:
            read("9|1|bare|0|-|0|0|old|garden|7|")

        assert field_of_failure(failed.value) == "branches.age"

    def test_a_count_of_many_empty_elements_costs_no_more_than_its_frame(self):
        frame = "9|50000|" + "|" * 300_003
        fields = frame.split("|")
        compiled = compile_text_reader(Tree, TREE, 180, first=1)

        tracemalloc.start()
        try:
            tree = compiled(fields)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

        assert len(tree.branches) == 50_000
        assert peak < 60 * len(frame)
