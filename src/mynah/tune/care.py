"""Steps whose gradients are no numbers: left out, told, and ended with where they go on."""

from __future__ import annotations

from typing import Any

from mynah.core.errors import UserError

MOST = 5  # steps in a row that may be left out before the training ends


class Care:
    """Keeps gradients that are infinite or no numbers away from the weights: the optimizer then has nothing to do."""

    def __init__(self) -> None:
        self.left_out: list[int] = []  # steps, from 1
        self.in_a_row = 0

    def callback(self) -> Any:
        """The callback of the trainer: between the backward pass and the step."""
        from transformers import TrainerCallback

        class Look(TrainerCallback):  # type: ignore[misc]
            def on_pre_optimizer_step(_, args: Any, state: Any, control: Any, model: Any = None, **more: Any) -> None:
                control.should_training_stop |= self.ends(model, state.global_step + 1)

        return Look()

    def ends(self, model: Any, step: int) -> bool:
        """Leave the step out where a gradient is no number; is that the last one of too many?"""
        gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
        if all(bool(gradient.isfinite().all()) for gradient in gradients):
            self.in_a_row = 0
            return False
        model.zero_grad(set_to_none=True)
        self.left_out.append(step)
        self.in_a_row += 1
        return self.in_a_row >= MOST

    def check(self) -> None:
        """Raise UserError where the training was ended."""
        if self.in_a_row >= MOST:
            found = f"none in {MOST} steps in a row, from step {self.left_out[-MOST]}"
            todo = "Lower the learning rate: --lr 5e-4, or compute in 32 bits: --set train.precision=fp32"
            raise UserError("gradients that are numbers", found, todo)

    def note(self) -> list[str]:
        """What the account says."""
        if not self.left_out:
            return []
        named = ", ".join(map(str, self.left_out[:10])) + (", …" if len(self.left_out) > 10 else "")
        return [f"{len(self.left_out)} steps were left out, as their gradients were no numbers: {named}"]
