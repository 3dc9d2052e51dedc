"""Time at the simulated gateway: its clock, and when exchanges trade."""
