"""Orders as the simulated gateway holds them, and the trades that come of them."""
