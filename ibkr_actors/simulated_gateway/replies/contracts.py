"""Contract details: every instrument of the catalogue that fits a description."""

from __future__ import annotations

from ibkr_actors.base.messages.contracts import (
    BondContractData,
    CancelContractData,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
)
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.catalogue import NO_DEFINITION, Catalogue
from ibkr_actors.simulated_gateway.instruments.instrument import BOND
from ibkr_actors.simulated_gateway.refusals import Refusal
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service


class ContractReplies(Service):
    """Answers requests for contract details; one that nothing fits gets error 200 and no end."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def handlers(self) -> Handlers:
        """Contract details."""
        return {ContractDataRequest: self._send_details, CancelContractData: _cancel_answered}

    def _send_details(self, client: Client, request: ContractDataRequest) -> None:
        found = self._catalogue.find(request.contract)
        if not found:
            raise Refusal(200, NO_DEFINITION)
        exchange = request.contract.exchange
        for instrument in found:
            contract, details = instrument.described_contract(exchange), instrument.details(client.now)
            message = BondContractData if instrument.security_type == BOND else ContractData
            client.tell(message(request.request_id, contract, details))
        client.tell(ContractDataEnd(request.request_id))


def _cancel_answered(_client: Client, _request: CancelContractData) -> None:
    """Silent: the details were sent at once."""
