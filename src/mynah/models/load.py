"""Load a base, in 4 bits if asked, and what was trained on it: the starter, a folder, or a name on a hub.

LoRA and QLoRA are how a model is loaded, not methods: any method trains any adapter. NF4 with double quantization and
16-bit arithmetic is that of Dettmers et al. 2023, "QLoRA" (arXiv:2305.14314), by bitsandbytes, on a CPU too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import field_validator, model_validator

from mynah.core import options as core_options
from mynah.core import processes
from mynah.core.errors import UserError, did_you_mean, first_line
from mynah.core.folder import file_hash
from mynah.core.options import option
from mynah.models import architectures, hub

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ADAPTER = "adapter_config.json"  # what makes a folder an adapter and not a model
STARTER = Path(__file__).parent / "starter"
ALL, OUTPUT = "all-linear", "output"  # words for layers, whatever they are called
HINTS = (
    "Setting `save_embedding_layers` to `True`",  # PEFT, of an adapter on the output layer: it is what is wanted
    "fan_in_fan_out is set to",  # PEFT, of GPT-2's transposed layers: it sets what is right itself
    "Model has `tie_word_embeddings=True` and a tied layer",  # PEFT; `merged` unties them
    "Input and output embeddings are no longer tied after merging",  # PEFT: and it says so in the config
    "Paged optimizers are not supported on CPU",  # bitsandbytes: pages change where states lie, and no number
)
"""How warnings of libraries begin that tell a user nothing."""
SMALL = 1_000_000_000  # parameters up to which a CPU computes in 32 bits


class Options(core_options.Options):
    """The base and its adapter."""

    base: str = option(
        "starter",
        "the base model: starter, a folder, a name on the hub, or auto: the best for chat and machine",
        flag=True,
    )
    adapter: Literal["lora", "none"] = option("lora", "lora, or none: every weight is trained", flag=True)
    quant: Literal["auto", "none", "nf4"] = option(
        "auto", "nf4: the base in 4 bits (QLoRA); auto: where nothing else fits", flag=True
    )
    rank: int = option(16, "rank of the LoRA matrices", ge=1)
    alpha: int = option(32, "scale of the LoRA matrices, divided by the rank", ge=1)
    dropout: float = option(
        0.0, "dropout before the LoRA matrices; on a CPU it costs a quarter of the time", ge=0, lt=1
    )
    targets: str = option(
        "all-linear", "layers with an adapter, by name; all: the linear ones; output: the output layer", flag="adapt"
    )
    rslora: bool = option(False, "scale by alpha / sqrt(rank) (Kalajdzievski 2023, arXiv:2312.03732)")
    dora: bool = option(False, "learn length and direction apart (DoRA, Liu et al. 2024, arXiv:2402.09353)")
    loraplus: float = option(
        1.0, "how many times faster the second matrix learns (LoRA+, Hayou et al. 2024, arXiv:2402.12354)", ge=1
    )
    template: Literal["auto", "own", "mynah", "dialogpt"] = option(
        "auto", "how turns are written: the base's own template, Mynah's, or DialoGPT's, without roles"
    )
    turns: int = option(0, "turns before a reply that are seen, the last ones; 0: as many as fit", ge=0)

    @field_validator("targets")
    @classmethod
    def _words(cls, targets: str) -> str:
        """`all` is PEFT's `all-linear`; spaces do not matter."""
        return ",".join(ALL if word in ("all", ALL) else word for word in targets.replace(" ", "").split(",") if word)

    @model_validator(mode="after")
    def _possible(self) -> Options:
        if self.adapter == "none" and self.quant == "nf4":
            todo = "Take --adapter lora, or no --quant: weights of 4 bits cannot be trained themselves."
            raise UserError("an adapter beside weights of 4 bits", "model.adapter=none, model.quant=nf4", todo)
        idle = {"rslora": self.rslora, "dora": self.dora, "loraplus": self.loraplus != 1}
        named = ", ".join(f"model.{name}" for name, asked in idle.items() if asked)
        if self.adapter == "none" and named:
            todo = "Take --adapter lora, or leave away what has no effect without it."
            raise UserError("an adapter", f"model.adapter=none beside {named}", todo)
        return self


