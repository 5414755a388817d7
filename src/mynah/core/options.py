"""Options are declared once, beside the code that reads them; the flag, the YAML key and the help come from there.

A stage's `Options` is a class of this module's `Options`; a recipe is the stages' options put together, as YAML:

    train:
      lr: 2e-4
    split:
      test: 0.2
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mynah.core.errors import UserError, did_you_mean

Sections = Mapping[str, Mapping[str, Any]]
RECIPES = Path(__file__).parents[1] / "recipes"
OptionsType = TypeVar("OptionsType", bound="Options")


class Options(BaseModel):
    """The base of every stage's options: immutable, numbers are finite, and unknown names are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def option(default: Any, help: str, *, flag: bool | str = False, **limits: Any) -> Any:
    """An option with its default and its help. `flag` shows it in the command's help (a string renames the flag);
    every option is reachable by --set and a recipe. `limits` are pydantic's (ge, gt, le, lt).
    """
    return Field(default, description=help, json_schema_extra={"flag": flag}, **limits)


def flag_of(name: str, options: type[Options]) -> str | None:
    """The flag of an option, or None where it is reachable by --set and recipes only."""
    extra = options.model_fields[name].json_schema_extra
    shown = extra.get("flag") if isinstance(extra, dict) else False
    if not shown:
        return None
    return f"--{shown}" if isinstance(shown, str) else "--" + name.replace("_", "-")


def read_recipe(path: Path) -> dict[str, dict[str, Any]]:
    """The sections of a YAML recipe: a file, or the name of a published one, which come along in `recipes/`."""
    published = {found.stem: found for found in RECIPES.glob("*.yaml")}
    if path.suffix != ".yaml" and not path.exists() and len(path.parts) == 1:
        if path.name not in published:
            todo = f"{did_you_mean(path.name, published)} Or name a YAML file."
            raise UserError("a published recipe, or a file", repr(path.name), todo)
        path = published[path.name]
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        found = f"{str(path)!r}, which cannot be read ({error})"
        raise UserError("a recipe file", found, "Check the path given to --recipe.") from error
    except yaml.YAMLError as error:
        raise UserError("a recipe in YAML", f"a syntax error: {error}", "Mend the file.") from error
    if not isinstance(found, dict) or not all(isinstance(section, dict) for section in found.values()):
        raise UserError("a recipe of sections such as 'train: {lr: 2e-4}'", "another shape", f"Mend {str(path)!r}.")
    return found


def read_settings(settings: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The sections that `--set stage.option=value` describes. Values are read as YAML."""
    found: dict[str, dict[str, Any]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        section, dot, key = name.partition(".")
        if not (equals and dot):
            raise UserError("--set stage.option=value", repr(setting), "For example: --set train.lr=2e-4")
        found.setdefault(section, {})[key] = _value(setting, value)
    return found


def _value(setting: str, value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        todo = "Quote the value, or close its bracket."
        raise UserError("--set with a value in YAML", f"a syntax error in {setting!r}", todo) from error


def merge(*layers: Sections) -> dict[str, dict[str, Any]]:
    """Later layers win, option by option."""
    merged: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for section, values in layer.items():
            merged.setdefault(section, {}).update(values)
    return merged


def check_sections(sections: Sections, known: Sequence[str]) -> None:
    """Raise UserError for a section that names no stage."""
    for section in sections:
        if section not in known:
            raise UserError("the name of a stage", repr(section), did_you_mean(section, known))


def resolve(options: type[OptionsType], values: Mapping[str, Any], section: str) -> OptionsType:
    """The options of one stage from its values. Raises UserError for an unknown name or a value out of range."""
    try:
        return options(**values)
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:  # of options that do not go together
            found = ", ".join(f"{section}.{key}={value}" for key, value in values.items())
            raise UserError(_words(first["msg"]), found, "Change one of them.") from None
        key = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            todo = did_you_mean(key, options.model_fields)
            raise UserError("an option that exists", repr(f"{section}.{key}"), todo) from None
        expected = f"{section}.{key}: {_words(first['msg'])}"
        raise UserError(expected, repr(first["input"]), "Change that value.") from None


def _words(message: str) -> str:
    """What pydantic says, as part of a sentence."""
    said = message.removeprefix("Value error, ")
    return said[:1].lower() + said[1:]
