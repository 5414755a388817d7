"""Of planted personal data nearly all is found, and little else."""

from __future__ import annotations

from benchmarks.privacy import measured
from tests.privacy.planted import KINDS, planted


def test_the_planted_set_is_large_and_always_the_same() -> None:
    chats = planted()
    cases = [case for chat in chats for case in chat.cases]
    assert chats == planted() != planted(1)
    assert sum(len(case.secrets) for case in cases) >= 500 <= sum(not case.secrets for case in cases)
    assert len(KINDS) >= 12 and {case.kind for case in cases if case.secrets} == set(KINDS)
    secrets = [case.text[start:end] for case in cases for start, end in case.secrets]
    assert all(secret and secret == secret.strip() for secret in secrets)


def test_nearly_all_is_found_and_little_else() -> None:
    result = measured()
    assert result.recall >= 0.98, result.missed
    assert result.precision >= 0.95, result.mistaken
