"""The bridge's codes as data: what each means, how grave it is, what it is about, and what it ends.

The rules behind the table:

* only an order's status ends an order. A code that names an order can refuse a *new* order, one that never got a
  status: then no order exists. For an order that has a status the same code refuses a change, and the order stays;
* a warning or a piece of information ends nothing that it names;
* a code that is not in the table is taken for an error of the request that it names, which it ends. It never speaks
  of the end of an order;
* a user may have a code treated otherwise (`CodeTreatment`), within the first two rules.

Responsible for: the facts. Not responsible for: knowing whether an id is a request's or an order's, and acting. Which
request a code ends says the request's declaration, `Replies.ended_by`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ibkr_actors.base.message_code_table import ROWS
from ibkr_actors.errors import DeskError


class Severity(StrEnum):
    """How grave a code is."""

    ERROR = "error"
    """Something was refused, or was lost."""
    WARNING = "warning"
    """What it names goes on, perhaps not as wished."""
    INFORMATION = "information"


class Scope(StrEnum):
    """What a code is about."""

    REQUEST = "request"
    """The request of its id; of some codes also an order."""
    ORDER = "order"
    """The order of its id."""
    CONNECTION = "connection"
    """Our connection to the bridge, or the bridge's to its servers."""
    FARM = "farm"
    """One of the servers that the bridge takes data from."""
    ACCOUNT = "account"
    """The subscription of an account, which has no id."""
    CLIENT = "client"
    """Raised inside of other clients; the bridge never sends it."""


class Ends(StrEnum):
    """What is over once a code has come."""

    NOTHING = "nothing"
    REQUEST = "request"
    """The request that it names: nothing more comes for it."""
    REQUEST_OR_NEW_ORDER = "request or new order"
    """Likewise; or, when it names an order that never got a status, that order: it does not exist."""
    NEWCOMER = "newcomer"
    """The second request with an id. The first one, which the id names, goes on."""
    CHANGE = "change"
    """The change or the cancellation of an order; the order stays as it was."""
    DATA_FLOW = "data flow"
    """Data stops for the time being; subscriptions stay."""
    MARKET_DATA = "market data"
    """Every subscription of market data: make them again."""
    ACCOUNT_SUBSCRIPTION = "account subscription"
    """The subscription of account updates that was there before."""
    CONNECTION = "connection"
    """The connection: the bridge closes it."""


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What is known of one code."""

    code: int
    meaning: str
    severity: Severity
    scope: Scope
    ends: Ends
    known: bool = True
    """False for a code that the table does not have."""

    @property
    def ends_request(self) -> bool:
        """The request that it names is over. Says nothing about an order of that id."""
        return self.ends in (Ends.REQUEST, Ends.REQUEST_OR_NEW_ORDER)

    @property
    def refuses_new_order(self) -> bool:
        """The order that it names does not exist, unless it has had a status: then it stays as it was."""
        return self.ends is Ends.REQUEST_OR_NEW_ORDER


UNKNOWN: Final = CodeFacts(
    0, "not in the table of codes", Severity.ERROR, Scope.REQUEST, Ends.REQUEST, known=False
)
"""How a code without a row is treated."""

UNLISTED_WARNING: Final = CodeFacts(
    0, "a warning of the system", Severity.WARNING, Scope.REQUEST, Ends.NOTHING, known=False
)
"""How a code of the bridge's range of warnings is treated when it has no row."""

WARNINGS: Final = range(2100, 2200)
"""Codes that are warnings unless the table says otherwise."""


def _facts_of_rows() -> dict[int, CodeFacts]:
    """The table by code. A later row of a code would hide an earlier one, so it is refused."""
    found: dict[int, CodeFacts] = {}
    for codes, severity, scope, ends, meaning in ROWS:
        for code in _each(codes):
            assert code not in found, f"code {code} has two rows"
            found[code] = CodeFacts(code, meaning, Severity(severity), Scope(scope), Ends(ends))
    return found


def _each(codes: int | Iterable[int]) -> Iterable[int]:
    return (codes,) if isinstance(codes, int) else codes


FACTS: Final = _facts_of_rows()
"""Every code of the table."""


ENDS_OF_CHOICE: Final = (Ends.NOTHING, Ends.REQUEST, Ends.REQUEST_OR_NEW_ORDER, Ends.MARKET_DATA)
"""What a user can have a code end. The others describe what the bridge does, which no treatment changes."""

_ENDS_OF_ERRORS: Final = (Ends.REQUEST, Ends.REQUEST_OR_NEW_ORDER)


