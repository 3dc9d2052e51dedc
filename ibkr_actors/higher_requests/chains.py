"""The options on an underlying, as typed chains."""

from __future__ import annotations

from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.options import OptionChain, OptionChainsRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.moment import day
from ibkr_actors.classes.option_chain import Chain, Chains
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest
from ibkr_actors.higher_requests.asking import Asks


class ChainRequests(Asks):
    """Requests about options. Whoever mixes it in answers the calls of `Asks`."""

    def request_option_chains(
        self,
        underlying: Contract | str,
        futures_option_exchange: str = "",
        underlying_security_type: SecurityType | str = "",
        underlying_contract_id: int = 0,
    ) -> Chains:
        """The chains of all exchanges on an underlying: a contract, or its symbol, security type and id.

        A contract without an id is completed first. A symbol alone tells no currency, and leaves that of the options
        empty. Raises RequestRejected and AmbiguousContract as `request_contract_data` does, and InvalidRequest.
        """
        if isinstance(underlying, str):
            described = Contract(
                contract_id=underlying_contract_id, symbol=underlying, security_type=underlying_security_type
            )
        else:
            given = snapshot(underlying, Contract)
            described = given if given.contract_id else self._completed(given)
        if not described.contract_id:
            raise InvalidRequest(f"option chains of {underlying!r}: give its contract id, or a contract")
        request = OptionChainsRequest(
            described.symbol, futures_option_exchange, described.security_type, described.contract_id
        )
        answer = self.answer_to(snapshot(request, OptionChainsRequest))
        return Chains(_chain_of(part, described) for part in answer.parts if isinstance(part, OptionChain))

    def _completed(self, contract: Contract) -> Contract:
        completed: Contract = self.perform(snapshot(ContractDataRequest(contract), ContractDataRequest))
        return completed


def _chain_of(message: OptionChain, underlying: Contract) -> Chain:
    days = [day(text) for text in message.expirations]
    if None in days:
        raise InvalidRequest(
            f"the chain of {message.trading_class} has an expiration that is no day: {message.expirations}"
        )
    return Chain(
        underlying.copy(),
        message.exchange,
        message.trading_class,
        message.multiplier,
        tuple(sorted({each for each in days if each is not None})),
        tuple(sorted(set(message.strikes))),
    )
