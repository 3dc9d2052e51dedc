"""The largest values read like tables: one line a field, and under it what the field means."""

from __future__ import annotations

import ast
import inspect

import pytest
from msgspec import Struct

from ibkr_actors.classes.contracts.contract import ComboLeg, Contract, DeltaNeutralContract
from ibkr_actors.classes.contracts.contract_details import ContractDetails, IneligibilityReason
from ibkr_actors.classes.execution import Execution, ExecutionFilter
from ibkr_actors.classes.orders.order import Order, SoftDollarTier
from ibkr_actors.classes.orders.order_state import OrderAllocation, OrderState
from ibkr_actors.classes.scanner import Scanner, ScannerRow

VALUES = [
    ComboLeg,
    Contract,
    ContractDetails,
    DeltaNeutralContract,
    Execution,
    ExecutionFilter,
    IneligibilityReason,
    Order,
    OrderAllocation,
    OrderState,
    Scanner,
    ScannerRow,
    SoftDollarTier,
]


def body_of(value: type[Struct]) -> list[ast.stmt]:
    (declaration,) = ast.parse(inspect.getsource(value)).body
    assert isinstance(declaration, ast.ClassDef)
    return declaration.body


@pytest.mark.parametrize("value", VALUES)
def test_each_field_is_one_line(value: type[Struct]) -> None:
    fields = [line for line in body_of(value) if isinstance(line, ast.AnnAssign)]

    assert len(fields) == len(value.__struct_fields__)
    assert [ast.unparse(field.target) for field in fields if field.end_lineno != field.lineno] == []


@pytest.mark.parametrize("value", VALUES)
def test_under_each_field_is_what_it_means(value: type[Struct]) -> None:
    body = body_of(value)

    silent = [
        ast.unparse(line.target)
        for line, below in zip(body, [*body[1:], None], strict=True)
        if isinstance(line, ast.AnnAssign) and not is_text(below)
    ]

    assert silent == []


def is_text(line: ast.stmt | None) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
