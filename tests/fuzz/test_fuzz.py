"""A slice of the hostile frames that `python -m tests.fuzz` reads by the million, and the worst of all cases."""

from __future__ import annotations

import pytest

from ibkr_actors.base.codec import Role
from tests.fuzz.mutations import Hostile, Mutator, forms
from tests.fuzz.properties import Reader, Violation
from tests.fuzz.worst_cases import WORST_CASES, expected_of, measured

FRAMES = 3_000


class TestHostileFrames:
    def test_each_is_one_message_or_one_error_and_the_next_is_read(self):
        mutator, reader = Mutator(seed=20_260_102), Reader()

        for number in range(FRAMES):
            reader.read(mutator.frame(number))

        outcome = reader.outcome
        assert outcome.frames == FRAMES
        assert outcome.good + outcome.bad.total() + outcome.unknown == FRAMES
        assert min(outcome.good, outcome.bad.total(), outcome.unknown) > FRAMES / 20

    def test_the_same_seed_makes_the_same_frames(self):
        again = [Mutator(3).frame(number) for number in range(40)]

        assert [Mutator(3).frame(number) for number in range(40)] == again
        assert [Mutator(4).frame(number) for number in range(40)] != again

    def test_they_are_made_from_every_declaration_for_both_ends(self):
        assert {role for role, _, _ in forms()} == set(Role)
        assert len({struct for _, struct, _ in forms()}) > 100

    def test_a_reader_that_loses_its_neighbours_would_be_found(self, monkeypatch):
        reader = Reader()
        session, *_ = reader._session(Role.CLIENT, 200)
        monkeypatch.setattr(session, "receive", lambda data: [])

        with pytest.raises(Violation, match="messages around it"):
            reader.read(Hostile(Role.CLIENT, 200, b"9\x001\x005\0", "none", 0))


class TestWorstCases:
    @pytest.mark.parametrize("case", WORST_CASES, ids=lambda case: case.name)
    def test_memory_stays_a_multiple_of_the_frame(self, case):
        """Python's own; the program measures whole processes, with what protobuf takes."""
        result = measured(case)

        assert result.outcome == expected_of(case)
        assert result.multiple <= case.multiple
