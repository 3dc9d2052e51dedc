"""Everything that can go wrong, and who can do something about it.

* IbkrError
  + BridgeError                the connection: wait, reconnect, look at TWS
    - ConnectFailed              nobody answers at host and port
    - ConnectionLost             the bridge closed the connection, or it broke
    - HandshakeRefused           the bridge speaks no version that we speak, or refuses this client
  + BrokerError                the message broker between processes: look at its configuration
  + ProtocolError              bytes that break the protocol: a bug, report it
    - LocalProtocolError         we were asked to write what the wire can't carry
    - RemoteProtocolError        the other side sent what can't be read
  + RequestError               this one request: change it
    - InvalidRequest             a value has the wrong type or is out of range
    - InapplicableField          a field is set that goes with another one that isn't
    - UnsupportedByServer        the negotiated version can't carry a field or the request
    - RequestRejected            the bridge answered with an error
    - RequestTimeout             the bridge did not answer in time
    - AmbiguousContract          a description fits several contracts where one was wanted
    - RequestRerouted            the data are those of another contract: ask for that one
    - StreamOverflow             a stream that must be complete was read too slowly
    - OrderEnded                 the order has ended before what was wanted of it happened
  + ConfigurationError         a configuration file: says file, key and what was expected
  + RecordingError             a recording can't be made, read or served: says which file and why
  + DeskError                  the trading desk was used in a way that it refuses
  + MissingExtra               a library that the package does not need otherwise is not installed: install it

Errors carry what a handler needs as attributes; the text is for people.
"""

from __future__ import annotations

from collections.abc import Sequence


class IbkrError(Exception):
    """The root of every error that this package raises on purpose."""


class BridgeError(IbkrError):
    """The connection with TWS or IB Gateway."""


class ConnectFailed(BridgeError):
    """Nobody accepts connections at that address."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"no bridge accepts connections at {host}:{port} ({reason}). Start TWS or IB Gateway, enable its "
            "API (Configure, API, Settings), and check the port."
        )
        self.host, self.port, self.reason = host, port, reason


class ConnectionLost(BridgeError):
    """The connection ended while it was needed."""


class HandshakeRefused(BridgeError):
    """The two sides have no version in common, or the bridge refuses this client."""


class BrokerError(IbkrError):
    """The message broker can't be reached, refuses this client, or has queues of the same names that are not ours."""


class ProtocolError(IbkrError):
    """Bytes that break the protocol."""


class LocalProtocolError(ProtocolError):
    """This side was asked to write what the wire can't carry."""


class RemoteProtocolError(ProtocolError):
    """The other side sent a message that can't be read; the stream goes on behind it.

    `message_id` is the base id, `field` the path of the field that could not be read (None when the message as a
    whole is at fault), `server_version` the negotiated version.
    """

    def __init__(
        self, reason: str, *, message_id: int | None, field: str | None, server_version: int | None
    ) -> None:
        place = f"message {message_id}" if message_id is not None else "a frame"
        if field is not None:
            place += f", field {field}"
        version = f" at server version {server_version}" if server_version is not None else ""
        super().__init__(f"{place}{version}: {reason}")
        self.reason, self.message_id, self.field, self.server_version = (
            reason,
            message_id,
            field,
            server_version,
        )


class FrameTooLarge(RemoteProtocolError):
    """A length prefix above the limit: what follows can't be trusted, the connection has to end."""


class RequestError(IbkrError):
    """One request can't be made, or was refused."""


class InvalidRequest(RequestError):
    """A value of the request has the wrong type or is out of its range."""


class InapplicableField(RequestError):
    """A field is set that the bridge reads only together with another one."""

    def __init__(self, request: str, field: str, condition: str) -> None:
        super().__init__(
            f"{request}.{field} is set, but the bridge reads it only when {condition}. Set that, or leave the "
            "field unset."
        )
        self.request, self.field, self.condition = request, field, condition