def reference(base: str) -> str:
    """Where transformers finds the base: a folder, or the name of one that is to be downloaded. Raises UserError for a
    folder without weights, and for a name where the hub does not answer."""
    found = folder_of(base) or hub.downloaded(base)
    if not found:
        hub.check(base)
    return str(found or base)


def folder_of(base: str) -> Path | None:
    """The starter's folder or that of a path; None for a name on a hub. Raises UserError for a path without weights."""
    path = STARTER if base == "starter" else Path(base).expanduser()
    if not path.is_dir():
        if path.exists() or base.startswith((".", "/", "~")):
            raise UserError("a model folder", f"none at {base!r}", "Check the path given to --base.")
        return None
    if not any(path.glob("*.safetensors")):
        found = f"none in {str(path)!r}"
        raise UserError("a model folder with *.safetensors weights", found, "Save the model as safetensors.")
    return path


def identity(base: str) -> str:
    """What makes two bases the same: the hash of a folder's weights and of what they are read by, or the hub's name."""
    path = folder_of(base)
    if not path:
        return base
    files = sorted(file for kind in ("*.safetensors", "*.json", "*.jinja", "*.model") for file in path.glob(kind))
    hashes = [file_hash(file) for file in files]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()[:16]


def load(
    base: str, trained: Path | None = None, *, quant: str = "none", in_full: bool = False
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model, ready to reply, and its tokenizer. `trained` is what a run made of the base: an adapter, or a model
    of its own. `in_full`: every weight is to be trained, in 32 bits. Raises UserError where there is no such model."""
    import torch

    adapter = trained if trained and (trained / ADAPTER).exists() else None
    where = str(trained) if trained and not adapter else _here(base)
    tokenizer = tokenizer_of(base, trained)
    config = config_of(where)
    packed = getattr(config, "quantization_config", None) is not None  # as it is stored
    if packed and in_full:
        raise UserError("weights that can be trained", f"{base!r}, stored in few bits", "Take --adapter lora.")
    how = _quantized() if quant == "nf4" and not packed else {"dtype": torch.float32 if in_full else "auto"}
    try:
        model = architectures.of(config).family().from_pretrained(where, config=config, use_safetensors=True, **how)
    except (OSError, ValueError) as error:  # ValueError: no architecture that writes text
        raise _missing(base, error) from error
    if quant == "none" and not packed:
        model = _placed(model)
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter))
    return model.eval(), tokenizer


def _here(base: str) -> str:
    """As `reference`, of a base that is downloaded where it is not here."""
    if not folder_of(base) and not hub.downloaded(base):
        hub.download(base)
    return reference(base)


def config_of(base: str) -> Any:
    """transformers' config of a base. Raises UserError where there is none that it knows."""
    from transformers import AutoConfig

    quiet()
    try:
        return AutoConfig.from_pretrained(reference(base))
    except (OSError, ValueError) as error:
        raise _missing(base, error) from error


def tokenizer_of(base: str, trained: Path | None = None) -> PreTrainedTokenizerBase:
    """The tokenizer alone, without the weights. Raises UserError where there is none."""
    from transformers import AutoTokenizer

    quiet()
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(str(trained) if trained else reference(base))
    except (OSError, ValueError) as error:  # ValueError: neither its files nor what makes them
        raise _missing(base, error) from error
    if not trained and not folder_of(base):
        tokenizer.name_or_path = base  # by which a template may be chosen
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer  # type: ignore[no-any-return]


def _missing(base: str, error: Exception) -> UserError:
    todo = "Check the name and the network, or use --base starter, which needs none."
    return UserError("a model that writes text", f"none that loads as {base!r} ({first_line(error)})", todo)


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
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _quantized() -> dict[str, Any]:
    """How transformers loads a base in 4 bits."""
    import torch
    from transformers import BitsAndBytesConfig

    settings = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
        bnb_4bit_quant_storage=torch.bfloat16 if processes.sharded() else torch.uint8,  # integers are not shared out
    )  # fmt: skip
    device: str | int = torch.cuda.current_device() if torch.cuda.is_available() else "cpu"
    return {"quantization_config": settings, "dtype": torch.bfloat16, "device_map": {"": device}}


