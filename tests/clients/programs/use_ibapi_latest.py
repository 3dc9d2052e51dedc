"""A day with `ibapi-latest`, the vendor's newest client."""

from __future__ import annotations

from day import main
from vendor import EverydayVendor
from vendor_questions import questions

if __name__ == "__main__":
    main(EverydayVendor, questions)
