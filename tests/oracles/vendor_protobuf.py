"""Protobuf messages of the vendor's from values of ours, for what its client takes and hands over in no other form.

Responsible for: `vendor_message`, which goes by the numbers of fields and nothing else.
"""

from __future__ import annotations

import importlib
from typing import Any

from google.protobuf.message import Message
from msgspec import Struct

from ibkr_actors.wire.fields import Specification, specification_of


def vendor_message(name: str, value: Struct) -> Message:
    """The vendor's message of that name ("ConfigResponse") that says what a value of ours says, and no more."""
    module = importlib.import_module(f"ibapi.protobuf.{name}_pb2")
    made: Message = getattr(module, name)()
    _fill(made, value)
    return made


def _fill(made: Message, value: Struct) -> None:
    names = {field.number: field.name for field in made.DESCRIPTOR.fields}
    for specification in specification_of(type(value)).values():
        item = getattr(value, specification.name)
        if _is_said(specification, item):
            _set(made, names[specification.wire.number or 0], item)


def _is_said(specification: Specification, item: Any) -> bool:
    """An empty text or list is nothing, but where None stands for nothing."""
    return item is not None and (specification.optional or item not in ("", ()))


def _set(made: Message, name: str, item: Any) -> None:
    match item:
        case Struct():
            getattr(made, name).SetInParent()
            _fill(getattr(made, name), item)
        case tuple() if item and isinstance(item[0], Struct):
            for element in item:
                _fill(getattr(made, name).add(), element)
        case tuple():
            getattr(made, name).extend(item)
        case _:
            setattr(made, name, item)
