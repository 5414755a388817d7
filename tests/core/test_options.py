"""Options: what is refused, and in which words."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from pydantic import field_validator, model_validator

from mynah.core.errors import UserError
from mynah.core.options import Options, option, resolve


class Tea(Options):
    """An invented stage."""

    kind: Literal["Assam", "none"] = option("Assam", "the leaves")
    minutes: float = option(3.0, "how long it draws", ge=0)
    hot: Literal["auto"] | bool = option("auto", "whether it is hot")
    cup: str = option("", "what it is drunk from")

    @field_validator("cup")
    @classmethod
    def _whole(cls, cup: str) -> str:
        if cup == "broken":
            raise ValueError("a cup that holds tea")
        return cup

    @model_validator(mode="after")
    def _possible(self) -> Tea:
        if self.kind == "none" and self.minutes:
            raise ValueError("leaves that draw")
        return self


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "green"}, "Expected tea.kind: input should be 'Assam' or 'none', found 'green'. Change that value."),
        ({"minutes": -1}, "Expected tea.minutes: input should be greater than or equal to 0, found -1."),
        ({"hot": "maybe"}, "Expected tea.hot: input should be 'auto', found 'maybe'."),
        ({"cup": "broken"}, "Expected tea.cup: a cup that holds tea, found 'broken'."),
        ({"kind": "none", "minutes": 2}, "Expected leaves that draw, found tea.kind=none, tea.minutes=2."),
        ({"minuts": 2}, "Expected an option that exists, found 'tea.minuts'. Did you mean 'minutes'?"),
    ],
)
def test_what_is_refused_is_said_in_the_words_of_its_user(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match="^" + re.escape(said)):
        resolve(Tea, values, "tea")


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "inf", "nan", "-inf"])
def test_numbers_are_finite(value: float | str) -> None:
    with pytest.raises(UserError, match=r"tea\.minutes"):
        resolve(Tea, {"minutes": value}, "tea")
