# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Implicit Q-learning (Kostrikov, Nair & Levine 2021) for choices, from logged episodes alone.

No action is ever asked for that the log does not hold. V(s) is an upper expectile of Q(s, a) over
the actions of the log (equation 5). Q learns from r + discount V(s') (equation 6). The policy
imitates the log, and an action weighs exp(temperature A(s, a)) with A = Q - V (equation 7). Two
critics learn, and the lower of their slow copies counts.

Where an action is made of factors, a critic has a head for each. Q(s, a) is the mean of what the
heads say of the choices taken, as in branching Q (Tavakoli, Pardo & Kormushev 2018). So the largest
Q is found factor by factor. That one factor matters only with some choices of another, it cannot
say. Illegal choices have no probability and do not take part in the largest Q.

Where an episode ended by itself there is no next value. Where it was cut off there is one, that of
the observation that followed. Random numbers have addresses: each epoch runs under its own seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, final

import numpy as np
import torch
from torch import Tensor, nn

from vynapse.core import Array, ControlTask, Cost, State
from vynapse.core.compatible import refuse_misfit
from vynapse.networks import modules
from vynapse.rl.log import Log
from vynapse.seeding import F32, Stream

_LEAST: Final = 1e-6
"""Outputs are kept so far from 0 and 1 that their logits are finite."""
_HEAVIEST: Final = 100.0
"""The largest weight of an action in the imitation, as in the authors' code."""


@final
@dataclass(frozen=True, slots=True)
class Rules:
    """How it learns; see the keys of mode `iql`."""

    batch_size: int
    learning_rate: float
    discount: float
    expectile: float
    temperature: float
    target_rate: float
    critic: tuple[int, ...]
    clip_norm: float


@final
@dataclass(frozen=True, slots=True)
class _Batch:
    """Steps of the log (n), as tensors."""

    seen: Tensor
    after: Tensor
    taken: Tensor
    rewards: Tensor
    lasting: Tensor
    legal: Tensor


@final
class Iql:
    """A policy, two critics with slow copies, and the value of a state.

    Args:
        network: the policy, trained in place: observations (n, *shape) -> outputs in (0, 1).
        task: what it acts in.
        log: what it learns from.
        seen: the observations of the log as networks see them (n + e, i).
        rules: how it learns.
        stream: source of seeds.
        device: where it computes.
    """

    def __init__(
        self,
        network: nn.Module,
        task: ControlTask,
        log: Log,
        seen: F32,
        rules: Rules,
        stream: Stream,
        device: str = "cpu",
    ) -> None:
        self._rules, self._stream, self._task = rules, stream, task
        self._sizes, self._count = log.choices, len(log)
        self._scale = _deviation(log.returns_to_go(rules.discount))
        self._steps = _batch_of(log, seen, self._scale, torch.device(device))
        outputs, inputs = sum(log.choices), log.observations.shape[1]
        with modules.isolated_generators(stream.seed_for(0, 2)):
            parts = {
                "policy": network,
                "value": _mlp(inputs, rules.critic, 1),
                "critics": nn.ModuleList(_mlp(inputs, rules.critic, outputs) for _ in range(2)),
                "targets": nn.ModuleList(_mlp(inputs, rules.critic, outputs) for _ in range(2)),
            }
        parts["targets"].load_state_dict(parts["critics"].state_dict())
        parts["targets"].requires_grad_(False)
        self._parts = nn.ModuleDict(parts).to(device)
        learning = [p for p in self._parts.parameters() if p.requires_grad]
        self._adam = torch.optim.Adam(learning, rules.learning_rate)

    @property
    def largest_entropy(self) -> float:
        """That of choosing blindly among all choices: nats."""
        return sum(math.log(size) for size in self._sizes)

    def epoch(self, number: int) -> dict[str, float]:
        """Go through the log once, in an order of its own; means over its updates.

        Args:
            number: the number of the epoch, from 0; the address of its random numbers.
        """
        rules, told = self._rules, []
        order = np.random.default_rng(self._stream.seed_for(number + 1)).permutation(self._count)
        updates = math.ceil(self._count / rules.batch_size)
        self._parts.train()
        with modules.isolated_generators(self._stream.seed_for(number + 1, 1)):
            for rows in np.array_split(order, updates):
                told.append(self._update(torch.from_numpy(rows)))
        means = torch.stack(told).mean(dim=0).tolist()
        figures = dict(zip(_FIGURES, means, strict=True))
        figures["value"] *= self._scale
        figures["greedy_value"] *= self._scale
        return figures

    def cost(self, flops: int) -> Cost:
        """The cost of an epoch: forward, and back for what learns.

        Args:
            flops: operations of one input through the policy.
        """
        critic, value = (_flops(part) for part in (self._critics[0], self._parts["value"]))
        of_a_step = 3 * flops + 2 * critic * (3 + 1) + value * (3 + 1)
        count = self._count
        return Cost(7 * count, 4 * count, count * of_a_step, 0)

    def state(self) -> State:
        """Weights, and what Adam remembers, as copies."""
        return {
            "weights": modules.to_tensors(self._parts),
            "adam": {
                name: {key: value.detach().cpu().numpy().copy() for key, value in entries.items()}
                for name, entries in self._memory()
            },
        }

    def load(self, state: State) -> None:
        """Become the learner whose `state()` this was.

        Raises:
            CheckpointError: it does not fit; nothing was loaded.
        """
        own, named = self.state(), dict(self._parts.named_parameters())
        own["adam"] = {name: _fresh(named[name]) for name in state["adam"] if name in named}
        refuse_misfit("learner iql", own, state)
        modules.load_tensors(self._parts, state["weights"])
        memory = self._adam.state
        memory.clear()
        for name, entries in state["adam"].items():
            device = named[name].device
            memory[named[name]] = {
                # Adam counts its steps on the CPU
                key: torch.from_numpy(value.copy()).to("cpu" if key == "step" else device)
                for key, value in entries.items()
            }

    @property
    def _critics(self) -> Sequence[nn.Module]:
        critics: Any = self._parts["critics"]
        return list(critics)

    def _update(self, rows: Tensor) -> Tensor:
        """One step of Adam on all losses, which share no parameter; the figures of the batch."""
        rules, batch = self._rules, _rows(self._steps, rows)
        with torch.no_grad():
            targets: Any = self._parts["targets"]
            slow = torch.stack([part(batch.seen) for part in targets])
            old = self._of_taken(slow, batch.taken).min(dim=0).values
            largest = _largest(slow.mean(dim=0), batch.legal, self._sizes).mean()
            next_value = self._parts["value"](batch.after).squeeze(1)
            goal = batch.rewards + rules.discount * batch.lasting * next_value
        value = self._parts["value"](batch.seen).squeeze(1)
        advantage = old - value
        aside = torch.where(advantage > 0, rules.expectile, 1 - rules.expectile)
        value_loss = (aside * advantage**2).mean()
        heads = torch.stack([part(batch.seen) for part in self._critics])
        critic_loss = ((self._of_taken(heads, batch.taken) - goal) ** 2).mean(dim=1).sum()
        weight, clipped = self._weights(advantage.detach())
        likely, entropy = self._imitated(batch)
        policy_loss = -(weight * likely).mean()
        self._adam.zero_grad()
        (value_loss + critic_loss + policy_loss).backward()
        for name in ("policy", "value", "critics"):
            nn.utils.clip_grad_norm_(self._parts[name].parameters(), rules.clip_norm)
        self._adam.step()
        self._follow()
        figures = (value_loss, critic_loss, policy_loss, entropy, value.mean(), largest, clipped)
        return torch.stack([figure.detach() for figure in figures])

    def _weights(self, advantage: Tensor) -> tuple[Tensor, Tensor]:
        """What each action counts in the imitation, and the share that is at the bound.

        Advantages are divided by their root mean square (Wang et al. 2018, MARWIL), so that the
        temperature means the same on every task.
        """
        size = advantage.square().mean().sqrt().clamp_min(1e-8)
        raw = torch.exp((self._rules.temperature * advantage / size).clamp_max(20.0))
        weight = raw.clamp_max(_HEAVIEST)
        return weight, (raw > _HEAVIEST).float().mean()

    def _imitated(self, batch: _Batch) -> tuple[Tensor, Tensor]:
        """Log likelihood of the actions of the log (n,), and the mean entropy of the policy."""
        shaped = batch.seen.reshape(-1, *self._task.observations)
        logits = logits_of(self._parts["policy"](shaped), self._task)
        allowed = logits.masked_fill(~batch.legal, -math.inf)
        likely, entropy = torch.zeros(len(logits), device=logits.device), logits.new_zeros(())
        for factor, part in enumerate(allowed.split(self._sizes, dim=1)):
            logs = part.log_softmax(dim=1)
            likely = likely + logs.gather(1, batch.taken[:, factor : factor + 1]).squeeze(1)
            known = logs.detach().masked_fill(torch.isinf(logs), 0.0)
            entropy = entropy - (known.exp() * known).sum(dim=1).mean()
        return likely, entropy

    def _of_taken(self, heads: Tensor, taken: Tensor) -> Tensor:
        """Q (2, n) of the actions taken (n, factors), of heads (2, n, outputs)."""
        first = torch.tensor((0, *np.cumsum(self._sizes)[:-1].tolist()), device=taken.device)
        picked = heads.gather(2, (taken + first).expand(len(heads), -1, -1))
        return picked.mean(dim=2)

    def _follow(self) -> None:
        """The slow copies go some way towards their critics."""
        pairs = zip(
            self._parts["targets"].parameters(), self._parts["critics"].parameters(), strict=True
        )
        with torch.no_grad():
            for slow, fast in pairs:
                slow.lerp_(fast, self._rules.target_rate)

    def _memory(self) -> list[tuple[str, Mapping[str, Tensor]]]:
        known = self._adam.state
        return [(name, known[p]) for name, p in self._parts.named_parameters() if p in known]


def logits_of(outputs: Tensor, task: ControlTask) -> Tensor:
    """Logits (n, choices) of outputs (n, o) in (0, 1); the largest is what the task takes."""
    logits = torch.logit(outputs, _LEAST)
    if task.actions == 2:  # a single output is the probability of the second
        return torch.cat((torch.zeros_like(logits), logits), 1)
    return logits


_FIGURES: Final = (
    "value_loss",
    "critic_loss",
    "policy_loss",
    "entropy",
    "value",
    "greedy_value",
    "clipped",
)


def _largest(heads: Tensor, legal: Tensor, sizes: Sequence[int]) -> Tensor:
    """The largest Q (n,) over all legal actions, found factor by factor."""
    allowed = heads.masked_fill(~legal, -math.inf).split(list(sizes), dim=1)
    return torch.stack([part.max(dim=1).values for part in allowed]).mean(dim=0)


def _batch_of(log: Log, seen: F32, scale: float, device: torch.device) -> _Batch:
    """All steps of a log, rewards divided by `scale`."""
    rows = log.rows
    arrays = (
        seen[rows],
        seen[rows + 1],
        log.actions,
        log.rewards / np.float32(scale),
        (~log.terminated).astype(np.float32),
        log.legal(),
    )
    return _Batch(*(torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in arrays))


def _rows(steps: _Batch, rows: Tensor) -> _Batch:
    own = rows.to(steps.seen.device)
    return _Batch(*(getattr(steps, name)[own] for name in _Batch.__dataclass_fields__))


def _mlp(inputs: int, hidden: Sequence[int], outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    sizes = (inputs, *hidden)
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


def _flops(part: nn.Module) -> int:
    return 2 * sum(p.numel() for p in part.parameters() if p.dim() > 1)


def _deviation(numbers: Array) -> float:
    """Standard deviation; 1 where all are alike."""
    deviation = float(numbers.std())
    return deviation if deviation > 1e-8 else 1.0


def _fresh(parameter: nn.Parameter) -> dict[str, Array]:
    """What Adam remembers of a parameter, in its form alone."""
    zeros = np.zeros(tuple(parameter.shape), np.float32)
    return {"step": np.zeros((), np.float32), "exp_avg": zeros, "exp_avg_sq": zeros}
