"""Scalar kinds: how one value is spelled in a text frame and in a protobuf body.

A `Kind` is one (read, write) pair for each encoding, given as expressions, because the compilers paste them into
generated functions: a call less per field is a third of the cost of decoding a tick.
`{0}` in an expression stands for the text, the protobuf value or the Python value at hand.

Conventions of the wire (found by experiment with the vendor's client, and in recorded traffic):

* empty text reads as zero for a plain number, as unset for an optional one;
* unset is also spelled by a sentinel, the largest value of the type: none of them ever reaches a user, who sees None;
* protobuf leaves out what is unset, false or empty, and sends zero numbers.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final

from ibkr_actors.wire.tags import join_tags, map_of_tags, split_tags, tags_of_map

MAX_INT32: Final = 2147483647
MAX_INT64: Final = 9223372036854775807
MAX_DOUBLE: Final = 1.7976931348623157e308
MAX_DOUBLE_TEXT: Final = "1.7976931348623157E308"

UNSET_DECIMAL_TEXTS: Final = frozenset(
    (
        "",
        "2147483647",
        "9223372036854775807",
        "-9223372036854775808",
        MAX_DOUBLE_TEXT,
        "1.7976931348623157e+308",
    )
)
LARGEST_EXPONENT: Final = 400
"""Of a quantity: beyond that of every double. 1E+999999999 has nine digits here, and a billion once it is written."""
FALSE_TEXTS: Final = frozenset(("", "0", "false", "False"))


@dataclass(frozen=True, slots=True)
class Kind:
    """How one scalar is read and written; see the module's docstring for the expressions."""

    name: str
    protobuf: str
    """The protobuf scalar type."""
    read: str
    """From a text field to the value."""
    write: str
    """From the value to its text."""
    column: str | None = "read_text"
    """A callable that reads a text that is not empty, for `map` over whole columns; None when text is the value."""
    from_protobuf: str = "{0}"
    to_protobuf: str = "{0}"
    zero: Any = None
    """The value read where protobuf sends nothing."""
    sent: str = "True"
    """Whether a value is put into a protobuf body."""
    unset: str = ""
    """How None is written as text."""
    codes: type[Enum] | None = None
    """The enumeration of a coded field."""
    uses: tuple[tuple[str, Any], ...] = ()
    """What its expressions and its column call, beside the names that every kind may use; by name."""

    def spelling_unset(self, text: str) -> Kind:
        """The same kind, with another text for None: the bridge is not of one mind about that."""
        return replace(self, name=f"{self.name} ({text or 'empty'} when unset)", unset=text)


def read_optional_int(text: str) -> int | None:
    """None for an empty text and for the sentinels of 32 and 64 bits."""
    if not text:
        return None
    number = int(text)
    return None if number in (MAX_INT32, MAX_INT64) else number


def read_optional_float(text: str) -> float | None:
    """None for an empty text and for the largest double."""
    if not text:
        return None
    number = float(text)
    return None if number == MAX_DOUBLE else number


def unset_if_max(number: float) -> float | None:
    """None for the largest double, which some messages send for unset in protobuf bodies too."""
    return None if number == MAX_DOUBLE else number


def read_float(text: str) -> float:
    """Zero for an empty text."""
    return float(text or 0)


def read_int(text: str) -> int:
    """Zero for an empty text."""
    return int(text or 0)


def write_int(number: int) -> str:
    """Raises TypeError for what is not a whole number, so that no other text slips into a numeric field."""
    return str(number.__index__())


def write_float(number: float) -> str:
    """The shortest text that reads back as the same double. Raises ValueError for what is no finite number."""
    if math.isfinite(number):
        return str(number)
    raise ValueError(f"{number} is not a number that the wire can carry")


def write_float_or_infinity(number: float) -> str:
    """As `write_float`, where infinity has a meaning; Java spells it so."""
    return "Infinity" if number == math.inf else write_float(number)


def write_float_or_zero(number: float | None) -> str:
    """As `write_float`, but for a zero, which has no point; one below zero has."""
    return "0" if number is None or str(number) == "0.0" else write_float(number)


def write_plain_float(number: float) -> str:
    """As `write_float`, without an exponent: the bridge spells 0.000001 in full where protobuf has a text."""
    text = write_float(number)
    return f"{Decimal(text):f}" if "e" in text else text


def write_size(number: float) -> str:
    """A size without a useless `.0`: the bridge writes whole sizes as integers."""
    whole = int(number)
    return str(whole) if whole == number else str(number)


