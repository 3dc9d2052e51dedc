"""What the vendor's client makes of each reply, and where it reads the same bytes oddly.

Responsible for:
1. `expected`: the callbacks that stand for a reply of ours, with the values that they should hand over;
2. `disagreements`: where the vendor's decoder reads something else, the forgiven oddities left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

from ibkr_actors.base.messages import (
    accounts,
    accounts_multi,
    completed_orders,
    connection,
    contracts,
    executions,
    history,
    market_data,
    orders,
    scanners,
)
from ibkr_actors.base.messages.declaration import Message
from tests.oracles import (
    replies_bridge_configuration,
    replies_history_queries,
    replies_login,
    replies_market_ticks,
    replies_news,
    replies_options,
    replies_reference_data,
)
from tests.oracles.agreement import differences
from tests.oracles.oddity import Oddity, nothing_read, zero_for_unset
from tests.oracles.vendor_client import vendor_reading
from tests.wire.generated import is_protobuf

Expected = list[tuple[str, tuple[Any, ...]]]

SIZE_OF_PRICE: Final = {1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}
"""Prices that the vendor's client follows with a callback for their size, under the type of that size."""


def _price(tick: market_data.TickPrice) -> Expected:
    attributes = {
        "canAutoExecute": tick.can_auto_execute,
        "pastLimit": tick.past_limit,
        "preOpen": tick.pre_open,
    }
    price = ("tickPrice", (tick.request_id, tick.tick_type, tick.price, attributes))
    size_type = SIZE_OF_PRICE.get(tick.tick_type)
    return [price] if size_type is None else [price, ("tickSize", (tick.request_id, size_type, tick.size))]


def _computation(tick: market_data.TickOptionComputation) -> Expected:
    # The vendor turns "not computed" into None; we keep what the wire says.
    computed = [
        tick.implied_volatility if (tick.implied_volatility or 0) >= 0 else None,
        *(None if value == -2 else value for value in [tick.delta]),
        *(None if value == -1 else value for value in (tick.option_price, tick.present_value_of_dividend)),
        *(None if value == -2 else value for value in (tick.gamma, tick.vega, tick.theta)),
        *(None if value == -1 else value for value in [tick.underlying_price]),
    ]
    return [("tickOptionComputation", (tick.request_id, tick.tick_type, tick.tick_attribute, *computed))]


def _bars(reply: history.HistoricalData, version: int) -> Expected:
    bars: Expected = [("historicalData", (reply.request_id, bar)) for bar in reply.bars]
    if version < 196:
        bars.append(("historicalDataEnd", (reply.request_id, reply.start, reply.end)))
    return bars


def _rows(reply: scanners.ScannerData) -> Expected:
    rows: Expected = [
        (
            "scannerData",
            (
                reply.request_id,
                row.rank,
                (row.contract, {"marketName": row.market_name}),
                row.distance,
                row.benchmark,
                row.projection,
                row.combo_key,
            ),
        )
        for row in reply.rows
    ]
    return [*rows, ("scannerDataEnd", (reply.request_id,))]


def _fields(name: str) -> Callable[[Any], Expected]:
    """A callback that takes the fields of our message in their order."""
    return lambda reply: [(name, tuple(getattr(reply, field) for field in reply.__struct_fields__))]


def _call(name: str, *fields: str) -> Callable[[Any], Expected]:
    """A callback that takes these fields of our message."""
    return lambda reply: [(name, tuple(getattr(reply, field) for field in fields))]


