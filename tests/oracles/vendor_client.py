"""The vendor's client (`ibapi`, 10.51) as an oracle for bytes, without a socket.

Responsible for:
1. `vendor_bytes`: the frames that the vendor's client sends for a request, at any server version;
2. `vendor_reading`: the callbacks that the vendor's client makes for one inbound frame;
3. `plain`: the vendor's values as dicts, lists and scalars, with its unset sentinels turned into None.

Never silent: the vendor's client reports a refusal as a callback, and drops some malformed messages with no
more than a log line. Here both are exceptions.

Not responsible for: our names (see `vendor_names`), nor for saying who is right when the two differ.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from functools import cache
from inspect import signature
from typing import Any, NamedTuple

from google.protobuf.message import Message
from ibapi.client import EClient
from ibapi.connection import Connection
from ibapi.const import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INTEGER, UNSET_LONG
from ibapi.decoder import Decoder
from ibapi.message import IN
from ibapi.wrapper import EWrapper

# Some of its debug lines have more placeholders than arguments, which the logging module prints to stderr.
logging.getLogger("ibapi").setLevel(logging.ERROR)

FIRST_BINARY_ID = 201  # server version from which a message id is four bytes instead of text
PROTOBUF_OFFSET = 200  # added to the id of a message whose body is protobuf
LARGEST_ID = 0xFFFF

# An unset float inside a field that the vendor keeps as text, the margins of an order state: as the bridge spells
# it in text frames, and as the vendor's client writes out the double of a protobuf body.
UNSET_TEXTS = ("1.7976931348623157E308", f"{Decimal(str(UNSET_DOUBLE)):f}")


class VendorSendError(Exception):
    """The vendor's client refused to send: what it said in its error callback, or that it sent nothing."""


class VendorReadError(Exception):
    """The vendor's client could not read the frame, or dropped it without a callback."""


class Callback(NamedTuple):
    """One call that the vendor's client made on its wrapper."""

    name: str
    args: tuple[Any, ...]

    @property
    def values(self) -> dict[str, Any]:
        """The arguments by the vendor's parameter names, as plain values."""
        names = list(signature(getattr(EWrapper, self.name)).parameters)[1:]
        return {name: plain(value) for name, value in zip(names, self.args, strict=False)}

    @property
    def is_protobuf(self) -> bool:
        """Whether it hands over the raw protobuf message, ahead of the classic callback."""
        return self.name.endswith("ProtoBuf")


class CallbackRecorder:
    """Stands in for the vendor's wrapper: remembers every callback that the vendor's wrapper has."""

    def __init__(self) -> None:
        self.callbacks: list[Callback] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not hasattr(EWrapper, name):
            raise AttributeError(f"the vendor's wrapper has no callback {name}")
        return lambda *args: self.callbacks.append(Callback(name, args))

    def take(self) -> list[Callback]:
        """The callbacks since the last time, in order."""
        taken, self.callbacks = self.callbacks, []
        return taken


class CapturingSocket:
    """The end of the vendor's connection: keeps what is sent."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def send(self, frame: bytes) -> int:
        """One call is one complete frame: the vendor's client never splits or joins them."""
        self.frames.append(frame)
        return len(frame)


# ---- what it sends


def vendor_bytes(
    server_version: int,
    send: Callable[[Any], object],
    *,
    client_id: int = 0,
    optional_capabilities: str | None = None,
) -> bytes:
    """The one frame, length prefix included, that the vendor's client sends when `send(client)` is called.

    `send` gets an `EClient` that believes it is connected at `server_version`, before its START_API.
    """
    frames = vendor_frames(
        server_version, send, client_id=client_id, optional_capabilities=optional_capabilities
    )
    if len(frames) != 1:
        raise VendorSendError(f"expected one frame at server version {server_version}, got {len(frames)}")
    return frames[0]


def vendor_frames(
    server_version: int,
    send: Callable[[Any], object],
    *,
    client_id: int = 0,
    optional_capabilities: str | None = None,
) -> list[bytes]:
    """Every frame that the vendor's client sends when `send(client)` is called."""
    recorder, socket = CallbackRecorder(), CapturingSocket()
    client = EClient(recorder)
    client.conn = Connection("", 0)
    client.conn.socket = socket
    client.serverVersion_ = server_version
    client.setConnState(EClient.CONNECTED)
    client.clientId = client_id
    client.optCapab = optional_capabilities

    try:
        send(client)
    except Exception as error:  # it calls back for what it can't send as text, and raises for protobuf
        raise VendorSendError(f"at server version {server_version}: {error!r}") from error
    for callback in recorder.take():
        raise VendorSendError(f"at server version {server_version}: {callback.name}{callback.args}")
    return socket.frames


# ---- what it reads


