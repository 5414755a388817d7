"""Machines by name and by size, as people write them, and this one."""

from __future__ import annotations

import psutil
import pytest
import torch

from mynah.core.errors import UserError
from mynah.tune.planning import machines


def test_machines_by_name_and_by_size() -> None:
    assert machines.find("T4").memory == 15 * 1024**3 and machines.find("cpu:24").memory == 24 * 1024**3
    assert machines.find("mac:64").memory == 48 * 1024**3 and machines.find("mac:64").device == "mps"
    assert machines.find("mac:16").memory == pytest.approx(10_923 * 1024**2, rel=1e-4)  # as Apple's driver reports it
    assert machines.find("l4").in_16_bits and not machines.find("t4").in_16_bits
    assert machines.find("this").memory > 0


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("a100", "a100-40"),
        ("v100", "v100-16"),
        ("4060-ti", "4060-ti-8"),
        ("rtx 4090", "4090"),
        ("RTX-4090", "4090"),
        ("geforce 4090", "4090"),
        ("NVIDIA GeForce RTX 4060 Ti 16GB", "4060-ti-16"),
        ("2080ti", "2080-ti"),
        ("nvidia l4", "l4"),
        ("rtx_a6000", "a6000"),
        ("NVIDIA A100-SXM4-80GB", "a100-80"),
        ("apple m1", "m1"),
        ("M4 Pro 48GB", "m4-pro-48"),
    ],
)
def test_a_machine_is_known_however_it_is_written(typed: str, name: str) -> None:
    assert machines.find(typed) == machines.find(name)
    assert machines.find(typed).name == name


def test_every_name_of_the_lists_is_that_machine() -> None:
    for name in (*machines.GPUS, *machines.APPLE):
        assert machines.find(name).name == name
    assert {"m1", "m2-pro", "m3-max", "m3-max-128", "m2-ultra"} <= machines.APPLE.keys()
    assert machines.find("m3-max").memory == machines.find("mac:64").memory


def test_another_card_is_not_the_one_whose_name_it_begins() -> None:
    for word in ("2080", "4090 laptop", "h100-40"):
        with pytest.raises(UserError, match="a machine that is known here"):
            machines.find(word)


def test_what_is_older_than_ampere_has_no_bfloat16() -> None:
    old = {name for name in machines.GPUS if not machines.find(name).in_16_bits}
    assert old == {"p100", "v100-16", "v100-32", "t4", "2080-ti"}


@pytest.mark.parametrize("size", ["gpu:0", "gpu:-3", "cpu:0", "mac:0.0"])
def test_no_machine_has_nothing(size: str) -> None:
    with pytest.raises(UserError, match=f"Expected more than 0 GiB, found '{size}'.* gpu:24"):
        machines.find(size)


def test_a_machine_that_is_not_known_gets_the_nearest() -> None:
    with pytest.raises(UserError, match=r"'h100'.* cpu:24"):
        machines.find("h1000")


def test_a_mac_is_its_cpu_as_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 1)
    monkeypatch.setattr(machines, "_limit", lambda: 2**63)
    found = machines.this()
    assert (found.device, found.memory) == ("cpu", psutil.virtual_memory().total)
    assert machines.find("m1").device == "mps"


def test_processes_on_one_machine_have_a_part_of_its_memory_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    alone = machines.this().memory
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")  # by itself it is no launcher's
    assert machines.this().memory == alone
    for name, value in {"RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    assert machines.this().memory == alone // 2
