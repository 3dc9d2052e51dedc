"""Benchmarks: this project beside `ib_async` and the vendor's `ibapi-latest`. Start with `compare.py`."""
