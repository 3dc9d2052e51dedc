"""One module per client: each is a program, run by `trial.py` as a process of its own."""
