"""Where a RabbitMQ server is, and how a client proves who it is."""

from __future__ import annotations

import ssl
from typing import Final
from urllib.parse import unquote, urlsplit

from ibkr_actors.errors import BrokerError

PORTS: Final = {"amqp": 5672, "amqps": 5671}


class RabbitMQAddress:
    """`amqp://host:port/virtual_host`, or `amqps://` for TLS. Raises BrokerError when it is something else.

    User and password may be in the URL, or be given; without them they are `guest`, whom a server accepts only from
    its own machine. With TLS the server's certificate is checked against `ca_file`, or the system's authorities;
    `certificate` and `key` are files of the client's own, when the server asks for them. Never shown: the password.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str = "",
        password: str = "",
        ca_file: str = "",
        certificate: str = "",
        key: str = "",
    ) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BrokerError(f"the address of the RabbitMQ server is no URL: {error}") from error
        if parts.scheme not in PORTS or not parts.hostname:
            raise BrokerError(
                "the address of the RabbitMQ server has to be amqp://host:port/virtual_host, or amqps:// for TLS"
            )
        self.host, self.port = parts.hostname, port or PORTS[parts.scheme]
        self.user = user or unquote(parts.username or "guest")
        self.password = password or unquote(parts.password or "guest")
        self.virtual_host = unquote(parts.path[1:]) or "/"
        self.place = f"{parts.scheme}://{self.host}:{self.port}/{parts.path[1:]}"
        if parts.query or parts.fragment:
            raise BrokerError(
                "the address of the RabbitMQ server ends with the virtual host; what stands behind ? or # in it "
                "has options of their own (ca_file, certificate, key, ...)"
            )
        self.tls = self._tls(parts.scheme, ca_file, certificate, key)

    def __repr__(self) -> str:
        return f"RabbitMQAddress({self.place!r})"

    @staticmethod
    def _tls(scheme: str, ca_file: str, certificate: str, key: str) -> ssl.SSLContext | None:
        if key and not certificate:
            raise BrokerError("a key is of no use without its certificate: give both, or neither")
        if scheme == "amqps":
            return _context(ca_file, certificate, key)
        if ca_file or certificate:
            raise BrokerError(
                "ca_file, certificate and key are for TLS: the address has to begin with amqps://"
            )
        return None


def _context(ca_file: str, certificate: str, key: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
        if certificate:
            context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(filter(None, (ca_file, certificate, key)))
        raise BrokerError(f"the certificates for TLS can't be read ({files}): {error}") from error
    return context
