"""A connection with a server of AMQP 0-9-1, as `rabbitmq.py` needs it. The only module that knows pika."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from ibkr_actors.brokers.rabbitmq_address import RabbitMQAddress

try:
    import pika
    from pika.adapters.select_connection import IOLoop, SelectConnection
    from pika.exceptions import (
        AMQPError,
        ChannelClosedByBroker,
        ConnectionClosedByBroker,
        ConnectionClosedByClient,
        ProbableAccessDeniedError,
        ProbableAuthenticationError,
    )
except ImportError:
    PIKA_IS_THERE = False
    SelectConnection = object
else:
    PIKA_IS_THERE = True

logging.getLogger("pika").addHandler(
    logging.NullHandler()
)  # what matters of it is in our log, in fewer words

CONNECT_WITHIN: Final = 5.0
"""Seconds for the TCP connection."""
MEDIA_TYPE: Final = "application/msgpack"

_NEVER: Final = (403, 530)
"""Codes with which a server ends a connection that it will never accept."""

Ended = Callable[[Any, BaseException], None]


class Connection(SelectConnection):  # type: ignore[misc,unused-ignore]  # pika may be missing
    """A connection that can be ended at every stage of its making; `ended` is told of the end, and of nothing later.

    Lives on the thread that runs `loop`.
    """

    def __init__(
        self, address: RabbitMQAddress, heartbeat: int, loop: Any, opened: Callable[[Any], None], ended: Ended
    ) -> None:
        super().__init__(
            _parameters(address, heartbeat),
            on_open_callback=opened,
            on_open_error_callback=ended,
            on_close_callback=ended,
            custom_ioloop=loop,
        )

    def abort(self) -> None:
        """End it now, without the server's consent; nothing when it has ended."""
        if not self.is_closed:
            self._terminate_stream(ConnectionClosedByClient(320, "the server did not agree to the end"))

    def _on_connection_workflow_done(self, result: Any) -> None:
        # When `close` ends a handshake pika tells the class of an exception, and then fails for it is no connection.
        super()._on_connection_workflow_done(result() if isinstance(result, type) else result)


def new_loop() -> Any:
    """A loop for one connection."""
    return IOLoop()


def properties(
    headers: Mapping[str, object], *, persistent: bool, seconds: float | None, message_id: str | None
) -> Any:
    """Of a letter that lives so many seconds."""
    return pika.BasicProperties(
        content_type=MEDIA_TYPE,
        delivery_mode=2 if persistent else 1,
        headers=dict(headers),
        expiration=None if seconds is None else str(max(1, int(seconds * 1000))),
        message_id=message_id,
    )


def is_acknowledgement(method: Any) -> bool:
    """Whether a confirmation says that the server has the letter."""
    return isinstance(method, pika.spec.Basic.Ack)


def closed_by_server(error: BaseException) -> tuple[int, str] | None:
    """Code and text, when it was the server that closed a channel."""
    return (error.reply_code, error.reply_text) if isinstance(error, ChannelClosedByBroker) else None


def close_channel(channel: Any) -> None:
    """Unless it is closed already, or about to be."""
    if channel.is_open:
        channel.close()


def is_refusal(error: BaseException) -> bool:
    """Whether the server has said that it will never accept this client.

    One that ends a connection without a word may be starting, or be a proxy of a server that is.
    """
    if isinstance(error, ConnectionClosedByBroker):
        return error.reply_code in _NEVER
    guesses = (ProbableAuthenticationError, ProbableAccessDeniedError)
    return isinstance(error, guesses) and ConnectionClosedByBroker.__name__ in str(error)


def in_words(error: BaseException) -> str:
    """What was at the bottom of an error, in one line: pika wraps it several times."""
    inner: BaseException | None = error
    while inner is not None:
        error = inner
        wrapped = (getattr(error, "exception", None), *getattr(error, "exceptions", ())[-1:], *error.args)
        inner = next((one for one in wrapped if isinstance(one, BaseException)), None)
    if isinstance(error, AMQPError) and error.args:
        return ", ".join(str(part) for part in error.args)
    return f"{type(error).__name__}: {error}"


def _parameters(address: RabbitMQAddress, heartbeat: int) -> Any:
    return pika.ConnectionParameters(
        address.host,
        address.port,
        address.virtual_host,
        pika.PlainCredentials(address.user, address.password),
        heartbeat=heartbeat,
        socket_timeout=CONNECT_WITHIN,
        stack_timeout=CONNECT_WITHIN * 2,
        ssl_options=pika.SSLOptions(address.tls, address.host) if address.tls is not None else None,
        client_properties={"connection_name": "ibkr_actors"},
    )
