# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the package brings: for every sort of kind its names, where each is, and a line about it.

A kind is one file and one line here. Other packages name theirs by entry points of the same groups,
"vynapse." in front. Nothing is imported until it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Entries = Mapping[str, tuple[str, str]]
"""Name -> package.module:object of the kind, and one line about it."""

_MODES: Final[Entries] = {
    "sgd": (
        "vynapse.trainers.sgd:MODE",
        "gradient descent on mini-batches: SGD, momentum, Adam, AdamW, RMSprop",
    ),
    "static": (
        "vynapse.trainers.static:MODE",
        "gradient descent whose whole step is a graph, traced once: the keys of sgd",
    ),
    "deap": (
        "vynapse.trainers.deap:MODE",
        "weight evolution: genetic algorithms, evolution strategies, CMA-ES",
    ),
    "neat": (
        "vynapse.trainers.neat:MODE",
        "NEAT: topology and weights evolve together, from the smallest network on",
    ),
    "hybrid": (
        "vynapse.trainers.hybrid:MODE",
        "NEAT and gradients: topology evolves, the best networks are fine-tuned and inherit",
    ),
    "policy": (
        "vynapse.trainers.policy:MODE",
        "policy gradients: PPO on any control task, resumed exactly",
    ),
    "actor-critic": (
        "vynapse.trainers.actor_critic:MODE",
        "a population of actors and an off-policy learner (DQN or TD3) share one replay",
    ),
    "iql": (
        "vynapse.trainers.iql:MODE",
        "implicit Q-learning: a policy from logged episodes of others",
    ),
    "nsga2": (
        "vynapse.trainers.nsga2:MODE",
        "NSGA-II: the trade-off between several objectives of a function",
    ),
    "map-elites": (
        "vynapse.trainers.map_elites:MODE",
        "MAP-Elites: the best vector for each kind of behaviour of a function",
    ),
    "grow": (
        "vynapse.esper.tolaria.mode:MODE",
        "gradient descent on a network that grows: seeds germinate, train apart, blend in",
    ),
    "prune": (
        "vynapse.esper.tolaria.prune:MODE",
        "gradient descent on a network that becomes smaller: channels and fossils go",
    ),
}

_STRATEGIES: Final[Entries] = {
    "mu+lambda": (
        "vynapse.evolution.strategies.plus:STRATEGY",
        "parents and their offspring compete to be parents",
    ),
    "mu,lambda": (
        "vynapse.evolution.strategies.comma:STRATEGY",
        "offspring and the elites alone compete to be parents",
    ),
    "generational": (
        "vynapse.evolution.strategies.generational:STRATEGY",
        "a genetic algorithm: all offspring become parents, and the elites stay",
    ),
    "steady-state": (
        "vynapse.evolution.strategies.steady_state:STRATEGY",
        "each child takes the place of the worst of the population as soon as it is measured",
    ),
    "openai-es": (
        "vynapse.evolution.strategies.openai_es:STRATEGY",
        "OpenAI-ES: a gradient estimated from pairs of samples, followed by Adam",
    ),
    "snes": (
        "vynapse.evolution.strategies.snes:STRATEGY",
        "SNES: a distribution with one step size for each weight follows the natural gradient",
    ),
    "cma-es": (
        "vynapse.evolution.strategies.cma_es:STRATEGY",
        "CMA-ES: a distribution that also learns how weights correlate",
    ),
}

_EVALUATORS: Final[Entries] = {
    "inline": ("vynapse.evolution.evaluators.inline:EVALUATOR", "in this process"),
    "threads": (
        "vynapse.evolution.evaluators.threads:EVALUATOR",
        "in threads of this process, for networks that the kernels compute",
    ),
    "processes": (
        "vynapse.evolution.evaluators.processes:EVALUATOR",
        "in worker processes, which may die or hang without harm",
    ),
    "ray": (
        "vynapse.distributed.on_ray:EVALUATOR",
        "by actors of Ray, on this machine or a cluster",
    ),
    "grpc": (
        "vynapse.distributed.on_grpc:EVALUATOR",
        "by workers that speak gRPC, on this machine or others",
    ),
}

