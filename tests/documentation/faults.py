"""The table of faults on the page about them, made of their declarations; the rest of the page is written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ibkr_actors.simulated_gateway.faults import FAULTS
from tests.documentation.markdown import code, table

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = "gateway_faults.md"
BEGIN: Final = "<!-- Made by `make reference` from the declarations; changes down to the end are lost. -->\n"
END: Final = "<!-- end -->"


def faults_page() -> str:
    """The page as it should be."""
    text = (DOCS / PAGE).read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n" + "\n".join(_faults()) + "\n" + END + after


def _faults() -> list[str]:
    rows = [(code(fault.name), fault.summary(), _parameters(fault.name)) for fault in FAULTS.values()]
    return table(("fault", "what it does", "parameters, with their defaults"), rows)


def _parameters(name: str) -> str:
    return "<br>".join(
        f"`{key}={default:g}`: {meaning}" if isinstance(default, float) else f"`{key}={default}`: {meaning}"
        for key, default, meaning in FAULTS[name].parameters()
    )
