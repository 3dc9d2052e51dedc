"""Writes the reference pages: `make reference`, or `python -m tests.documentation` with the test extras installed."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent.parent / "docs"
NEEDED = ("ibapi", "ib_async", "hypothesis")


def main() -> int:
    """Write every page; say which ones changed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"Missing: {', '.join(missing)}. Install the test extras: pip install --editable .[test]")
        return 2
    for name, make in importlib.import_module("tests.documentation.pages").PAGES.items():
        path, text = DOCS / name, make()
        changed = not path.exists() or path.read_text(encoding="utf-8") != text
        path.write_text(text, encoding="utf-8")
        print(f"docs/{name}: {'written' if changed else 'unchanged'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