CALLBACKS: Final[dict[type[Message], Callable[[Any], Expected]]] = {
    connection.ManagedAccounts: _fields("managedAccounts"),
    connection.NextValidId: _fields("nextValidId"),
    connection.Notice: _call("error", "request_id", "time", "code", "text", "advanced_order_reject"),
    connection.CurrentTime: _fields("currentTime"),
    connection.CurrentTimeInMilliseconds: _fields("currentTimeInMillis"),
    connection.UserInfo: _fields("userInfo"),
    market_data.TickPrice: _price,
    market_data.TickSize: _fields("tickSize"),
    market_data.TickGeneric: _fields("tickGeneric"),
    market_data.TickString: _fields("tickString"),
    market_data.TickOptionComputation: _computation,
    market_data.TickRequestParameters: _call(
        "tickReqParams", "request_id", "minimum_tick", "bbo_exchange", "snapshot_permissions"
    ),
    market_data.TickSnapshotEnd: _fields("tickSnapshotEnd"),
    market_data.MarketDataType: _fields("marketDataType"),
    contracts.ContractData: lambda reply: [
        ("contractDetails", (reply.request_id, (reply.contract, reply.details)))
    ],
    contracts.BondContractData: lambda reply: [
        ("bondContractDetails", (reply.request_id, (reply.contract, reply.details)))
    ],
    contracts.ContractDataEnd: _fields("contractDetailsEnd"),
    orders.OrderStatus: _fields("orderStatus"),
    orders.OpenOrder: _fields("openOrder"),
    orders.OpenOrderEnd: _fields("openOrderEnd"),
    orders.OrderBound: _fields("orderBound"),
    orders.DeltaNeutralValidation: _fields("deltaNeutralValidation"),
    executions.ExecutionDetails: _fields("execDetails"),
    executions.ExecutionDetailsEnd: _fields("execDetailsEnd"),
    executions.CommissionAndFeesReport: lambda reply: [("commissionAndFeesReport", (reply,))],
    completed_orders.CompletedOrder: _fields("completedOrder"),
    completed_orders.CompletedOrdersEnd: _fields("completedOrdersEnd"),
    accounts_multi.AccountUpdateMulti: _fields("accountUpdateMulti"),
    accounts_multi.AccountUpdateMultiEnd: _fields("accountUpdateMultiEnd"),
    accounts_multi.PositionMulti: _call(
        "positionMulti", "request_id", "account", "model_code", "contract", "position", "average_cost"
    ),
    accounts_multi.PositionMultiEnd: _fields("positionMultiEnd"),
    accounts.AccountValue: _fields("updateAccountValue"),
    accounts.PortfolioValue: _fields("updatePortfolio"),
    accounts.AccountUpdateTime: _fields("updateAccountTime"),
    accounts.AccountDownloadEnd: _fields("accountDownloadEnd"),
    accounts.AccountSummary: _fields("accountSummary"),
    accounts.AccountSummaryEnd: _fields("accountSummaryEnd"),
    accounts.Position: _fields("position"),
    accounts.PositionEnd: _fields("positionEnd"),
    accounts.ProfitAndLoss: _fields("pnl"),
    accounts.ProfitAndLossSingle: _fields("pnlSingle"),
    history.HistoricalDataEnd: _fields("historicalDataEnd"),
    history.HistoricalDataUpdate: _fields("historicalDataUpdate"),
    history.RealTimeBar: _fields("realtimeBar"),
    scanners.ScannerParameters: _fields("scannerParameters"),
    scanners.ScannerData: _rows,
    **replies_bridge_configuration.CALLBACKS,
    **replies_login.CALLBACKS,
    **replies_reference_data.CALLBACKS,
    **replies_market_ticks.CALLBACKS,
    **replies_history_queries.CALLBACKS,
    **replies_options.CALLBACKS,
    **replies_news.CALLBACKS,
}
"""The vendor's callbacks for each reply of ours; `HistoricalData` has one more before 196."""


def expected(reply: Message, version: int) -> Expected:
    """The callbacks that the vendor's client should make for a reply of ours."""
    if isinstance(reply, history.HistoricalData):
        return _bars(reply, version)
    return CALLBACKS[type(reply)](reply)


def disagreements(reply: Message, frame: bytes, version: int) -> dict[str, tuple[Any, Any]]:
    """Both values (ours first) by callback and path, wherever the vendor's client reads another one.

    What `ODDITIES` explains is left out.
    """
    return {
        path: pair
        for path, pair in all_disagreements(reply, frame, version).items()
        if not any(oddity.explains(path, *pair) for oddity in ODDITIES)
    }


def all_disagreements(reply: Message, frame: bytes, version: int) -> dict[str, tuple[Any, Any]]:
    """The same with what `ODDITIES` explains."""
    wanted = expected(reply, version)
    names = [name for name, _ in wanted]
    only_protobuf = any(name.endswith("ProtoBuf") for name in names)
    callbacks = vendor_reading(version, frame, protobuf_callbacks=only_protobuf)
    if names != [callback.name for callback in callbacks]:
        return {"callbacks": (names, [callback.name for callback in callbacks])}
    found = {}
    for (name, ours), callback in zip(wanted, callbacks, strict=True):
        if len(ours) != len(callback.args):
            return {f"{name} (arguments)": (len(ours), len(callback.args))}
        for index, (one, other) in enumerate(zip(ours, callback.args, strict=True)):
            if is_protobuf(type(reply), version):
                _settle_tags(other)
            found.update({f"{name}[{index}].{path}": pair for path, pair in _compare(one, other).items()})
    return found


def _settle_tags(value: Any) -> None:
    """Sort options by tag, as ours are: a protobuf map has no order, so the vendor's lists have none either."""
    for attribute in ("secIdList", "smartComboRoutingParams", "algoParams"):
        pairs = getattr(value, attribute, None)
        if pairs:
            pairs.sort(key=lambda pair: pair.tag)


def _compare(ours: Any, theirs: Any) -> dict[str, tuple[Any, Any]]:
    if isinstance(ours, tuple) and type(theirs).__name__ == "ContractDetails":
        contract, details = ours
        found = differences(contract, theirs.contract)
        return found | (
            _compare(details, theirs) if isinstance(details, dict) else differences(details, theirs)
        )
    if isinstance(ours, dict):
        return {
            name: (value, getattr(theirs, name))
            for name, value in ours.items()
            if differences(value, getattr(theirs, name))
        }
    return differences(ours, theirs)


# ------------------------------------------------------------------------------------------------------- oddities


