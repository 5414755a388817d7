"""Load a base and attach an adapter: the starter, a folder, or a name on a hub.

LoRA is how a model is loaded, not a method: any method trains any adapter.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.folder import file_hash
from mynah.core.options import option

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

STARTER = Path(__file__).parent / "starter"
SMALL = 1_000_000_000  # parameters up to which a CPU computes in 32 bits


class Options(core_options.Options):
    """The base and its adapter."""

    base: str = option("starter", "the base model: starter, a folder, or a name on the hub", flag=True)
    rank: int = option(16, "rank of the LoRA matrices", ge=1)
    alpha: int = option(32, "scale of the LoRA matrices, divided by the rank", ge=1)
    dropout: float = option(
        0.0, "dropout before the LoRA matrices; on a CPU it costs a quarter of the time", ge=0, lt=1
    )
    targets: str = option("all-linear", "the layers that get an adapter, by PEFT's names")


def reference(base: str) -> str:
    """Where transformers finds the base. Raises UserError for a folder without weights."""
    path = STARTER if base == "starter" else Path(base).expanduser()
    if not path.is_dir():
        if path.exists() or base.startswith((".", "/", "~")):
            raise UserError("a model folder", f"none at {base!r}", "Check the path given to --base.")
        return base
    if not any(path.glob("*.safetensors")):
        found = f"none in {str(path)!r}"
        raise UserError("a model folder with *.safetensors weights", found, "Save the model as safetensors.")
    return str(path)


def identity(base: str) -> str:
    """What makes two bases the same: the hash of a folder's weights, or the hub's name."""
    path = Path(reference(base))
    if not path.is_dir():
        return base
    hashes = [file_hash(file) for file in sorted(path.glob("*.safetensors"))]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()[:16]


def load(base: str, adapter: Path | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model, ready to reply, and its tokenizer; with the trained adapter of a run where one is given."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    quiet()
    where = reference(base)
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(adapter) if adapter else where)
        model = AutoModelForCausalLM.from_pretrained(where, dtype="auto", use_safetensors=True)
    except OSError as error:
        todo = "Check the name and the network, or use --base starter, which needs none."
        raise UserError("a causal chat model", f"none that loads as {base!r} ({_first_line(error)})", todo) from error
    on_gpu = torch.cuda.is_available()
    if not on_gpu and model.num_parameters() <= SMALL:
        model = model.float()
    model = model.to("cuda" if on_gpu else "cpu")  # type: ignore[arg-type]
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter))
    return model.eval(), tokenizer


def quiet() -> None:
    """Keep the libraries from talking over the program: their errors are raised, their hints are not for its users."""
    import warnings

    from transformers.utils import logging as hf_logging

    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers|trl|peft")


def lora(options: Options) -> Any:
    """PEFT's configuration of the adapter that these options describe."""
    from peft import LoraConfig

    return LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=options.targets if options.targets == "all-linear" else options.targets.split(","),
        task_type="CAUSAL_LM",
    )


def context_length(model: PreTrainedModel) -> int:
    """The tokens that the model can see at once."""
    return int(getattr(model.config, "max_position_embeddings", 2048))


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:120]