_CONTROLLERS: Final[Entries] = {
    "heuristic": (
        "vynapse.esper.tamiyo.heuristic:KIND",
        "germinates where the network has plateaued, and lets each seed pass gates or culls it",
    ),
    "fixed": (
        "vynapse.esper.tamiyo.fixed:KIND",
        "grows by the clock, whatever is measured: a control",
    ),
    "tuned": (
        "vynapse.esper.tamiyo.tuned:KIND",
        "grows by a schedule that esper tune has searched for: an open loop",
    ),
    "random": (
        "vynapse.esper.tamiyo.random:KIND",
        "takes each legal action with a stated probability: a control",
    ),
    "pruning": (
        "vynapse.esper.tamiyo.pruning:KIND",
        "grows nothing: makes a trained network smaller",
    ),
    "run": (
        "vynapse.esper.simic.controller:KIND",
        "decides as the policy of a run on task growth has learnt: controller: run:PATH",
    ),
    "paced": (
        "vynapse.esper.simic.paced:KIND",
        "grows by a schedule whose pace follows what is seen, as learnt in the millisecond gym",
    ),
    "no-op": (
        "vynapse.esper.tamiyo.no_op:KIND",
        "never acts: what training alone would have done",
    ),
}

_BLUEPRINTS: Final[Entries] = {
    "norm": ("vynapse.esper.kasmina.built_in:NORM", "batch norm"),
    "squeeze_excite": (
        "vynapse.esper.kasmina.built_in:SQUEEZE_EXCITE",
        "a gate for each channel, from the whole picture",
    ),
    "conv1x1": ("vynapse.esper.kasmina.built_in:CONV1X1", "a 1x1 convolution"),
    "bottleneck": (
        "vynapse.esper.kasmina.built_in:BOTTLENECK",
        "a 3x3 convolution of a quarter of the channels, between two 1x1",
    ),
    "depthwise": (
        "vynapse.esper.kasmina.built_in:DEPTHWISE",
        "a 3x3 convolution within channels, then 1x1",
    ),
    "conv_light": ("vynapse.esper.kasmina.built_in:CONV_LIGHT", "a 3x3 convolution"),
    "conv_heavy": ("vynapse.esper.kasmina.built_in:CONV_HEAVY", "two 3x3 convolutions"),
    "low_rank": ("vynapse.esper.kasmina.built_in:LOW_RANK", "a linear map of low rank"),
    "attention": ("vynapse.esper.kasmina.built_in:ATTENTION", "multi-head self-attention"),
    "mlp": ("vynapse.esper.kasmina.built_in:MLP", "one hidden layer"),
    "block": ("vynapse.esper.kasmina.built_in:BLOCK", "attention, then a hidden layer"),
}
"""Those for pictures first, each sort from light to heavy."""

_STRUCTURES: Final[Entries] = {
    "mlp": ("vynapse.networks.mlp:KIND", "fully connected layers: mlp: [2, 2, 1]"),
    "cnn": ("vynapse.networks.cnn:KIND", "convolutions and poolings: cnn: [16, 32]"),
    "factory": (
        "vynapse.networks.factory:KIND",
        'a module that a function of yours returns: factory: "package.module:function"',
    ),
    "graph": (
        "vynapse.networks.graph_structure:KIND",
        "a network written down node by node: graph: net.yaml, or saved: graph: net.json",
    ),
    "vector": ("vynapse.networks.vector:KIND", "some numbers, for functions: vector: {}"),
    "normalized": (
        "vynapse.networks.normalized:KIND",
        "a network that sees its inputs shifted and scaled: normalized: {network: …}",
    ),
    "neat": (
        "vynapse.evolution.neat.structure:KIND",
        "a graph of single nodes, as mode neat evolves it: neat: {}",
    ),
    "grown": (
        "vynapse.esper.kasmina.grown:KIND",
        "a host with what has grown in it; mode grow makes them",
    ),
}

