"""The simulated exchange: which orders work, at which price, and what fills them."""
