"""Samples are found wherever they stand, run as they stand, and fragments are held against the package."""

from __future__ import annotations

import sys
import traceback

import pytest

from tests.documentation.samples import Sample, namespace, run_imports, samples_of, unknown_names

PAGE = """# A page

```python
first = 1
```

- In a list, or behind a tab:

    ```python title="second.py"
    second = first + 1
    ```

<!-- fragment: shows an override -->
```python
def tick_price(self, tick): ...
```

```sh
python run.py
```
"""


def sample(source: str, reason: str = "because") -> Sample:
    """One block on line 7 of a page."""
    return Sample("page.md", 7, source, reason)


class TestFinding:
    def test_takes_blocks_of_python_with_their_lines_wherever_they_are_indented(self):
        found = samples_of("page.md", PAGE)

        assert [(one.line, one.source) for one in found[:2]] == [
            (4, "first = 1\n"),
            (10, "second = first + 1\n"),
        ]
        assert str(found[0]) == "page.md:4"

    def test_takes_the_reason_of_a_fragment_from_the_comment_right_above_it(self):
        assert [one.reason for one in samples_of("page.md", PAGE)] == ["", "", "shows an override"]


class TestRunning:
    def test_shares_a_namespace_that_knows_the_gateway(self):
        with namespace("127.0.0.1", 4002) as names:
            sample("place = (host, port)\n").run(names)
            sample("assert place == ('127.0.0.1', 4002)\n").run(names)

    def test_reads_the_port_of_a_paper_account_as_the_gateways(self):
        with namespace("127.0.0.1", 12345) as names:
            sample("asked = 7497\n").run(names)

        assert names["asked"] == 12345

    def test_fails_with_the_line_of_the_page(self):
        with namespace("127.0.0.1", 1) as names, pytest.raises(ZeroDivisionError) as caught:
            sample("\n1 / 0\n").run(names)

        last = traceback.extract_tb(caught.value.__traceback__)[-1]
        assert (last.filename, last.lineno) == ("page.md", 8)

    def test_happens_in_a_module_that_is_gone_afterwards(self):
        with namespace("127.0.0.1", 1) as names:
            sample("from __future__ import annotations\nfrom dataclasses import dataclass\n").run(names)
            sample("@dataclass\nclass Point:\n    x: int\n").run(names)
            assert "sample" in sys.modules

        assert "sample" not in sys.modules


class TestFragments:
    @pytest.mark.parametrize(
        ("source", "unknown"),
        [
            ("stokc = 1\nprint(stcok)\n", ["stcok"]),
            ("def act(self):\n    self.request_marked_data()\n", ["request_marked_data"]),
            ("def act(self, order):\n    self.place_order(order, contrakt=1)\n", ["contrakt"]),
            ("def act(self, order):\n    order.limit_price = float('1')\n", []),
            ("def act(self, text):\n    return text.removeprefix('a')\n", []),
        ],
    )
    def test_may_use_only_names_that_something_has(self, source, unknown):
        assert unknown_names(sample(source), [sample(source)]) == unknown

    def test_may_use_what_their_page_defines(self):
        page = [sample("class Mine:\n    own_name = 1\n"), sample("Mine.own_name\n")]

        assert unknown_names(page[1], page) == []

    def test_import_what_is_there(self):
        run_imports(sample("def act():\n    from ibkr_actors.errors import IbkrError\n"))

        with pytest.raises(ImportError, match="Nothing"):
            run_imports(sample("from ibkr_actors.errors import Nothing\n"))
