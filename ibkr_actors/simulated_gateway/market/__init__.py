"""The simulated market: prices now and in the past, and what is shown of them."""