_TASKS: Final[Entries] = {
    "xor": ("vynapse.tasks.logic:XOR", "exclusive or: 4 patterns, one sigmoid output"),
    "parity": ("vynapse.tasks.logic:PARITY", "parity of 2 to 16 bits: all patterns"),
    "spirals": ("vynapse.tasks.spirals:SPIRALS", "two interlocked spirals: classic or generated"),
    "digits": ("vynapse.tasks.digits:DIGITS", "1,797 handwritten digits of 8x8 pixels, bundled"),
    "glyphs": ("vynapse.tasks.glyphs:GLYPHS", "which two glyphs: generated pictures of 24x24"),
    "mnist": ("vynapse.tasks.mnist:MNIST", "70,000 handwritten digits of 28x28 pixels"),
    "cifar10": ("vynapse.tasks.cifar10:CIFAR10", "60,000 colour pictures of 32x32 pixels"),
    "text": ("vynapse.tasks.text:TEXT", "the next character of a text, from those before it"),
    "images": (
        "vynapse.tasks.images:IMAGES",
        "pictures in files: a folder for each class, or a table of paths and labels",
    ),
    "csv": ("vynapse.tasks.tabular:CSV", "any CSV file: classes, numbers, labels or a time series"),
    "arrays": (
        "vynapse.tasks.stored:ARRAYS",
        "arrays of yours: vynapse.run((X, y), …), or a safetensors file of them",
    ),
    "cartpole": (
        "vynapse.tasks.control.cartpole:TASK",
        "balance a pole on a cart: CartPole-v1 of Gymnasium",
    ),
    "acrobot": (
        "vynapse.tasks.control.acrobot:TASK",
        "swing a double pendulum above the bar: Acrobot-v1 of Gymnasium",
    ),
    "mountain-car-continuous": (
        "vynapse.tasks.control.mountain_car:TASK",
        "drive a weak car out of a valley: MountainCarContinuous-v0 of Gymnasium",
    ),
    "pendulum": (
        "vynapse.tasks.control.pendulum:TASK",
        "swing a pendulum up and hold it: Pendulum-v1 of Gymnasium",
    ),
    "double-pole": (
        "vynapse.tasks.control.double_pole:TASK",
        "balance two poles on a cart for 100,000 steps, velocities seen",
    ),
    "double-pole-hidden": (
        "vynapse.tasks.control.double_pole_hidden:TASK",
        "balance two poles on a cart, velocities hidden: by Gruau's fitness",
    ),
    "gym": (
        "vynapse.tasks.control.gym:TASK",
        "any environment of Gymnasium with Box, Discrete or MultiDiscrete spaces: gym:CartPole-v1",
    ),
    "growth": (
        "vynapse.esper.simic.task:TASK",
        "decide what grows while a network learns: {name: growth, task: glyphs}",
    ),
    "growth-gym": (
        "vynapse.esper.simic.gym.task:TASK",
        "decide what grows while tiny networks learn: milliseconds an episode",
    ),
    "heuristic": (
        "vynapse.esper.simic.thresholds:TASK",
        "what the thresholds of controller heuristic are worth: {name: heuristic, task: glyphs}",
    ),
    "function": ("vynapse.trainers.function:TASK", "a function of yours of a vector, by its name"),
}

_LOSSES: Final[Entries] = {
    "mse": ("vynapse.tasks.losses.mse:MSE", "mean squared error, over outputs too"),
    "cross_entropy": (
        "vynapse.tasks.losses.cross_entropy:CROSS_ENTROPY",
        "cross-entropy of classes, in nats",
    ),
    "binary_cross_entropy": (
        "vynapse.tasks.losses.binary:BINARY_CROSS_ENTROPY",
        "cross-entropy of labels that are each there or not, in nats",
    ),
    "function": (
        "vynapse.tasks.losses.function:FUNCTION",
        "a function of yours of outputs and targets, by its name",
    ),
}

_EXPORTS: Final[Entries] = {
    "onnx": ("vynapse.deploy.onnx:KIND", "a model for ONNX Runtime"),
    "pt2": ("vynapse.deploy.pt2:KIND", "a program of torch.export"),
    "json": ("vynapse.deploy.json:KIND", "the graph as JSON, tensors beside it"),
    "c": ("vynapse.deploy.c:KIND", "a C header without allocation"),
    "python": ("vynapse.deploy.python:KIND", "one file of plain Python"),
    "wasm": ("vynapse.deploy.wasm:KIND", "a WebAssembly module without imports"),
    "html": ("vynapse.deploy.html:KIND", "one page that carries the network"),
    "latex": ("vynapse.deploy.latex:KIND", "formulas of a small network"),
}

_SINKS: Final[Entries] = {
    "tensorboard": (
        "vynapse.telemetry.sinks.tensorboard:KIND",
        "event files that TensorBoard shows",
    ),
    "prometheus": (
        "vynapse.telemetry.sinks.prometheus:KIND",
        "an endpoint that Prometheus scrapes",
    ),
    "spans": (
        "vynapse.telemetry.sinks.spans:KIND",
        "what lasted how long, as spans.jsonl in the run",
    ),
    "otlp": (
        "vynapse.telemetry.sinks.otlp:KIND",
        "what lasted how long, sent to a collector by OTLP",
    ),
}

CATALOGUE: Final[Mapping[str, Entries]] = MappingProxyType(
    {
        "modes": _MODES,
        "tasks": _TASKS,
        "losses": _LOSSES,
        "structures": _STRUCTURES,
        "strategies": _STRATEGIES,
        "evaluators": _EVALUATORS,
        "controllers": _CONTROLLERS,
        "blueprints": _BLUEPRINTS,
        "exports": _EXPORTS,
        "sinks": _SINKS,
    }
)
"""Group -> its entries, in the order in which lists show them."""
