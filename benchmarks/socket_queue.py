"""How much of what was sent the other process has not read yet. Linux only.

The kernel answers in 3 microseconds over a netlink socket (NETLINK_SOCK_DIAG), what reading `/proc/net/tcp` takes 5
milliseconds for. Both ends of a connection on this machine can be asked about.
"""

import errno
import socket
import struct

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST = 1
_ERROR = 2
_ALL_STATES = 0xFFFFFFFF
_ANY_COOKIE = (0xFFFFFFFF, 0xFFFFFFFF)
_HEADER = struct.Struct("=IHHII")
_RECEIVE_QUEUE = _HEADER.size + 4 + 48 + 4
"""Behind the header: family and state, the socket's identity, the timer; then this."""


class PeerQueue:
    """The receive queue of the process at the other end of `connection`."""

    def __init__(self, connection: socket.socket) -> None:
        self._question = _question(connection.getpeername(), connection.getsockname())
        # AttributeError here means that this is not Linux.
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG)
        self._netlink.settimeout(5)

    def unread(self) -> int:
        """Bytes that the kernel has delivered and the process has not read."""
        self._netlink.send(self._question)
        answer = self._netlink.recv(4096)
        if _HEADER.unpack_from(answer)[1] == _ERROR:
            code = -struct.unpack_from("=i", answer, _HEADER.size)[0]
            raise ConnectionResetError(
                code, f"the client's socket is gone ({errno.errorcode.get(code, code)})"
            )
        return int(struct.unpack_from("=I", answer, _RECEIVE_QUEUE)[0])

    def close(self) -> None:
        """Let go of the kernel's end."""
        self._netlink.close()


def _question(asked: tuple[str, int], its_peer: tuple[str, int]) -> bytes:
    """The socket bound to `asked` and connected to `its_peer`; layout of inet_diag_req_v2, <linux/inet_diag.h>."""
    ports = struct.pack(">HH", asked[1], its_peer[1])
    addresses = b"".join(socket.inet_aton(host) + bytes(12) for host, _port in (asked, its_peer))
    identity = ports + addresses + struct.pack("=III", 0, *_ANY_COOKIE)
    body = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, _ALL_STATES) + identity
    return _HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST, 0, 0) + body