def vendor_reading(server_version: int, data: bytes, *, protobuf_callbacks: bool = False) -> list[Callback]:
    """The callbacks that the vendor's client makes for one inbound frame, or payload without its length.

    Each protobuf frame is first handed over raw, in a callback named `...ProtoBuf`. These are left out unless
    `protobuf_callbacks` asks for them. The vendor's own message loop picks text or protobuf.
    """
    payload = without_length(data)
    client, recorder = _reader(server_version)
    recorder.take()
    client.msg_queue.put(payload)
    try:
        client.run()  # returns when its queue is empty, because it is not connected
    except Exception as error:
        raise VendorReadError(f"at server version {server_version}: {payload!r}") from error
    callbacks = recorder.take()

    identifier = message_id(server_version, payload)
    if identifier % PROTOBUF_OFFSET != IN.ERR_MSG:
        for callback in callbacks:
            if callback.name == "error":
                raise VendorReadError(f"at server version {server_version}: {callback.args} for {payload!r}")
    if not callbacks and _is_read_by_position(identifier):
        raise VendorReadError(
            f"at server version {server_version}: dropped, its number of fields is not the one expected: "
            f"{payload!r}"
        )
    return [callback for callback in callbacks if protobuf_callbacks or not callback.is_protobuf]


def message_id(server_version: int, payload: bytes) -> int:
    """The id on the wire; above 200 it announces a protobuf body."""
    if server_version >= FIRST_BINARY_ID:
        return int.from_bytes(payload[:4], "big")
    return int(payload[: payload.index(b"\0")])


def with_length(payload: bytes) -> bytes:
    """A complete frame of this payload."""
    return len(payload).to_bytes(4, "big") + payload


def without_length(data: bytes) -> bytes:
    """The payload, whether or not `data` starts with its length.

    Four bytes that happen to equal the length can also be a binary message id: then what follows is a body,
    which never reads as an id, as it starts with an ASCII character or a protobuf tag.
    """
    payload = data[4:]
    announced = int.from_bytes(data[:4], "big") == len(payload)
    starts_with_id = payload[:1].isdigit() or int.from_bytes(payload[:4], "big") <= LARGEST_ID
    return payload if announced and starts_with_id else data


@cache
def _reader(server_version: int) -> tuple[Any, CallbackRecorder]:
    # Cached: a Decoder inspects every callback's signature when it is made, which costs milliseconds.
    recorder = CallbackRecorder()
    client = EClient(recorder)
    client.serverVersion_ = server_version
    client.decoder = Decoder(recorder, server_version)
    return client, recorder


def _is_read_by_position(identifier: int) -> bool:
    # These messages it drops, with a log line, unless they have exactly as many fields as its callback has
    # parameters (and a version). No callback from any other message is an answer: a page of no bars, say.
    handling = Decoder.msgId2handleInfo.get(identifier)
    return handling is not None and handling.wrapperMeth is not None


# ---- its values


def plain(value: Any) -> Any:
    """A value of the vendor's as dicts, lists and scalars; its unset sentinels are None.

    An object becomes a dict by its attributes' names. An enumeration member becomes the code that the wire
    carries, the vendor's `NoneItem` None. A raw protobuf message stays as it is.
    """
    match value:
        case Enum():
            return None if value.name == "NoneItem" else _wire_code(value)
        case int() | float() | Decimal() | str():
            return None if _is_unset(value) else value
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set():
            return {plain(item) for item in value}
        case _ if type(value).__module__.startswith("ibapi.") and not isinstance(value, Message):
            return {name: plain(item) for name, item in vars(value).items()}
        case _:
            return value


def _is_unset(value: float | Decimal | str) -> bool:
    match value:
        case int():
            return value in (UNSET_INTEGER, UNSET_LONG)
        case float():
            return bool(value == UNSET_DOUBLE)
        case Decimal():
            return bool(value == UNSET_DECIMAL)
        case str():
            return value in UNSET_TEXTS


def _wire_code(member: Enum) -> Any:
    code = member.value[0]
    return (
        code[0] if isinstance(code, tuple) else code
    )  # one of its members is a tuple in a tuple, by mistake


def vendor_protobuf(message: str, body: bytes) -> Message:
    """A protobuf body parsed with the vendor's descriptors, by the message's name ("PlaceOrderRequest")."""
    module = importlib.import_module(f"ibapi.protobuf.{message}_pb2")
    parsed: Message = getattr(module, message)()
    parsed.ParseFromString(body)
    return parsed


def present_fields(message: Message, prefix: str = "") -> Iterable[tuple[str, Any]]:
    """The fields that are on the wire, by dotted path, those with a default value included."""
    for descriptor, value in message.ListFields():
        path = prefix + descriptor.name
        if isinstance(value, Message):
            yield path, None
            yield from present_fields(value, path + ".")
        elif descriptor.message_type is not None and not descriptor.message_type.GetOptions().map_entry:
            for index, item in enumerate(value):
                yield f"{path}[{index}]", None
                yield from present_fields(item, f"{path}[{index}].")
        elif descriptor.message_type is not None:
            yield path, dict(value)
        else:
            yield path, list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


def sorted_maps(message: str, frame: bytes) -> bytes:
    """The same frame with the entries of its protobuf maps sorted by key.

    The runtime writes maps in the order of its hash table, which changes from process to process: frames that
    hold a map of several entries are only comparable like this.
    """
    head = without_length(frame)[:4]
    body = vendor_protobuf(message, without_length(frame)[4:]).SerializeToString(deterministic=True)
    return with_length(head + body)
