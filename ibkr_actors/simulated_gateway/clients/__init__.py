"""Who is connected with the simulated gateway."""
