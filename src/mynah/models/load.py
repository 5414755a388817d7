"""Load a base, in 4 bits if asked, and what was trained on it: the starter, a folder, or a name on a hub.

LoRA and QLoRA are how a model is loaded, not methods: any method trains any adapter. NF4 with double quantization and
16-bit arithmetic is that of Dettmers et al. 2023, "QLoRA" (arXiv:2305.14314), by bitsandbytes, on a CPU too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import model_validator

from mynah.core import options as core_options
from mynah.core import processes
from mynah.core.errors import UserError
from mynah.core.folder import file_hash
from mynah.core.options import option

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ADAPTER = "adapter_config.json"  # what makes a folder an adapter and not a model
STARTER = Path(__file__).parent / "starter"
SMALL = 1_000_000_000  # parameters up to which a CPU computes in 32 bits


class Options(core_options.Options):
    """The base and its adapter."""

    base: str = option("starter", "the base model: starter, a folder, or a name on the hub", flag=True)
    adapter: Literal["lora", "none"] = option("lora", "lora, or none: every weight is trained", flag=True)
    quant: Literal["none", "nf4"] = option("none", "nf4: the base in 4 bits, less memory (QLoRA)", flag=True)
    rank: int = option(16, "rank of the LoRA matrices", ge=1)
    alpha: int = option(32, "scale of the LoRA matrices, divided by the rank", ge=1)
    dropout: float = option(
        0.0, "dropout before the LoRA matrices; on a CPU it costs a quarter of the time", ge=0, lt=1
    )
    targets: str = option("all-linear", "the layers that get an adapter, by PEFT's names")
    rslora: bool = option(False, "scale by alpha / sqrt(rank) (Kalajdzievski 2023, arXiv:2312.03732)")
    dora: bool = option(False, "learn length and direction apart (DoRA, Liu et al. 2024, arXiv:2402.09353)")

    @model_validator(mode="after")
    def _possible(self) -> Options:
        if self.quant != "none" and self.adapter == "none":
            raise ValueError("weights of 4 bits cannot be trained themselves: take --adapter lora, or no --quant")
        return self


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


def load(
    base: str, trained: Path | None = None, *, quant: str = "none", in_full: bool = False
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model, ready to reply, and its tokenizer. `trained` is what a run made of the base: an adapter, or a model
    of its own. `in_full`: every weight is to be trained, in 32 bits. Raises UserError where there is no such model."""
    import torch
    from transformers import AutoModelForCausalLM

    quiet()
    adapter = trained if trained and (trained / ADAPTER).exists() else None
    where = str(trained) if trained and not adapter else reference(base)
    tokenizer = tokenizer_of(base, trained)
    how = _quantized() if quant == "nf4" else {"dtype": torch.float32 if in_full else "auto"}
    try:
        model = AutoModelForCausalLM.from_pretrained(where, use_safetensors=True, **how)
    except OSError as error:
        raise _missing(base, error) from error
    if quant == "none":
        model = _placed(model)
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter))
    return model.eval(), tokenizer


def tokenizer_of(base: str, trained: Path | None = None) -> PreTrainedTokenizerBase:
    """The tokenizer alone, without the weights. Raises UserError where there is none."""
    from transformers import AutoTokenizer

    quiet()
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(str(trained) if trained else reference(base))
    except OSError as error:
        raise _missing(base, error) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer  # type: ignore[no-any-return]


def _missing(base: str, error: Exception) -> UserError:
    todo = "Check the name and the network, or use --base starter, which needs none."
    return UserError("a causal chat model", f"none that loads as {base!r} ({_first_line(error)})", todo)


def _placed(model: Any) -> Any:
    """The model on the GPU, where there is one; what is to be shared out waits on the CPU, as it may not fit on one. A
    CPU computes a small one faster in 32 bits."""
    import torch

    if torch.cuda.is_available():
        return model if processes.sharded() else model.to("cuda")
    return model.float() if model.num_parameters() <= SMALL else model


def multiplies_in_16_bits() -> bool:
    """Does the GPU, or else the CPU, have instructions for bfloat16? Without them it is slower than 32 bits."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _quantized() -> dict[str, Any]:
    """How transformers loads a base in 4 bits."""
    import torch
    from transformers import BitsAndBytesConfig

    settings = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )  # fmt: skip
    device: str | int = torch.cuda.current_device() if torch.cuda.is_available() else "cpu"
    return {"quantization_config": settings, "dtype": torch.bfloat16, "device_map": {"": device}}


def quiet() -> None:
    """Keep the libraries from talking over the program: their errors are raised, their hints are not for its users."""
    import warnings

    from transformers.utils import logging as hf_logging

    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers|trl|peft")


def lora(options: Options) -> Any:
    """PEFT's configuration of the adapter that these options describe; None where every weight is trained."""
    from peft import LoraConfig

    if options.adapter == "none":
        return None
    return LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=options.targets if options.targets == "all-linear" else options.targets.split(","),
        use_rslora=options.rslora,
        use_dora=options.dora,
        task_type="CAUSAL_LM",
    )


def merged(base: str, adapter: Path, quant: str = "none") -> Any:
    """The base with the adapter in its weights. One of 4 bits is unpacked first, so that the adapter comes to lie on
    the very weights that it was trained on."""
    from peft import PeftModel

    model, _ = load(base, quant=quant)
    if quant != "none":
        model = model.dequantize()
    return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()


def context_length(model: PreTrainedModel) -> int:
    """The tokens that the model can see at once."""
    return int(getattr(model.config, "max_position_embeddings", 2048))


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:120]