class UnsupportedByServer(RequestError):
    """The negotiated server version can't carry a field that is set, or the whole request."""

    def __init__(self, request: str, field: str | None, need: str, server_version: int) -> None:
        name = f"{request}.{field}" if field else request
        advice = "leave the field unset" if field else "do without the request"
        super().__init__(
            f"{name} needs server version {need}; the bridge speaks {server_version}. Use a bridge of such a "
            f"version, or {advice}."
        )
        self.request, self.field, self.need, self.server_version = request, field, need, server_version


class RequestRejected(RequestError):
    """The bridge answered a `request` with an error: `code` and `text` are the bridge's own."""

    def __init__(self, request: object, code: int, text: str) -> None:
        super().__init__(f"{request_in_words(request)} was refused by the bridge: {code} {text}")
        self.request, self.code, self.text = request, code, text


class RequestTimeout(RequestError):
    """The bridge did not finish its answer within so many seconds of getting the request.

    `state` says what is known of the reason: how the servers stand that the data come from, what the bridge said.
    """

    def __init__(self, request: object, seconds: float, state: str) -> None:
        happened = "did not come" if isinstance(request, str) else "was not answered"
        super().__init__(f"{request_in_words(request)} {happened} within {seconds:g} seconds ({state})")
        self.request, self.seconds, self.state = request, seconds, state


def request_in_words(request: object) -> str:
    """A request by name, or as its class is named, with the contract that it is about."""
    if isinstance(request, str):
        return request
    contract = getattr(request, "contract", None)
    return type(request).__name__ + ("" if contract is None else f" of {contract}")


class AmbiguousContract(RequestError):
    """A description fits several contracts; `matches` are those, completed."""

    def __init__(self, contract: object, matches: Sequence[object]) -> None:
        shown = "".join(f"\n  {match}" for match in matches[:10])
        more = f"\n  and {len(matches) - 10} more" if len(matches) > 10 else ""
        super().__init__(
            f"{contract} fits {len(matches)} contracts; fill in what tells them apart "
            f"(exchange, primary_exchange, currency, expiration, strike, ...):{shown}{more}"
        )
        self.contract, self.matches = contract, tuple(matches)


class RequestRerouted(RequestError):
    """The contract has no data of its own (a CFD): ask for those of the contract with this id at this exchange."""

    def __init__(self, request: object, contract_id: int, exchange: str) -> None:
        super().__init__(
            f"{request_in_words(request)} gets no data for this contract; ask for "
            f"Contract(contract_id={contract_id}, exchange={exchange!r}) instead"
        )
        self.request, self.contract_id, self.exchange = request, contract_id, exchange


class StreamOverflow(RequestError):
    """A stream of which nothing may be left out was read too slowly; it has ended. Ask again, and read faster."""

    def __init__(self, request: object, limit: int) -> None:
        super().__init__(
            f"{request_in_words(request)}: more than {limit} messages waited to be read, and none of them may be left "
            "out. The stream has ended: ask again, and read faster or raise stream_limit"
        )
        self.request, self.limit = request, limit


class OrderEnded(RequestError):
    """An order has ended, so that what was wanted of it can't happen any more."""

    def __init__(self, order_id: int, status: str, reason: str, wanted: str) -> None:
        why = f" ({reason})" if reason else ""
        super().__init__(f"order {order_id} has ended as {status}{why}, {wanted}")
        self.order_id, self.status, self.reason = order_id, status, reason


class MissingExtra(IbkrError, ImportError):
    """What was asked for needs a library that is not installed; `extra` is the option that installs it."""

    def __init__(self, purpose: str, library: str, extra: str) -> None:
        super().__init__(
            f"{purpose} needs {library}, which is not installed: pip install ibkr-actors[{extra}]"
        )
        self.purpose, self.library, self.extra = purpose, library, extra


class ConfigurationError(IbkrError):
    """A configuration file can't be used: says the file, the key and what was expected."""


class RecordingError(IbkrError):
    """A recording can't be made, read or served again: says which file, and why."""


class DeskError(IbkrError):
    """The trading desk was used in a way that it refuses; the text says what to do instead."""
