"""A base is downloaded once, with a word about it, and needs no network afterwards.

The hub's real client, against a server on this machine.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from mynah.core.errors import UserError
from mynah.models import hub, load
from mynah.tune.planning import bases as planned_bases
from tests import bases, hubs

NAME = "acme/tiny"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(bases.small(tmp_path_factory.mktemp("hub") / "model"))


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the hub be at an address, and what is downloaded lie here."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)

    def there(address: str) -> None:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
        )

    return there


def test_it_is_downloaded_with_a_word_and_then_no_network_is_asked(
    model: Path, at: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with hubs.hub(model, NAME) as (address, _):
        at(address)
        assert hub.downloaded(NAME) is None and hub.answers(NAME) and not hub.answers("acme/other")
        first, _ = load.load(NAME)
    told = capsys.readouterr().err
    assert f"downloading {NAME}: " in told and "license mit" in told
    assert hub.downloaded(NAME)

    def no_network(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setattr(socket.socket, "connect", no_network)
    again, tokenizer = load.load(NAME)
    assert all((a == b).all() for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True))
    assert tokenizer.name_or_path == load.identity(NAME) == NAME
    assert planned_bases.find(NAME, fetch=True).kind == "llama"
    assert "downloading" not in capsys.readouterr().err


def test_half_a_download_is_none(model: Path, at: Any) -> None:
    with hubs.hub(model, NAME) as (address, _):
        at(address)
        load.config_of(NAME)
        load.tokenizer_of(NAME)
        config = hub.cached(NAME, "config.json")
        assert config and hub.downloaded(NAME) is None
        shards = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
        (config.parent / hub.INDEX).write_text(json.dumps(shards), encoding="utf-8")
        (config.parent / "model-00001-of-00002.safetensors").touch()
        assert hub.downloaded(NAME) is None
        (config.parent / "model-00002-of-00002.safetensors").touch()
        assert hub.downloaded(NAME) == config.parent


def test_without_a_network_it_says_so_at_once(at: Any) -> None:
    at("http://127.0.0.1:9")
    for what in (load.config_of, load.tokenizer_of, load.load, planned_bases.fetched):
        with pytest.raises(UserError, match=r"a base that is here, or a network.*--base starter"):
            what(NAME)


def test_told_to_stay_offline_it_asks_nobody(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    at("http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert not hub.answers()
    hub.download(NAME)
    with pytest.raises(UserError, match=r"none that loads as 'acme/tiny'"):
        load.load(NAME)


def test_what_the_hub_does_not_give_is_said(model: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with hubs.hub(model, NAME, gated=True) as (address, _):
        at(address)
        with pytest.raises(UserError, match=r"leave to download acme/tiny.*hf auth login"):
            hub.download(NAME)
        with pytest.raises(UserError, match=r"a base 'acme/other' on the hub, found none"):
            hub.download("acme/other")
    with hubs.hub(model, NAME) as (address, asked):
        at(address)
        monkeypatch.setattr(hub, "free", lambda: 1000)
        with pytest.raises(UserError, match=r"of disk for acme/tiny, found 0 MB free.*HF_HOME"):
            hub.download(NAME)
        assert not any("resolve" in path for path in asked)


def test_of_weights_in_several_formats_one_is_taken() -> None:
    read_by = ["config.json", "tokenizer.json"]
    others = ["README.md", "pytorch_model.bin", "onnx/model.onnx", "original/consolidated.safetensors"]
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    assert hub._wanted([*read_by, *others, "model.safetensors", *shards]) == ["model.safetensors", *read_by]
    assert hub._wanted([*read_by, *others, "consolidated.safetensors", *shards]) == [*shards, *read_by]
    assert hub._wanted([*read_by, *others]) == []