def quiet() -> None:
    """Keep the libraries from talking over the program: their errors are raised, their hints are not for its users."""
    import logging
    import warnings

    from huggingface_hub.utils import logging as hub_logging
    from transformers.utils import logging as hf_logging

    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    hub_logging.set_verbosity(logging.ERROR)  # it tells each of five attempts; the last one is raised
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers|trl|peft")
    for hint in HINTS:
        warnings.filterwarnings("ignore", message=hint)


class Adapter:
    """What is trained beside a base: matrices of LoRA (Hu et al. 2021, arXiv:2106.09685) on some of its layers."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def config(self, model: Any) -> Any:
        """PEFT's configuration of it on this model. Raises UserError for layers that the model does not have."""
        from peft import LoraConfig

        options = self.options
        return LoraConfig(
            r=options.rank,
            lora_alpha=options.alpha,
            lora_dropout=options.dropout,
            target_modules=targets(model, options.targets),
            use_rslora=options.rslora,
            use_dora=options.dora,
            task_type=architectures.of(model.config).TASK,
        )

    def optimizer(self, model: Any, kind: Any, weight_decay: float, **settings: Any) -> Any:
        """An optimizer of this kind with LoRA+'s learning rates: B of each pair B A learns `loraplus` times faster."""
        from peft.optimizers import create_loraplus_optimizer

        ratio = {"loraplus_lr_ratio": self.options.loraplus, "loraplus_weight_decay": weight_decay}
        return create_loraplus_optimizer(model, kind, **ratio, **settings)


def lora(options: Options) -> Adapter | None:
    """The adapter that these options describe; None where every weight is trained."""
    return None if options.adapter == "none" else Adapter(options)


def targets(model: Any, words: str) -> list[str]:
    """The layers of a model that these words name: ends of names as PEFT takes them, `all-linear` for the linear layers
    but the output layer, `output` for that, whatever they are called. Raises UserError for a word that names none."""
    head = model.get_output_embeddings()
    every = {name: module is head for name, module in linear_layers(model)}
    known = sorted({name.rpartition(".")[2] for name in every})
    generic = {
        ALL: [name for name, is_head in every.items() if not is_head],
        OUTPUT: [name for name, is_head in every.items() if is_head],
    }
    found: list[str] = []
    for word in words.split(","):
        named = generic[word] if word in generic else [word] * any(f".{name}".endswith(f".{word}") for name in every)
        if not named:
            todo = f"{did_you_mean(word, known)} Or {ALL}: the linear layers, or {OUTPUT}: the output layer."
            raise UserError("the name of a linear layer for model.targets", repr(word), todo)
        found += named
    return found


def linear_layers(model: Any) -> Iterator[tuple[str, Any]]:
    """The linear layers of a base by their names, GPT-2's transposed ones and those of 4 bits, too."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    return ((name, module) for name, module in model.named_modules() if isinstance(module, Linear | Conv1D))


def merged(base: str, adapter: Path, quant: str = "none") -> Any:
    """The base with the adapter in its weights. One of 4 bits is unpacked first, so that the adapter comes to lie on
    the very weights that it was trained on."""
    from peft import PeftModel

    model: Any = load(base, quant=quant)[0]
    if getattr(model, "is_quantized", False):
        model = model.dequantize()
        model._weight_conversions = None  # how packed weights are read; those of the copy are not packed
    adapted = PeftModel.from_pretrained(model, str(adapter))
    _untie(model)
    return adapted.merge_and_unload()


def _untie(model: Any) -> None:
    """Give an output layer that has an adapter weights of its own: merged into those of the embeddings, the adapter
    would change what is read, too."""
    import torch

    head = model.get_output_embeddings()
    if hasattr(head, "base_layer") and head.base_layer.weight is model.get_input_embeddings().weight:
        head.base_layer.weight = torch.nn.Parameter(head.base_layer.weight.detach().clone())
        model.config.tie_word_embeddings = False
