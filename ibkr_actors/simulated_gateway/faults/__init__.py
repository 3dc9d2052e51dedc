"""What goes wrong on purpose, between the gateway and its clients."""

from ibkr_actors.simulated_gateway.faults.catalogue import FAULTS, fault_named, parse_fault, planned_faults
from ibkr_actors.simulated_gateway.faults.declaration import FAULT_FORM
from ibkr_actors.simulated_gateway.faults.layer import FaultLayer

__all__ = ["FAULTS", "FAULT_FORM", "FaultLayer", "fault_named", "parse_fault", "planned_faults"]
