# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a state of the trainer that grows belongs to, and what it may look like."""

from __future__ import annotations

from collections.abc import Mapping

from vynapse.core import State
from vynapse.core.compatible import (
    ARRAYS,
    MADE,
    NUMBER,
    NUMBER_OR_NONE,
    WHOLE,
    Kind,
    Listed,
    refuse_misfit,
    refuse_other,
)
from vynapse.errors import TrainingError
from vynapse.esper.tolaria.editor import NetworkEditor
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.networks import modules
from vynapse.networks.state import NetworkState
from vynapse.trainers.mode import Stage


def made_from(stage: Stage, settings: GrowSettings) -> State:
    """What a trainer was made from, as JSON values."""
    task = stage.supervised
    return {
        "mode": "grow",
        "network": stage.network.structure.as_key(),
        "seed": stage.streams.seed,
        "task": task.name,
        "examples": [len(task.split("train")), len(task.split("validation"))],
        "settings": settings.model_dump(mode="json"),
    }


def refuse(state: State, made: State, editor: NetworkEditor) -> None:
    """Refuse what is no state of a trainer.

    Args:
        state: what is to be loaded.
        made: what the trainer was made from.
        editor: its editor, which knows the slots.

    Raises:
        CheckpointError: it is that of another trainer, or a part is absent or of another form.
    """
    refuse_other("trainer grow", made, state)
    growth = {
        "garden": editor.form(),
        "batches": WHOLE,
        "training_losses": Listed(NUMBER),
        "validation_losses": Listed(NUMBER),
        "controller": Kind("names and values", (dict,)),
    }
    counters = ("epoch", "rollbacks", "forwards", "backwards", "flops")
    form = {
        **dict.fromkeys(counters, WHOLE),
        "growth": growth,
        "pruned": Kind("true or false", (bool,)),
        "winner_loss": NUMBER_OR_NONE,
        "winner_structure": Kind("names and values", (dict,)),
        "winner": ARRAYS,
    }
    refuse_misfit("trainer grow", form, {k: part for k, part in state.items() if k != MADE})


def completed(state: State) -> State:
    """A state with the parts that older ones lack: then nothing had become wider."""
    growth = state.get("growth")
    garden = growth.get("garden") if isinstance(growth, Mapping) else None
    body = garden.get("body") if isinstance(garden, Mapping) else None
    if growth is None or garden is None or not isinstance(body, Mapping):
        return state  # damaged: it is refused as it is
    body = {"shapes": {}, "trials": {}, **body}
    return {**state, "growth": {**growth, "garden": {"layers": {}, **garden, "body": body}}}


def nothing_to_blame(trouble: str, epoch: int, *, pruned: bool) -> TrainingError:
    """A network is sick, and nothing of it was on trial."""
    advice = (
        "cut less at a time" if pruned else "set training.clip_norm or lengthen training.warmup"
    )
    return TrainingError(
        f"{trouble} in epoch {epoch}, and no seed was growing: lower training.learning_rate, or "
        f"{advice}"
    )


def winner_in(state: State) -> NetworkState:
    """The winner that a state holds, as a copy.

    Raises:
        CheckpointError: its tensors are not those of its structure.
    """
    tensors = {name: tensor.copy() for name, tensor in state["winner"].items()}
    winner = NetworkState.from_parts(state["winner_structure"], tensors)
    refuse_misfit("winner", modules.to_tensors(winner.module()), tensors)
    return winner
