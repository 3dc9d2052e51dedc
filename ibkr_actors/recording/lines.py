"""How the entries of a recording look in a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from rich.highlighter import ReprHighlighter
from rich.text import Text

from ibkr_actors.base.codec import Role
from ibkr_actors.recording.conversation import Decoded, Handshake, Undecoded
from ibkr_actors.recording.records import Closed, Ended, Event, Frame, Header, Lost, Opened, Unframed
from ibkr_actors.recording.transcript import Entry

SHOWN_BYTES: Final = 512
"""Bytes of a frame that can't be read."""
BYTES_A_LINE: Final = 16

_STYLES: Final = {Role.CLIENT: "cyan", Role.GATEWAY: "green"}
_ARROWS: Final = {Role.CLIENT: "-->", Role.GATEWAY: "<--"}
_INDENT: Final = " " * 4
_highlight: Final = ReprHighlighter()


def header_line(header: Header) -> Text:
    """What a recording says about itself."""
    redacted = ", names redacted" if header.redacted else ""
    return Text(f"recording of {header.bridge}, begun {_date_and_time(header.started)}Z{redacted}", "bold")


def lines_of(entry: Entry, *, with_bytes: bool = False) -> Iterator[Text]:
    """An entry: a line with the message, and bytes below it where it can't be read, or where they are asked for.

    `--> ` is from the client to the bridge, `<--` the other way. Times are UTC.
    """
    yield _head(entry).append_text(_content(entry))
    event = entry.event
    if isinstance(event, Frame) and (with_bytes or isinstance(entry.meaning, Undecoded)):
        yield from _hexadecimal(event.payload, None if with_bytes else SHOWN_BYTES)
    elif isinstance(event, Unframed) and event.content != b"API\0":
        yield from _hexadecimal(event.content, None if with_bytes else SHOWN_BYTES)


def _head(entry: Entry) -> Text:
    event = entry.event
    client = f" client {entry.client_id}" if entry.client_id is not None else ""
    head = Text(_date_and_time(event.at), "dim").append(f"  #{event.connection}{client}  ", "magenta")
    sender = getattr(event, "sender", None)
    return head.append(f"{_ARROWS[sender]} ", _STYLES[sender]) if sender is not None else head


def _content(entry: Entry) -> Text:
    match entry.meaning:
        case Decoded(message, unknown):
            shown = _highlight(Text(repr(message)))
            shown.stylize(f"bold {_STYLES[entry.event.sender]}", 0, len(entry.name))  # type: ignore[union-attr]
            if unknown:
                shown.append(f"  (unknown fields: {', '.join(unknown)})", "yellow")
            return shown
        case Handshake(text):
            return Text(f"Handshake: {text}", "blue")
        case Undecoded(reason):
            return Text(f"Undecodable: {reason}", "bold red")
        case _:
            return _happening(entry.event)


def _happening(event: Event) -> Text:
    match event:
        case Opened(_, _, peer):
            return Text(f"connected from {peer}", "bold")
        case Unframed(_, _, _, b"API\0"):
            return Text("Handshake: API", "blue")
        case Unframed():
            return Text(f"{len(event.content)} bytes that are no frame", "bold red")
        case Ended():
            return Text("sends no more", "bold")
        case Closed(_, _, reason):
            return Text(f"closed: {reason}", "bold")
        case Lost(_, _, reason):
            return Text(f"not recorded from here on: {reason}", "bold red")
        case _:
            return Text()


def _hexadecimal(data: bytes, most: int | None) -> Iterator[Text]:
    shown = data if most is None else data[:most]
    for start in range(0, len(shown), BYTES_A_LINE):
        part = shown[start : start + BYTES_A_LINE]
        printable = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        yield Text(f"{_INDENT}{start:06x}  {part.hex(' '): <{BYTES_A_LINE * 3 - 1}}  {printable}", "dim")
    if len(shown) < len(data):
        yield Text(f"{_INDENT}and {len(data) - len(shown)} bytes more", "dim")


def _date_and_time(moment: float) -> str:
    """UTC, to the microsecond."""
    whole, fraction = divmod(round(moment * 1_000_000), 1_000_000)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(whole))}.{fraction:06}"
