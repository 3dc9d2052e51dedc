"""Contracts as users say them: what each kind asks for, and that the wire sees a plain contract."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from msgspec import structs

from ibkr_actors.classes import contracts
from ibkr_actors.classes.contracts.bag import Bag, leg
from ibkr_actors.classes.contracts.bond import Bond
from ibkr_actors.classes.contracts.cfd import CFD
from ibkr_actors.classes.contracts.commodity import Commodity
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.contracts.crypto import Crypto
from ibkr_actors.classes.contracts.forex import Forex
from ibkr_actors.classes.contracts.fund import Fund
from ibkr_actors.classes.contracts.future import ContinuousFuture, Future
from ibkr_actors.classes.contracts.index import Index
from ibkr_actors.classes.contracts.kind import ContractOfKind
from ibkr_actors.classes.contracts.news import News
from ibkr_actors.classes.contracts.option import Call, FuturesOption, Option, OptionWithRight, Put, Warrant
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.open_close import LegOpenClose
from ibkr_actors.classes.enum.option_right import OptionRight
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.enum.short_sale_slot import ShortSaleSlot
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest
from tests.helpers import in_full

NEAR = Stock("IBM", contract_id=8314)
EXPIRY = "20261218"


def contract(security_type: str, symbol: str, exchange: str, currency: str, **fields: object) -> Contract:
    """The same contract, field by field."""
    return msgspec.convert(
        {
            "security_type": security_type,
            "symbol": symbol,
            "exchange": exchange,
            "currency": currency,
            **fields,
        },
        Contract,
    )


def expiring(**fields: object) -> dict[str, object]:
    """Fields of a contract that expires."""
    return {"last_trade_date_or_contract_month": EXPIRY, **fields}


EXAMPLES: list[tuple[ContractOfKind, Contract]] = [
    (Stock("BAC"), contract("STK", "BAC", "SMART", "USD")),
    (
        Option("IBM", EXPIRY, 200, "C"),
        contract("OPT", "IBM", "SMART", "USD", **expiring(strike=200.0, right="C")),
    ),
    (Call("IBM", EXPIRY, 200), contract("OPT", "IBM", "SMART", "USD", **expiring(strike=200.0, right="C"))),
    (
        Put("IBM", EXPIRY, 12.5),
        contract("OPT", "IBM", "SMART", "USD", **expiring(strike=12.5, right="P")),
    ),
    (
        FuturesOption("ES", EXPIRY, 6000, OptionRight.PUT, "CME"),
        contract("FOP", "ES", "CME", "USD", **expiring(strike=6000.0, right="P")),
    ),
    (
        Warrant("GOOG", EXPIRY, 55, "C", "FWB", "EUR"),
        contract("WAR", "GOOG", "FWB", "EUR", **expiring(strike=55.0, right="C")),
    ),
    (Future("ES", EXPIRY, "CME"), contract("FUT", "ES", "CME", "USD", **expiring())),
    (ContinuousFuture("ES", "CME"), contract("CONTFUT", "ES", "CME", "USD")),
    (Forex("EURUSD"), contract("CASH", "EUR", "IDEALPRO", "USD")),
    (Crypto("BTC"), contract("CRYPTO", "BTC", "PAXOS", "USD")),
    (CFD("IBDE40", currency="EUR"), contract("CFD", "IBDE40", "SMART", "EUR")),
    (Index("SPX", "CBOE"), contract("IND", "SPX", "CBOE", "USD")),
    (Bond("912828C57"), contract("BOND", "912828C57", "SMART", "USD")),
    (Commodity("XAUUSD"), contract("CMDTY", "XAUUSD", "SMART", "USD")),
    (Fund("VINIX"), contract("FUND", "VINIX", "FUNDSERV", "USD")),
    (News("BRFG"), contract("NEWS", "BRFG:BRFG_ALL", "BRFG", "")),
    (
        Bag("IBM", [leg(NEAR, "BUY")]),
        contract(
            "BAG",
            "IBM",
            "SMART",
            "USD",
            combo_legs=[{"contract_id": 8314, "ratio": 1, "action": "BUY", "exchange": "SMART"}],
        ),
    ),
]
KINDS = [kind for kind, _plain in EXAMPLES]


@pytest.mark.parametrize(("of_kind", "plain"), EXAMPLES, ids=lambda value: type(value).__name__)
class TestEachKind:
    def test_is_a_contract_whose_snapshot_is_a_plain_one(
        self, of_kind: ContractOfKind, plain: Contract
    ) -> None:
        assert isinstance(of_kind, Contract)
        assert in_full(snapshot(of_kind, Contract)) == in_full(plain)

    def test_has_a_security_type_that_the_enumeration_knows(
        self, of_kind: ContractOfKind, plain: Contract
    ) -> None:
        assert SecurityType(of_kind.security_type) == plain.security_type

    def test_survives_copying_and_pickling_as_its_own_kind(
        self, of_kind: ContractOfKind, plain: Contract
    ) -> None:
        copies = [of_kind.copy(), copy.copy(of_kind), copy.deepcopy(of_kind)]
        copies += [pickle.loads(pickle.dumps(of_kind)), structs.replace(of_kind)]  # noqa: S301  # our own bytes

        assert in_full(copies) == in_full([of_kind] * 5)
        assert plain.symbol == of_kind.symbol

    def test_has_a_representation_that_makes_it_again(self, of_kind: ContractOfKind, plain: Contract) -> None:
        used = (type(of_kind), ComboLeg, LegOpenClose, OptionRight, OrderAction, SecurityType, ShortSaleSlot)

        again = eval(repr(of_kind), {each.__name__: each for each in used})  # noqa: S307  # our own text

        assert in_full(again) == in_full(of_kind)
        assert plain.currency == again.currency

    def test_can_be_filled_in_later(self, of_kind: ContractOfKind, plain: Contract) -> None:
        empty = type(of_kind)()
        empty.symbol = "XYZ"

        assert empty.symbol == "XYZ"
        assert empty.security_type == plain.security_type


class TestWhatConstructorsRefuse:
    """It would be refused later by the bridge, or fail where it is sent: when somebody wants to trade."""

    @pytest.mark.parametrize(
        "kind", [Stock, Option, Future, Crypto, Index, Bag, News], ids=lambda kind: kind.__name__
    )
    def test_an_empty_symbol(self, kind: type[ContractOfKind]) -> None:
        with pytest.raises(InvalidRequest, match=f"{kind.__name__}: symbol is empty.*which contract is it"):
            kind("")

    def test_but_not_one_that_something_else_stands_in_for(self) -> None:
        assert Future("", local_symbol="ESZ6").local_symbol == "ESZ6"
        assert Stock("", contract_id=265598).contract_id == 265598

    def test_blanks_around_a_symbol(self) -> None:
        with pytest.raises(InvalidRequest, match="Stock: symbol 'AAPL ' has blanks around it"):
            Stock("AAPL ")
        assert Stock("BRK B").symbol == "BRK B"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("symbol", 7),
            ("symbol", None),
            ("currency", None),
            ("contract_id", "one"),
            ("primary_exchange", 1),
        ],
    )
    def test_values_that_a_field_can_t_hold(self, field: str, value: object) -> None:
        with pytest.raises(InvalidRequest, match=rf"Stock: Expected .* at `\$\.{field}`"):
            Stock(**{"symbol": "AAPL", field: value})

    @pytest.mark.parametrize("strike", ["abc", "", float("nan"), float("inf"), True, "nan", [200]])
    def test_strikes_that_are_no_numbers(self, strike: object) -> None:
        with pytest.raises(InvalidRequest, match=r"Call: strike is .*; expected a number"):
            Call("IBM", EXPIRY, strike)

    @pytest.mark.parametrize("strike", [200, 200.0, "200", Decimal(200), Fraction(200)])
    def test_but_no_spelling_of_a_number(self, strike: object) -> None:
        option = Call("IBM", EXPIRY, strike)
        assert (type(option.strike), option.strike) == (float, 200.0)

    @pytest.mark.parametrize("multiplier", ["many", 0, -100, "0", None, True])
    def test_multipliers_that_are_no_numbers_above_zero(self, multiplier: object) -> None:
        with pytest.raises(InvalidRequest, match=r"Option: multiplier is .*; expected a number above zero"):
            Option("IBM", EXPIRY, 200, "C", multiplier=multiplier)

    @pytest.mark.parametrize("multiplier", ["100", 100, 100.0, Decimal(100)])
    def test_but_a_multiplier_in_any_spelling_is_the_same_text(self, multiplier: object) -> None:
        assert Option("IBM", EXPIRY, 200, "C", multiplier=multiplier).multiplier == "100"

    @pytest.mark.parametrize("expiry", ["20261340", "20260230", "202613", 20261218, "2026-12-18", "2026"])
    def test_days_and_months_that_do_not_exist(self, expiry: object) -> None:
        with pytest.raises(
            InvalidRequest, match=f"{expiry!r} is no expiry: give a date, or a text as YYYYMMDD"
        ):
            Future("ES", expiry, "CME")

    @pytest.mark.parametrize("pair", ["", "EUR", "EUR.EUR", 7, None])
    def test_what_is_no_currency_pair(self, pair: object) -> None:
        with pytest.raises(InvalidRequest, match=f"{pair!r} is no currency pair"):
            Forex(pair)


class TestConstructors:
    def test_a_stock_takes_exchange_and_currency_in_place_or_by_name(self) -> None:
        assert in_full(Stock("BAC", "NYSE", "EUR")) == in_full(Stock("BAC", exchange="NYSE", currency="EUR"))

    def test_any_other_field_can_be_given_by_name(self) -> None:
        stock = Stock("BAC", primary_exchange="NYSE", contract_id=10098)

        assert (stock.primary_exchange, stock.contract_id) == ("NYSE", 10098)

    def test_a_name_that_is_no_field_is_refused(self) -> None:
        with pytest.raises(TypeError, match="Stock has no field 'primaryExchange'"):
            Stock("BAC", primaryExchange="NYSE")

    def test_an_empty_exchange_is_taken_as_said(self) -> None:
        assert Stock("BAC", exchange="").exchange == ""

    def test_the_signature_that_help_shows_is_that_of_the_constructor(self) -> None:
        assert list(inspect.signature(Stock).parameters) == ["symbol", "exchange", "currency", "fields"]
        assert "right" in inspect.signature(Option).parameters
        assert "right" not in inspect.signature(Call).parameters

    def test_a_future_can_be_named_by_its_local_symbol(self) -> None:
        assert str(Future(local_symbol="ESZ6", exchange="CME")) == "ESZ6 FUT CME USD"

    def test_a_users_own_kind_can_build_on_ours(self) -> None:
        class Listed(Stock):
            def __init__(self, symbol: str) -> None:
                super().__init__(symbol, primary_exchange="NYSE")

        assert Listed("BAC").primary_exchange == "NYSE"

    def test_a_stock_is_decoded_from_its_fields(self) -> None:
        again = msgspec.json.decode(msgspec.json.encode(Stock("BAC")), type=Stock)

        assert in_full(again) == in_full(Stock("BAC"))


class TestReading:
    @pytest.mark.parametrize(
        ("made", "text"),
        [
            (Stock("BAC"), "BAC STK SMART USD"),
            (Call("IBM", EXPIRY, 200), "IBM 20261218 200 C SMART USD"),
            (Put("IBM", EXPIRY, 12.5), "IBM 20261218 12.5 P SMART USD"),
            (Forex("EUR.USD"), "EUR.USD CASH IDEALPRO"),
        ],
    )
    def test_a_contract_prints_in_few_words(self, made: ContractOfKind, text: str) -> None:
        assert str(made) == text


class TestForex:
    @pytest.mark.parametrize("pair", ["EURUSD", "EUR.USD", "EUR/USD", "eurusd"])
    def test_a_pair_is_what_is_traded_and_what_it_is_priced_in(self, pair: str) -> None:
        euro = Forex(pair)

        assert (euro.symbol, euro.currency, euro.pair) == ("EUR", "USD", "EURUSD")

    @pytest.mark.parametrize("pair", ["EUR", "EURUSDX", "EUR USD", "EUR..USD", "12.345"])
    def test_a_text_that_is_no_pair_is_refused(self, pair: str) -> None:
        with pytest.raises(InvalidRequest, match="no currency pair"):
            Forex(pair)


class TestLegs:
    def test_a_leg_takes_id_and_exchange_from_its_contract(self) -> None:
        assert leg(NEAR, OrderAction.SELL, 2) == ComboLeg(
            contract_id=8314, ratio=2, action="SELL", exchange="SMART"
        )

    def test_other_fields_of_a_leg_can_be_given_by_name(self) -> None:
        assert leg(NEAR, "BUY", exchange="CBOE", open_close=1).exchange == "CBOE"

    def test_a_contract_without_id_is_no_leg(self) -> None:
        with pytest.raises(InvalidRequest, match="a leg needs a contract with its contract_id"):
            leg(Stock("IBM"), "BUY")


def test_every_kind_is_exemplified() -> None:
    modules = pkgutil.iter_modules(contracts.__path__, contracts.__name__ + ".")
    classes = {
        each
        for module in modules
        for each in vars(importlib.import_module(module.name)).values()
        if isinstance(each, type) and issubclass(each, ContractOfKind) and hasattr(each, "kind")
    }

    assert classes - {OptionWithRight} == {type(kind) for kind in KINDS}
