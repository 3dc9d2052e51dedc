"""Server versions at which the protocol changed, by name.

A bridge and a client settle one number in the handshake; it decides every layout. Source: the vendor's client and
recordings of real gateways. The layouts' own gates (`since=...`) are plain numbers beside the field they gate; the
names here are those that more than one module speaks about.
"""

from __future__ import annotations

from typing import Final

OLDEST: Final = 157
"""The oldest bridge we speak with. An older one is refused, with the advice to update it."""
NEWEST: Final = 226
"""The newest protocol that we know."""

WALL_STREET_HORIZON: Final = 161
"""From here there is a calendar of corporate events."""
HISTORICAL_SCHEDULE: Final = 165
"""From here a request for bars can ask for trading sessions instead."""
ZONES_IN_BARS: Final = 174
"""From about here the times of bars name their zone."""
HISTORICAL_END_MESSAGE: Final = 196
"""From here a request for bars ends with a message of its own, which also carries the range."""
BINARY_IDS: Final = 201
"""From here the id of a message is four bytes, and messages move to protobuf one by one."""

PROTOBUF_EXECUTIONS: Final = 201
PROTOBUF_ORDERS: Final = 203
PROTOBUF_OPEN_ORDERS: Final = 204
PROTOBUF_CONTRACTS: Final = 205
PROTOBUF_MARKET_DATA: Final = 206
PROTOBUF_ACCOUNTS: Final = 207
PROTOBUF_HISTORY: Final = 208
PROTOBUF_NEWS: Final = 209
PROTOBUF_PROFIT_AND_LOSS: Final = 210
PROTOBUF_SCANNERS: Final = 210
PROTOBUF_COMMISSIONS: Final = 211
PROTOBUF_FINANCIAL_ADVISORS: Final = 211
PROTOBUF_REFERENCE_DATA: Final = 212
PROTOBUF_REROUTES: Final = 211
PROTOBUF_HISTORICAL_SCHEDULE: Final = 211
PROTOBUF_OPTIONS: Final = 211
PROTOBUF_OPTION_CHAINS: Final = 212
PROTOBUF_CONNECTION: Final = 213

CANCEL_HISTORICAL_TICKS: Final = 215
"""From here a request for ticks of the past can be cancelled."""
CANCEL_CONTRACT_DATA: Final = 215
"""From here a client can end a request for contract details."""
ATTACHED_ORDERS: Final = 218
CONFIGURATION: Final = 219
"""From here a client can read the bridge's configuration."""
VOLUME_IN_SHARES: Final = 220
"""From here volumes of US stocks come in shares, before in lots of 100."""
UPDATE_CONFIGURATION: Final = 221
"""From here a client can change the bridge's configuration."""
ODD_LOT_TICKS: Final = 225
"""From here market data can have the odd lots."""
