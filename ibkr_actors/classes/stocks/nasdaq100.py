"""The stocks of the Nasdaq-100, as known on one day."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Final

from ibkr_actors.classes.stocks.index_members import IndexMembers, symbols_in

MEMBERS: Final = symbols_in("""
AAPL ABNB ADBE ADI ADP ADSK AEP ALAB ALNY AMAT AMD AMGN AMZN APP ARM ASML AVGO AXON BKNG BKR CCEP CDNS
CEG CMCSA COST CPRT CRWD CRWV CSCO CSX CTAS DASH DDOG DXCM EXC FANG FAST FER FTNT GEHC GILD GOOG GOOGL
HON HONA IDXX INTC INTU ISRG KDP KHC KLAC LIN LITE LRCX MAR MCHP MDLZ MELI META MNST MPWR MRNA MRVL MSFT
MSTR MU NBIS NFLX NVDA NXPI ODFL ORLY PANW PAYX PCAR PDD PEP PLTR PYPL QCOM REGN RKLB ROP ROST SBUX SHOP
SNDK SNPS SPCX STX TER TMUS TRI TSLA TTWO TXN VRTX WDAY WDC WMT XEL
""")

FORMER_MEMBERS: Final = symbols_in("""
AAL ALGN ALXN ANSS ATVI AZN BIDU BIIB BMRN CA CDW CELG CERN CHKP CHTR CSGP CTSH CTXS DISH DLTR DOCU EA
EBAY ENPH ESRX EXPE FISV FOX FOXA GFS HAS HOLX HSIC ILMN INCY INSM JBHT JD LBTYA LBTYK LCID LULU MDB
MTCH MXIM MYL NLOK NTAP NTES OKTA ON PTON QRTEA RIVN SGEN SHPG SIRI SMCI SOLS SPLK SWKS TCFCA TCFCB TCOM
TEAM TTD UAL ULTA VOD VRSK VRSN VSNT WBA WBD WTW WYNN XLNX XRAY ZM ZS
""")
"""Who has left since 2018, by the last symbol. Some are traded no more."""


class Nasdaq100(IndexMembers):
    """The stocks of the Nasdaq-100: companies listed at Nasdaq, none of finance, some with two classes of shares.

    102 stocks as known on 9 October 2026, from index-constitution 1.0.1. They were compared with pytickersymbols
    1.17.10, of March 2026: every difference is a change that happened between the two. On other days the members were
    others. `Nasdaq100().AAPL()` makes a stock; the 80 that have left since 2018 are reachable likewise.
    """

    name: ClassVar[str] = "the Nasdaq-100"
    source: ClassVar[str] = "index-constitution 1.0.1, which keeps the lists of Wikipedia and of Nasdaq"
    as_known_on: ClassVar[date] = date(2026, 10, 9)
    known_since: ClassVar[date] = date(2018, 1, 1)
    every_member: ClassVar[frozenset[str]] = MEMBERS | FORMER_MEMBERS

    def __init__(self) -> None:
        super().__init__(MEMBERS)
