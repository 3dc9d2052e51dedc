"""Who is compared: a client program, at one server version."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """One row of each table."""

    client: str
    """Name of the library, and of the module that drives it: `benchmarks.clients.<client>_client`."""
    version: int
    """Server version: text up to 200, protobuf at 226."""

    @property
    def label(self) -> str:
        """As tables show it."""
        return f"{self.client} {self.version}"

    @property
    def module(self) -> str:
        """What `python -m` runs."""
        return f"benchmarks.clients.{self.client}_client"


IB_ASYNC = Contender("ib_async", 178)
"""178 is the newest server version that it speaks."""
IBAPI_TEXT = Contender("ibapi", 200)
IBAPI = Contender("ibapi", 226)
"""The vendor's client (`ibapi-latest`) as it talks to a current bridge."""

CONTENDERS = (
    IB_ASYNC,
    IBAPI_TEXT,
    IBAPI,
    Contender("ibkr_actors", 178),
    Contender("ibkr_actors", 200),
    Contender("ibkr_actors", 226),
)
REFERENCES = (IB_ASYNC, IBAPI)
"""The tables tell every median as a multiple of theirs."""
