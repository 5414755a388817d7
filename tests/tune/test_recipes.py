"""The published recipes: every option exists, every layer is there, and the figures are those of the reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mynah
from mynah import cli, create
from mynah.core.errors import UserError
from mynah.core.folder import MODEL, Project
from mynah.core.options import check_sections, read_recipe, resolve
from mynah.core.types import Prompt, Turn
from mynah.models.decoding import Options as Decoding
from mynah.models.engines.transformers import Engine
from mynah.models.load import Options as ModelOptions
from mynah.tune import plan, train
from mynah.tune.planning import bases, meta
from tests import bases as small_bases
from tests.bases import SMALL, USUAL
from tests.conftest import evenings, export
from tests.projects import ready

RECIPES = Path(mynah.__file__).parent / "recipes"
KNOWN = {**create.SECTIONS, **plan.SECTIONS}
NAMES = (
    "industrial-llama2", "industrial-mistral", "insurance-dialogpt", "insurance-dolly", "insurance-flan-t5",
    "insurance-neox", "insurance-pythia", "reddit-mistral", "ubuntu-llama2", "whatsapp-hebrew-mistral",
)  # fmt: skip
TRAINED = {
    "ubuntu-llama2": (39_976_960, 6_778_392_576),
    "industrial-llama2": (17_354_752, 6_738_415_616 + 17_354_752),
    "industrial-mistral": (14_209_024, 7_241_732_096 + 14_209_024),
    "insurance-dolly": (1_310_720, 2_775_086_080 + 1_310_720),
    "whatsapp-hebrew-mistral": (86_065_184, 7_503_884_288 + 86_065_184),
}
SHARES = {"ubuntu-llama2": (15, "0.589770503135875"), "whatsapp-hebrew-mistral": (4, "1.1339")}
SLOW = ("industrial-mistral", "insurance-neox", "reddit-mistral", "ubuntu-llama2")  # as others, as far as a test goes


def model_options(name: str) -> ModelOptions:
    return resolve(ModelOptions, read_recipe(RECIPES / f"{name}.yaml")["model"], "model")


def test_all_of_them_are_there() -> None:
    assert tuple(sorted(path.stem for path in RECIPES.glob("*.yaml"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_names_options_that_exist_and_says_what_is_not_published(name: str) -> None:
    path = RECIPES / f"{name}.yaml"
    sections = read_recipe(path)
    check_sections(sections, list(KNOWN))
    for section, values in sections.items():
        assert resolve(KNOWN[section], values, section)
    text = path.read_text(encoding="utf-8")
    assert "\n# Published: " in text and "\n# Not published: " in text


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_finds_its_layers_in_a_small_model_of_its_architecture(name: str) -> None:
    options = model_options(name)
    base = bases.find(options.base)
    small = {**base.values, "vocab_size": 64, **SMALL.get(base.kind, USUAL)}
    trained, parameters = meta.count(meta.attach(meta.build(bases.Base(name, name, small)), options))
    assert 0 < trained <= parameters and (trained == parameters) == (options.adapter == "none")


@pytest.mark.parametrize("name", TRAINED)
def test_the_figures_of_the_reports_are_exact(name: str) -> None:
    options = model_options(name)
    found = plan.inspect(bases.find(options.base), options)
    assert (found.trained, found.parameters) == TRAINED[name]
    digits, share = SHARES.get(name, (0, ""))
    assert not share or f"{100 * found.trained / found.parameters:.{digits}f}" == share
    if name == "ubuntu-llama2":
        assert found.weights.linear == 6_476_005_376
        assert abs(found.weights.nf4 / 1024**3 - 3.57) < 0.03 * 3.57


def test_the_command_takes_a_recipe(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["plan", "--recipe", str(RECIPES / "insurance-dialogpt.yaml"), "--machine", "t4", "--json"])
    told = json.loads(capfd.readouterr().out)
    assert told["parameters"] == told["trainable"] == 124_439_808 and told["percent"] == 100
    assert told["weights_bytes"] == 4 * 124_439_808 and told["plan"]["setup"] == "full"


def test_a_recipe_is_known_by_its_name() -> None:
    assert read_recipe(Path("ubuntu-llama2"))["model"]["rank"] == 16
    with pytest.raises(UserError, match="ubuntu-llama2"):
        read_recipe(Path("ubuntu-llama3"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """40 evenings of Ida and Otto, ready to learn from."""
    folder = tmp_path_factory.mktemp("recipes")
    chat = export(folder / "WhatsApp Chat with Ida.txt", *evenings(40))
    return ready(folder / "p", chat, me="Otto", persona="Ida", consent=True)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in SLOW else ()) for n in NAMES])
def test_a_recipe_trains_a_small_model_of_its_architecture(name: str, project: Project, tmp_path: Path) -> None:
    sections = read_recipe(Path(name))
    base = str(small_bases.of(sections["model"]["base"], tmp_path / "base"))
    model = resolve(ModelOptions, {**sections["model"], "base": base}, "model")
    options = resolve(train.Options, {**sections["train"], "epochs": 2}, "train")
    account = train.run(project, options, model)
    assert account.went_out["run"].startswith("seq2seq-" if "flan" in name else "sft-")
    assert 0 < account.went_out["validation loss"] < 40 and account.detail["trainable_parameters"] > 0
    curves = json.loads((project.folder("runs", account.went_out["run"]) / "curves.json").read_text())
    assert sum("loss" in line for line in curves) >= 2
    engine = Engine(base, project.folder("runs", account.went_out["run"], MODEL), quant=model.quant)
    assert engine.renderer.turns == model.turns
    asked = Prompt("1", 1, "", (Turn("user", ("home?",)),), Turn("assistant", ("almost",)))
    assert len(engine.replies([asked], Decoding(temperature=0.0, max_tokens=4))) == 1
