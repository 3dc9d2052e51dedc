"""What the simulated gateway answers, a module for each concern."""
