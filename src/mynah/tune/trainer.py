"""The trainer of a method: what it is told, what is shown while it works, and what of it is saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mynah.core import plugins, processes
from mynah.core.folder import MODEL, read_json, write_json
from mynah.core.progress import bar
from mynah.models import architectures
from mynah.models.load import ADAPTER, multiplies_in_16_bits
from mynah.models.load import Options as ModelOptions
from mynah.tune.batches import Step
from mynah.tune.ladder import in_pieces
from mynah.tune.rows import Row

if TYPE_CHECKING:
    from mynah.tune.train import Options

RATE, WIDTH, SLOPE = 2e-4, 4096, 0.78
"""The learning rate of LoRA for a base of this width, that of a model of 7 billion parameters (Dettmers et al. 2023,
arXiv:2305.14314, table 9), and by which power of the width it falls (Schulman et al. 2025, "LoRA Without Regret", for
Llama; doi:10.64434/tml.20250929). In full the best one is about a tenth (there)."""
STARTER_RATE = 4e-3  # of LoRA, where the validation loss of the demo is lowest: 2e-3 and 8e-3 are worse


def build(
    model: Any, tokenizer: Any, rows: dict[str, list[Row]], folder: Path, options: Options, model_options: ModelOptions,
    callbacks: list[Any], other: dict[str, Any] | None = None,
) -> Any:  # fmt: skip
    """The trainer of the method, with checkpoints in `folder`. `other` training arguments replace those of the
    options."""
    from transformers import PrinterCallback

    from mynah.models.load import lora

    _never_in_float16(model, options)
    trainer = plugins.load("method", options.method).trainer(
        model, tokenizer, rows["train"], rows["valid"], {**arguments(folder, options), **(other or {})},
        Step(options.batch_tokens, options.rows), callbacks, lora(model_options),
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)  # it writes to standard output
    in_pieces(trainer, max(1, options.pieces))
    return trainer


def settled(options: Options, model: ModelOptions, config: Any) -> Options:
    """The options with the method and the learning rate that are asked for, or that suit the base with this config."""
    method = architectures.of(config).METHOD if options.method == "auto" else options.method
    return options.model_copy(update={"method": method, "lr": options.lr or _rate(model, config)})


def _rate(model: ModelOptions, config: Any) -> float:
    """The learning rate for a base of this width: the wider, the lower, and in full a tenth of that with LoRA."""
    starter = model.base == "starter"
    of_lora = STARTER_RATE if starter else RATE * (config.get_text_config().hidden_size / WIDTH) ** -SLOPE
    return float(f"{of_lora if model.adapter == 'lora' else of_lora / 10:.1e}")


def arguments(checkpoints: Path, options: Options) -> dict[str, Any]:
    """The training arguments of transformers that these options mean."""
    import torch

    return {
        "output_dir": str(checkpoints),
        "learning_rate": options.lr,
        "num_train_epochs": options.epochs,
        "gradient_accumulation_steps": shared_out(options.accumulation),
        "optim": "adamw_torch_fused" if options.optimizer in ("auto", "adamw_torch") else options.optimizer,
        "lr_scheduler_type": options.schedule,
        "warmup_steps": options.warmup if options.warmup < 1 else round(options.warmup),
        "weight_decay": options.weight_decay,
        "max_grad_norm": 1.0,
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "logging_steps": 1,
        "seed": options.seed,
        "bf16": _in_16_bits(options),
        "fp16": False,
        "use_cpu": not torch.cuda.is_available(),
        "gradient_checkpointing": options.checkpointing is True,
        "report_to": "none",
        "disable_tqdm": True,
        "log_level": "error",
        **_of_several(options),
    }


def _in_16_bits(options: Options) -> bool:
    return options.precision == "bf16" or (options.precision == "auto" and multiplies_in_16_bits())


def _never_in_float16(model: Any, options: Options) -> None:
    """Hold the weights in what the training computes in, where they are stored in another kind of 16 bits: without
    autocast all of them in 32, as the arithmetic follows the weights; with it float16 as bfloat16, to which autocast
    would turn it in each step. In bare float16 small gradients would vanish, as nothing scales the loss."""
    import torch

    if getattr(model, "is_quantized", False):
        return  # its layers know what they multiply in
    kind = torch.bfloat16 if _in_16_bits(options) else torch.float32
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.dtype == torch.float16 or (tensor.dtype == torch.bfloat16 and kind == torch.float32):
            tensor.data = tensor.data.to(kind)


def shared_out(accumulation: int) -> int:
    """The batches that each process adds up. Those of a step are shared out, at least one a process: so the same
    options, with an accumulation that is a multiple of the processes, make the same run in any number of them."""
    return -(-accumulation // processes.count())


def _of_several(options: Options) -> dict[str, Any]:
    """The arguments of several processes, which have met before; none in one process."""
    if processes.count() == 1:
        return {}
    met = {"accelerator_config": {"use_configured_state": True}, "ddp_find_unused_parameters": False}
    return {**met, "fsdp": True, "fsdp_config": {"version": 2}} if options.sharded else met


def progress() -> Any:
    """A callback that shows a bar with the remaining time, and the losses beside it; `close` ends it."""
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.bar = bar("train", state.max_steps, state.global_step)
            self.bar.__enter__()

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.bar.advance(1)

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:
            if metrics:
                self.bar.label(f"train, validation loss {metrics['eval_loss']:.3f}")

        def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.close()

        def close(self) -> None:
            if hasattr(self, "bar"):
                self.bar.__exit__(None, None, None)

    return Progress()


def save(trainer: Any, tokenizer: Any, folder: Path, base: str) -> None:
    """The model, the tokenizer and the curves. Weights that are shared out are gathered, by all processes. An adapter
    names its base as the user does: the folder that it was loaded from is of this machine alone."""
    gathered = trainer.accelerator.get_state_dict(trainer.model) if trainer.is_fsdp_enabled else None
    model = trainer.accelerator.unwrap_model(trainer.model)
    model.save_pretrained(folder / MODEL, state_dict=gathered, is_main_process=processes.first())
    if processes.first():
        tokenizer.save_pretrained(folder / MODEL)
        config = folder / MODEL / ADAPTER
        if config.exists():
            write_json(config, {**read_json(config), "base_model_name_or_path": base})
            (folder / MODEL / "README.md").unlink(missing_ok=True)  # PEFT's empty form, with that folder in it
        write_json(folder / "curves.json", trainer.state.log_history)
