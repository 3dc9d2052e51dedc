"""Schemes by which securities are numbered."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class SecurityIdType(Words):
    """`Contract.security_id_type`, and a tag of `ContractDetails.security_ids`."""

    ISIN = "ISIN"
    CUSIP = "CUSIP"
    SEDOL = "SEDOL"
    RIC = "RIC"
    FIGI = "FIGI"