ODDITIES: Final = (
    *replies_login.ODDITIES,
    *replies_options.ODDITIES,
    *replies_reference_data.ODDITIES,
    Oddity(
        r".*\.strike",
        zero_for_unset,
        "in text frames it reads an empty strike as zero; from 202 on zero is a strike of its own",
    ),
    Oddity(
        r"updatePortfolio\[[56]\]\.|commissionAndFeesReport\[0\]\.(realized_profit_and_loss|bond_yield)"
        r"|tickOptionComputation\[\d+\]\.|error\[1\]\."
        r"|.*\.(economic_value_multiplier|aggregation_group)"
        r"|(openOrder\[2\]|completedOrder\[1\])\.(volatility_type|reference_price_type|cash_quantity|parent_permanent_id"
        r"|use_price_management_algo|display_size|reference_futures_contract_id)"
        r"|completedOrder\[1\]\.(trail_stop_price|limit_price_offset|route_marketable_to_bbo)",
        zero_for_unset,
        "its number is a plain one, zero until something comes; we say that nothing came",
    ),
    Oddity(
        r".*\.(fund_distribution_policy_indicator|fund_asset_type)",
        lambda ours, theirs: ours == "" and theirs is None,
        "an enumeration there, with a member for nothing",
    ),
    Oddity(
        r"(openOrder\[2\]|completedOrder\[1\])\.order_id",
        lambda ours, _: ours == 0,
        "text frames have no such field: it copies the message's order id into the order",
    ),
    Oddity(
        r".*\[1\]\.(include_expired|security_id_type|security_id)|positionMulti\[3\]\.(include_expired|security_id.*)"
        r"|completedOrder\[0\]\.(include_expired|security_id.*)|scannerData\[2\]\.(include_expired|security_id.*)"
        r"|updatePortfolio\[0\]\.(include_expired|security_id.*)",
        nothing_read,
        "its decoder of contracts skips what only requests carry",
    ),
    Oddity(
        r"(openOrder\[2\]|completedOrder\[1\])\.(override_percentage_constraints|scale_table|algo_id|miscellaneous_options|mifid2_.*"
        r"|advanced_error_override|manual_order_time)",
        nothing_read,
        "its decoder of orders skips what only requests carry",
    ),
    Oddity(
        r"(openOrder\[2\]|completedOrder\[1\])\.(algo_parameters|hedge_parameter|hedge_max_size)",
        nothing_read,
        "it reads them only behind an algo's or a hedge's name, in protobuf too",
    ),
    Oddity(
        r"(openOrder\[2\]|completedOrder\[1\])\.conditions\[\d+\]\.(exchange|security_type|symbol|time)",
        lambda ours, theirs: ours == "" and theirs is None,
        "a condition's text is nothing until one comes, and empty ones do not come in protobuf",
    ),
    Oddity(
        r".*\.ineligibility_reasons\[\d+\]\.(id|description)",
        lambda ours, theirs: ours == "" and theirs == "None",
        "it makes a text of Python's None where nothing came",
    ),
    Oddity(
        r"(contractDetails|bondContractDetails)\[1\]\.last_trade_date_or_contract_month",
        lambda ours, theirs: ours != theirs and theirs == re.split("[- ]", ours)[0],
        "it cuts the time and the zone off and keeps them beside the contract",
    ),
    Oddity(
        r"bondContractDetails\[1\]\.last_trade_date_or_contract_month",
        nothing_read,
        "it keeps a bond's date as the maturity, beside the contract",
    ),
    Oddity(
        r"contractDetails\[1\]\.minimum_size",
        nothing_read,
        "version 163 alone has it in another place, which it reads and forgets",
    ),
    Oddity(
        r"(openOrder\[2\]|completedOrder\[1\])\.transmit",
        lambda ours, theirs: ours is False and theirs is True,
        "it takes for granted that an open order was transmitted",
    ),
)
"""Every difference that is forgiven, with its reason."""

_DATE = st.sampled_from(["", "202612", "20261218"])
_WHOLE = st.none() | st.integers(-3, 1000).map(float)

READABLE: Final[dict[str, st.SearchStrategy[Any]]] = {
    # It cuts the date at a blank or a dash, and takes a bond's time zone from what follows.
    "contract.last_trade_date_or_contract_month": _DATE,
    # Integers for it; a fraction is an error.
    "details.economic_value_multiplier": _WHOLE,
    "yield_redemption_date": _DATE,
    # Enumerations for it, an unknown member reads as nothing.
    "details.fund_distribution_policy_indicator": st.sampled_from(["", "N", "Y"]),
    "details.fund_asset_type": st.sampled_from(["", *(f"00{number}" for number in range(1, 8))]),
    "execution.option_exercise_or_lapse_type": st.sampled_from([None, 1, 2]),
    "tick_type": st.integers(0, 110),
}
"""Values of fields, by path, that the vendor's decoder can read or keeps as they are."""

FILLED: Final[dict[str, Any]] = {
    "contract.last_trade_date_or_contract_month": "20261218",
    "details.economic_value_multiplier": 50.0,
    "yield_redemption_date": "20261120",
    "details.fund_distribution_policy_indicator": "Y",
    "details.fund_asset_type": "003",
    "execution.option_exercise_or_lapse_type": 1,
}
"""One such value each, for messages with every field set."""
