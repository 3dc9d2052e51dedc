"""A day with `ib_insync`."""

from __future__ import annotations

import functools

import ib_insync
from day import main
from insync import EverydayInsync
from insync_questions import questions

if __name__ == "__main__":
    main(functools.partial(EverydayInsync, ib_insync), questions)
