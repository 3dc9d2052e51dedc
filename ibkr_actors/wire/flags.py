"""Booleans that text frames pack into the bits of one integer, where protobuf has a message of them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ibkr_actors.wire.kinds import Kind


def flags(struct: type[Struct], *names: str) -> Kind:
    """How a layout carries a Struct of booleans: the first name is the bit 1, the next the bit 2, and so on.

    Readers ignore bits without a name. The Structs are made once and shared, so they have to be frozen.
    """
    every = tuple(
        struct(**{name: bool(mask >> bit & 1) for bit, name in enumerate(names)})
        for mask in range(1 << len(names))
    )
    known = len(every) - 1

    def read(text: str) -> Any:
        return every[int(text or 0) & known]

    def write(value: Any) -> str:
        return str(sum(getattr(value, name) << bit for bit, name in enumerate(names)))

    own = "_".join((struct.__name__, *names))
    table, reader, writer = f"flags_of_{own}", f"read_flags_of_{own}", f"mask_of_{own}"
    return Kind(
        f"{struct.__name__} as the bits {', '.join(names)}",
        "message",
        f"{table}[int({{0}} or 0) & {known}]",
        f"{writer}({{0}})",
        reader,
        zero=every[0],
        uses=((table, every), (reader, read), (writer, write)),
    )