@dataclass(frozen=True, slots=True)
class CodeTreatment:
    """How a user wants one code treated; what is None stays as the table has it.

    A code that becomes a warning or a piece of information ends no request any more, and one that is made to end one
    becomes an error. It can't be made to end an order that has a status: nothing but the order's status does.
    """

    code: int
    severity: Severity | None = None
    ends: Ends | None = None

    def objection(self) -> str:
        """What is wrong with it, by itself; empty when nothing is."""
        if self.severity is None and self.ends is None:
            return "expected a severity, or what the code ends"
        if self.ends is not None and self.ends not in ENDS_OF_CHOICE:
            return f"can't be made to end {self.ends!s}; expected one of {', '.join(ENDS_OF_CHOICE)}"
        if self.ends in _ENDS_OF_ERRORS and self.severity not in (None, Severity.ERROR):
            return f"a code that ends a request is an error; expected severity error, got {self.severity!s}"
        return ""

    def of(self, facts: CodeFacts) -> CodeFacts:
        """The facts as the user wants them."""
        severity = self.severity or facts.severity
        ends = self.ends or facts.ends
        if self.ends in _ENDS_OF_ERRORS:
            severity = Severity.ERROR
        elif severity is not Severity.ERROR and ends in _ENDS_OF_ERRORS:
            ends = Ends.NOTHING
        return replace(facts, severity=severity, ends=ends)


class CodeTable:
    """What every code means and ends, as one desk sees it: the bridge's table, and what its user wants otherwise.

    Never changes once made, so threads may share it. Raises DeskError for a treatment that makes no sense, and for two
    of one code.
    """

    def __init__(self, treatments: Iterable[CodeTreatment] = ()) -> None:
        self._treated: dict[int, CodeFacts] = {}
        for treatment in treatments:
            objection = treatment.objection()
            if treatment.code in self._treated:
                objection = "has two treatments"
            if objection:
                raise DeskError(f"code {treatment.code}: {objection}")
            self._treated[treatment.code] = treatment.of(_listed(treatment.code))

    def facts(self, code: int) -> CodeFacts:
        """What is known of a code; never raises, for the bridge learns new codes before we do."""
        return self._treated.get(code) or _listed(code)


def _listed(code: int) -> CodeFacts:
    facts = FACTS.get(code)
    if facts is None:
        facts = replace(UNLISTED_WARNING if code in WARNINGS else UNKNOWN, code=code)
    return facts


CODES: Final = CodeTable()
"""The codes as the bridge means them."""

REFUSING_CODES: Final = frozenset((326, 357, 507))
"""Codes that explain why the bridge closes the connection behind them."""


class FarmKind(StrEnum):
    """What a farm serves."""

    MARKET_DATA = "market data"
    HISTORICAL_DATA = "historical data"
    SECURITY_DEFINITIONS = "security definitions"


class FarmCondition(StrEnum):
    """How a farm is."""

    CONNECTED = "connected"
    BROKEN = "broken"
    INACTIVE = "inactive"
    """Not connected, and connects when it is needed."""
    CONNECTING = "connecting"


@dataclass(frozen=True, slots=True)
class FarmState:
    """The state of one of the servers that the bridge takes data from, such as usfarm or ushmds."""

    name: str
    kind: FarmKind
    condition: FarmCondition

    @property
    def is_usable(self) -> bool:
        """A request for its data can be answered."""
        return self.condition in (FarmCondition.CONNECTED, FarmCondition.INACTIVE)


_FARM_CODES: Final = {
    2103: (FarmKind.MARKET_DATA, FarmCondition.BROKEN),
    2104: (FarmKind.MARKET_DATA, FarmCondition.CONNECTED),
    2105: (FarmKind.HISTORICAL_DATA, FarmCondition.BROKEN),
    2106: (FarmKind.HISTORICAL_DATA, FarmCondition.CONNECTED),
    2107: (FarmKind.HISTORICAL_DATA, FarmCondition.INACTIVE),
    2108: (FarmKind.MARKET_DATA, FarmCondition.INACTIVE),
    2119: (FarmKind.MARKET_DATA, FarmCondition.CONNECTING),
    2157: (FarmKind.SECURITY_DEFINITIONS, FarmCondition.BROKEN),
    2158: (FarmKind.SECURITY_DEFINITIONS, FarmCondition.CONNECTED),
}


def farm_state(code: int, text: str) -> FarmState | None:
    """The state of the farm that a notice tells of; None when its code is not about a farm.

    The name stands behind the text's colon, or behind its last point ("... upon demand.eufarm"): a text with neither
    names no farm.
    """
    if code not in _FARM_CODES:
        return None
    kind, condition = _FARM_CODES[code]
    _text, _separator, name = text.rpartition(":" if ":" in text else ".")
    return FarmState(name.strip() if _separator else "", kind, condition)