def read_decimal(text: str) -> Decimal:
    """Zero for an empty text and for the sentinels."""
    return Decimal(0) if text in UNSET_DECIMAL_TEXTS else _finite_decimal(text)


def read_optional_decimal(text: str) -> Decimal | None:
    """None for an empty text and for the sentinels."""
    return None if text in UNSET_DECIMAL_TEXTS else _finite_decimal(text)


def _finite_decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a quantity") from None
    if not number.is_finite() or not -LARGEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT:
        raise ValueError(f"{text!r} is not a quantity")
    return number


def write_decimal(number: Decimal | float) -> str:
    """Plain digits, never an exponent. Raises ValueError for what is no quantity."""
    exact = number if isinstance(number, Decimal) else Decimal(str(number))
    if not exact.is_finite():
        raise ValueError(f"{number} is not a quantity")
    return f"{exact:f}"


_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def unescape(text: str) -> str:
    """Undo the backslash-u escapes that stand for other than ASCII in some text fields (since version 153)."""
    if "\\u" not in text:
        return text
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    # Two escapes make one character beyond the 16-bit plane.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def escape(text: str) -> str:
    """Spell other than ASCII as backslash-u escapes; the inverse of `unescape`."""
    if text.isascii():
        return text
    units = text.encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)


def text_of_number(number: float) -> str:
    """The text of a number that users know as text (a multiplier): no useless `.0`."""
    return write_size(number)


def number_of_text(text: str) -> float:
    """A number that users know as text; raises ValueError when it is none."""
    return float(text)


INT = Kind("int", "int32", "int({0} or 0)", "write_int({0})", "read_int", zero=0)
LONG = replace(INT, name="long", protobuf="int64")
OPTIONAL_INT = Kind(
    "optional int",
    "int32",
    "(read_optional_int({0}) if {0} else None)",
    "('' if {0} is None else write_int({0}))",
    "read_optional_int",
    sent="{0} is not None",
)
OPTIONAL_LONG = replace(OPTIONAL_INT, name="optional long", protobuf="int64")
_FINITE: Final = "({0} if {0} - {0} == 0 else write_float({0}))"  # which raises

