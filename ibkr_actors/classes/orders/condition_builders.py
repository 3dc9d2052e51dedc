"""Conditions in trading terms: `price_at_least(stock, 200) & after(opening) | traded(other)`.

What watches a contract needs its contract_id and exchange (complete it first: `request_contract_data`); it raises
InvalidRequest otherwise.
"""

from __future__ import annotations

from datetime import datetime

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.trigger_method import TriggerMethod
from ibkr_actors.classes.orders.conditions import (
    ExecutionCondition,
    MarginCondition,
    PercentChangeCondition,
    PriceCondition,
    TimeCondition,
    VolumeCondition,
)
from ibkr_actors.errors import InvalidRequest


def price_at_least(
    contract: Contract, price: float, trigger_method: TriggerMethod | int = TriggerMethod.DEFAULT
) -> PriceCondition:
    """The price of a contract is this or higher; the method says which prices count."""
    contract_id, exchange = _watched(contract)
    return PriceCondition(
        is_more=True, price=price, contract_id=contract_id, exchange=exchange, trigger_method=trigger_method
    )


def price_at_most(
    contract: Contract, price: float, trigger_method: TriggerMethod | int = TriggerMethod.DEFAULT
) -> PriceCondition:
    """The price of a contract is this or lower."""
    contract_id, exchange = _watched(contract)
    return PriceCondition(
        is_more=False, price=price, contract_id=contract_id, exchange=exchange, trigger_method=trigger_method
    )


def after(time: datetime | str) -> TimeCondition:
    """It is this time or later: an aware `datetime`, or the bridge's text."""
    return TimeCondition(is_more=True, time=time)


def before(time: datetime | str) -> TimeCondition:
    """It is this time or earlier."""
    return TimeCondition(is_more=False, time=time)


def margin_cushion_at_least(percent: int) -> MarginCondition:
    """The account's margin cushion is this percentage or more."""
    return MarginCondition(is_more=True, percent=percent)


def margin_cushion_at_most(percent: int) -> MarginCondition:
    """The account's margin cushion is this percentage or less."""
    return MarginCondition(is_more=False, percent=percent)


def traded(contract: Contract) -> ExecutionCondition:
    """The account traded the symbol of this contract. Raises InvalidRequest for a contract without one."""
    if not (contract.symbol and contract.security_type and contract.exchange):
        raise InvalidRequest(
            f"a condition on executions needs symbol, security type and exchange, got {contract!r}"
        )
    return ExecutionCondition(
        security_type=contract.security_type, exchange=contract.exchange, symbol=contract.symbol
    )


def volume_at_least(contract: Contract, volume: int) -> VolumeCondition:
    """The day's volume of a contract is this or more."""
    contract_id, exchange = _watched(contract)
    return VolumeCondition(is_more=True, volume=volume, contract_id=contract_id, exchange=exchange)


def volume_at_most(contract: Contract, volume: int) -> VolumeCondition:
    """The day's volume of a contract is this or less."""
    contract_id, exchange = _watched(contract)
    return VolumeCondition(is_more=False, volume=volume, contract_id=contract_id, exchange=exchange)


def change_at_least(contract: Contract, percent: float) -> PercentChangeCondition:
    """The day's change of a contract, in percent, is this or more; -2.5 is a loss of 2.5%."""
    contract_id, exchange = _watched(contract)
    return PercentChangeCondition(
        is_more=True, change_percent=percent, contract_id=contract_id, exchange=exchange
    )


def change_at_most(contract: Contract, percent: float) -> PercentChangeCondition:
    """The day's change of a contract, in percent, is this or less."""
    contract_id, exchange = _watched(contract)
    return PercentChangeCondition(
        is_more=False, change_percent=percent, contract_id=contract_id, exchange=exchange
    )


def _watched(contract: Contract) -> tuple[int, str]:
    if not (contract.contract_id and contract.exchange):
        raise InvalidRequest(
            f"a condition watches a contract with contract_id and exchange, got {contract!r}"
        )
    return contract.contract_id, contract.exchange
