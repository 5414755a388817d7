"""Tracking: where the curves of a training are shown while it goes on, by the callbacks of transformers.

Nothing leaves the machine by itself: what these trackers write lies in the project's folder, and Weights & Biases is
offline. Who sets a tracker's own variables (WANDB_MODE, MLFLOW_TRACKING_URI, TRACKIO_SPACE_ID, …) chose otherwise.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from mynah.core import processes
from mynah.core.errors import UserError, did_you_mean

NONE, TENSORBOARD = "none", "tensorboard"
EXTRAS = ("trackio", "wandb", "mlflow")  # each is an extra of that name
KNOWN = (TENSORBOARD, *EXTRAS, NONE)
HOME = {
    "trackio": {"TRACKIO_DIR": "{}/trackio", "GRADIO_ANALYTICS_ENABLED": "False"},
    "mlflow": {
        "MLFLOW_TRACKING_URI": "sqlite:///{}/mlflow.db",
        "MLFLOW_EXPERIMENT_NAME": "mynah",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    },
    "wandb": {
        "WANDB_DIR": "{}",
        "WANDB_MODE": "offline",
        "WANDB_PROJECT": "mynah",
        "WANDB_LOG_MODEL": "false",
        "WANDB_CONSOLE": "off",  # what is printed is not its business,
        "WANDB_SILENT": "true",  # and standard output not its place
        "WANDB_ERROR_REPORTING": "false",
    },
}
"""Where each tracker keeps things, and what it would tell others, by its own variables."""


def check(track: str) -> tuple[str, ...]:
    """The trackers of `--track`, several with commas. Raises UserError for one that is unknown or not installed."""
    asked = tuple(dict.fromkeys(name.strip() for name in track.split(",")))
    for name in asked:
        if name not in KNOWN:
            raise UserError("a tracker", repr(name), did_you_mean(name, KNOWN))
        if name in EXTRAS and importlib.util.find_spec(name) is None:
            raise UserError(f"{name} to be installed", "none", f"Install it: pip install 'mynah-chat[{name}]'")
    if NONE in asked and len(asked) > 1:
        raise UserError(f"--track {NONE}, or names of trackers", repr(track), f"Leave {NONE!r} away.")
    return tuple(name for name in asked if name != NONE)


def callbacks(track: str, folder: Path) -> list[Any]:
    """The callbacks that report. TensorBoard writes into `folder`, the run's own; the others beside all runs. Several
    processes report once. Raises UserError as `check` does."""
    names = check(track)
    if not processes.first():
        return []
    home = folder.parent.parent / "tracking"
    return [_tensorboard(folder) if name == TENSORBOARD else _callback(name, home) for name in names]


def arguments(run: str) -> dict[str, Any]:
    """What transformers' training arguments tell the trackers."""
    return {"run_name": run, "project": "mynah", "trackio_static_space_id": False}


def _tensorboard(folder: Path) -> Any:
    from transformers.integrations import TensorBoardCallback

    made = TensorBoardCallback()
    made.logging_dir = str(folder / TENSORBOARD)  # where it writes from the first step on; before there is nothing
    return made


def _callback(name: str, home: Path) -> Any:
    home.mkdir(exist_ok=True)
    at_home(name, home)  # before the library is imported, which reads it then
    from transformers.integrations.integration_utils import get_reporting_integration_callbacks

    (kind,) = get_reporting_integration_callbacks(name)
    return kind()


def at_home(name: str, folder: Path) -> None:
    """Defaults that keep in `folder` what this tracker writes; a variable that is set already stays."""
    for variable, value in HOME[name].items():
        os.environ.setdefault(variable, value.format(folder.absolute()))
