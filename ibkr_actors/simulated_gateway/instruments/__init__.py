"""What can be traded at the simulated gateway: instruments, the catalogue that lists them, what a position ties up."""
