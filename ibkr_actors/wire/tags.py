"""Tag-value pairs: options by name, in the form that some fields of the wire carry them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Final

from msgspec import Struct

from ibkr_actors.wire.annotation import Wire

MOST_PAIRS: Final = 10_000
"""Options in one text; those of the bridge's own requests are a few."""


class TagValue(Struct, frozen=True):
    """One option by name, as algos, scanner filters and miscellaneous options take them; both parts are text."""

    tag: Annotated[str, Wire(1)]
    value: Annotated[str, Wire(2)]


def split_tags(text: str) -> tuple[TagValue, ...]:
    """The pairs of `tag=value;tag=value;`. A part without `=` is a tag with an empty value.

    Raises ValueError when there are more than `MOST_PAIRS`, each of which takes many times its length in memory.
    """
    if text.count(";") > MOST_PAIRS:
        raise ValueError(f"{text.count(';')} options in one text; no request has more than {MOST_PAIRS}")
    return tuple(TagValue(*_pair(part)) for part in text.split(";") if part)


def _pair(part: str) -> tuple[str, str]:
    tag, _, value = part.partition("=")
    return tag, value


def join_tags(tags: Iterable[TagValue]) -> str:
    """`tag=value;` for each pair; raises ValueError when a part holds one of the separators."""
    for pair in tags:
        if ";" in pair.tag or ";" in pair.value or "=" in pair.tag:
            raise ValueError(
                f"{pair.tag}={pair.value} holds a separator (; or =) that the wire gives a meaning"
            )
    return "".join(f"{pair.tag}={pair.value};" for pair in tags)


def tags_of_map(pairs: Mapping[str, str]) -> tuple[TagValue, ...]:
    """The pairs of a protobuf map, sorted by tag, for a map has no order of its own."""
    return tuple(TagValue(tag, pairs[tag]) for tag in sorted(pairs))


def map_of_tags(tags: Iterable[TagValue]) -> dict[str, str]:
    """A protobuf map; raises ValueError when two values share a tag, for one of them would vanish."""
    given = tuple(tags)
    pairs = {pair.tag: pair.value for pair in given}
    if len(pairs) != len(given):
        raise ValueError("two values share a tag; each tag may be given once")
    return pairs