FLOAT = Kind(
    "float", "double", "float({0} or 0)", "write_float({0})", "read_float", to_protobuf=_FINITE, zero=0.0
)
FLOAT_OR_ZERO = replace(FLOAT, name="float, zero without a point", write="write_float_or_zero({0})")
NUMBER = replace(FLOAT, name="number without a useless point", write="write_size({0})")
OPTIONAL_FLOAT = Kind(
    "optional float",
    "double",
    "(None if {0} in UNSET_FLOAT_TEXTS else read_optional_float({0}))",
    "('' if {0} is None else write_float({0}))",
    "read_optional_float",
    from_protobuf="unset_if_max({0})",
    to_protobuf=_FINITE,
    sent="{0} is not None",
)
FLOAT_OR_INFINITY = replace(
    OPTIONAL_FLOAT,
    name="optional float or infinity",
    write="('' if {0} is None else write_float_or_infinity({0}))",
    to_protobuf="float(write_float_or_infinity({0}))",
)
OPTIONAL_NUMBER = replace(
    OPTIONAL_FLOAT,
    name="optional number without a useless point",
    write="('' if {0} is None else write_size({0}))",
)
SIZE = Kind(
    "size",
    "string",
    "float({0} or 0)",
    "write_size({0})",
    "read_float",
    from_protobuf="float({0} or 0)",
    to_protobuf="write_size({0})",
    zero=0.0,
)
FLOAT_AS_TEXT = replace(
    SIZE,
    name="float, as text in protobuf",
    write="write_plain_float({0})",
    to_protobuf="write_plain_float({0})",
)
OPTIONAL_FLOAT_AS_TEXT = Kind(
    "optional float, as text in protobuf",
    "string",
    "(None if {0} in UNSET_FLOAT_TEXTS else read_optional_float({0}))",
    "('' if {0} is None else write_plain_float({0}))",
    "read_optional_float",
    from_protobuf="read_optional_float({0})",
    to_protobuf="write_plain_float({0})",
    sent="{0} is not None",
)
DECIMAL = Kind(
    "decimal",
    "string",
    "read_decimal({0})",
    "write_decimal({0})",
    "read_decimal",
    from_protobuf="read_decimal({0})",
    to_protobuf="write_decimal({0})",
    zero=Decimal(0),
)
OPTIONAL_DECIMAL = Kind(
    "optional decimal",
    "string",
    "(read_optional_decimal({0}) if {0} else None)",
    "('' if {0} is None else write_decimal({0}))",
    "read_optional_decimal",
    from_protobuf="read_optional_decimal({0})",
    to_protobuf="write_decimal({0})",
    sent="{0} is not None",
)
OPTIONAL_DECIMAL_AS_DOUBLE = replace(
    OPTIONAL_DECIMAL,
    name="optional decimal, double in protobuf",
    protobuf="double",
    from_protobuf="read_optional_decimal(write_size({0}))",
    to_protobuf="float(write_decimal({0}))",
)
BOOL = Kind(
    "bool", "bool", "({0} not in FALSE_TEXTS)", "('1' if {0} else '0')", "read_bool", zero=False, sent="{0}"
)
TRUE_OR_FALSE = replace(BOOL, name="bool in words", write="('true' if {0} else 'false')")
ALWAYS_SENT_BOOL = replace(BOOL, name="bool, also sent when false", sent="True")
OPTIONAL_BOOL_AS_INT = Kind(
    "optional bool, 0 or 1 in protobuf",
    "int32",
    "(None if {0} in UNSET_BOOL_TEXTS else {0} != '0')",
    "('' if {0} is None else '1' if {0} else '0')",
    "read_optional_bool",
    from_protobuf="bool({0})",
    to_protobuf="(1 if {0} else 0)",
    sent="{0} is not None",
)
OPTIONAL_BOOL = replace(
    OPTIONAL_BOOL_AS_INT, name="optional bool", protobuf="bool", from_protobuf="{0}", to_protobuf="{0}"
)
TEXT = Kind("text", "string", "{0}", "{0}", None, zero="", sent="{0}")
OPTIONAL_TEXT = Kind(
    "optional text", "string", "({0} or None)", "({0} or '')", "read_optional_text", sent="{0} is not None"
)
ESCAPED_TEXT = Kind("escaped text", "string", "unescape({0})", "escape({0})", "unescape", zero="", sent="{0}")
NUMBER_AS_TEXT = Kind(
    "text of a number",
    "double",
    "{0}",
    "{0}",
    None,
    from_protobuf="text_of_number({0})",
    to_protobuf="number_of_text({0})",
    zero="",
    sent="{0}",
)
TAGS = Kind(
    "tags",
    "map<string,string>",
    "split_tags({0})",
    "join_tags({0})",
    "split_tags",
    from_protobuf="tags_of_map({0})",
    to_protobuf="map_of_tags({0})",
    zero=(),
    sent="{0}",
)

UNSET_BOOL_TEXTS: Final = frozenset(("", "2147483647"))
UNSET_FLOAT_TEXTS: Final = frozenset(("", "1.7976931348623157E308"))
"""How the bridge spells an unset double: known at a look, where reading it as a number costs ten times that."""


def read_bool(text: str) -> bool:
    """Any text but an empty one, `0` and `false` is true."""
    return text not in FALSE_TEXTS


def read_optional_text(text: str) -> str | None:
    """None for an empty text: text frames can't tell the two apart, protobuf bodies can."""
    return text or None


def read_optional_bool(text: str) -> bool | None:
    """None where nothing was said."""
    return None if text in UNSET_BOOL_TEXTS else text != "0"


EXPRESSION_NAMES: Final[dict[str, Any]] = {
    **{name: value for name, value in globals().items() if name.startswith(("read_", "write_"))},
    "escape": escape,
    "unescape": unescape,
    "unset_if_max": unset_if_max,
    "text_of_number": text_of_number,
    "number_of_text": number_of_text,
    "join_tags": join_tags,
    "split_tags": split_tags,
    "map_of_tags": map_of_tags,
    "tags_of_map": tags_of_map,
    "FALSE_TEXTS": FALSE_TEXTS,
    "UNSET_BOOL_TEXTS": UNSET_BOOL_TEXTS,
    "UNSET_FLOAT_TEXTS": UNSET_FLOAT_TEXTS,
}
"""The names that expressions of kinds may use: the globals of every generated function."""

KIND_OF_TYPE: Final[dict[Any, Kind]] = {
    int: INT,
    int | None: OPTIONAL_INT,
    float: FLOAT,
    float | None: OPTIONAL_FLOAT,
    Decimal: DECIMAL,
    Decimal | None: OPTIONAL_DECIMAL,
    bool: BOOL,
    bool | None: OPTIONAL_BOOL,
    str: TEXT,
    str | None: OPTIONAL_TEXT,
}
"""The kind that an annotation means when its `Wire` names none."""
