# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What `upgrade.py` runs in both trees: every mode, path, task and option that matters, briefly.

A command is that of `vynapse`, with environment variables in front, in the spelling of the older
tree. `{runs}` is the folder where the tree's earlier runs lie, each under its name.
"""

from typing import Final

RUNS: Final[dict[str, str]] = {
    # gradient descent: the kernel in C and in NumPy, and torch
    "sgd-xor": "run xor --mode sgd --seed 4",
    "sgd-xor-numpy": "VYNAPSE_KERNELS=numpy run xor --mode sgd --steps 400 --set batch_size=3",
    "sgd-xor-restarts": "run xor --mode sgd --set learning_rate=0.02 --set restart_patience=20 "
    "--steps 2000 --seed 3",
    "sgd-parity": "VYNAPSE_KERNELS=baseline run parity --mode sgd --set task.bits=4 --seed 1",
    "sgd-spirals": "run spirals --mode sgd --steps 300",
    "sgd-spirals-momentum": "run spirals --mode sgd --set optimizer=sgd --set momentum=0.9 "
    "--set nesterov=true --set schedule=step --set step_every=100 --set warmup=10 "
    "--set clip_norm=1 --set task.kind=generated --set task.points=200 --steps 300",
    "sgd-spirals-patience": "run spirals --mode sgd --budget patience=60 --budget steps=3000 "
    "--set evaluate_every=7 --set steps_per_call=13 --log-every 5",
    "sgd-digits": "run digits --mode sgd --budget epochs=8",
    "sgd-digits-flops": "run digits --mode sgd --budget flops=2e8 --budget epochs=40 "
    "--network mlp:64,24,16,10 --seed 2",
    "sgd-digits-rmsprop": "run digits --mode sgd --set optimizer=rmsprop --set momentum=0.5 "
    "--set schedule=constant --set learning_rate=0.001 --budget epochs=3",
    "sgd-digits-cnn": "run digits --mode sgd --network cnn:8,16 --budget epochs=2 "
    "--set 'task.augment=[flip, {crop: 1}, {noise: 0.05}]'",
    "sgd-glyphs": "run glyphs --mode sgd --set task.train=600 --set task.validation=300 "
    "--set task.test=300 --budget epochs=2",
    "sgd-mnist": "run mnist --mode sgd --network mlp:784,32,10 --steps 200",
    "sgd-mnist-torch": "run mnist --mode sgd --steps 40",
    "sgd-cifar10": "run cifar10 --mode sgd --steps 10 --network cnn:8,16 "
    "--set 'task.augment=[flip, {crop: 4}]'",
    "sgd-text": "run text --mode sgd --steps 30 --set task.train=4000 --set task.validation=300 "
    "--set task.test=300",
    "sgd-csv-classes": "run csv --mode sgd --set task.path=flowers.csv --set task.target=kind "
    "--budget epochs=40",
    "sgd-csv-missing": "run csv --mode sgd --set task.path=gaps.csv --set task.target=kind "
    "--set task.missing=median --budget epochs=40",
    "sgd-csv-regression": "run csv --mode sgd --set task.path=flowers.csv "
    "--set task.target=length --budget epochs=40",
    "sgd-weights-of-a-run": "run digits --mode sgd --weights {runs}/sgd-digits --budget epochs=2",
    "sgd-weights-of-a-file": "run digits --mode sgd --budget epochs=2 "
    "--weights {runs}/sgd-digits-cnn/best.safetensors",
    # evolution: the kernel, its NumPy form, products, vmap and one by one; all strategies
    "deap-xor": "run xor --mode deap --seed 1",
    "deap-xor-numpy": "VYNAPSE_KERNELS=numpy run xor --mode deap --seed 2 --steps 60",
    "deap-spirals-comma": "run spirals --mode deap --set strategy=mu,lambda --set elites=2 "
    "--set crossover_rate=0.3 --steps 60",
    "deap-generational": "run parity --mode deap --set strategy=generational "
    "--set selection=roulette --set crossover=k-point --set crossover_rate=0.6 "
    "--set crossover_points=3 --steps 150",
    "deap-fused-generational": "run parity --mode deap --set strategy=generational "
    "--set adaptation=decay --set crossover_rate=0.2 --steps 150",
    "deap-steady-state": "run xor --mode deap --set strategy=steady-state --set selection=rank "
    "--set mutation=polynomial --set mutation_rate=0.5 --steps 400",
    "deap-one-fifth": "run parity --mode deap --set adaptation=one-fifth --set selection=sus "
    "--set crossover=blend --set crossover_rate=0.4 --steps 100",
    "deap-openai-es": "run spirals --mode deap --set strategy=openai-es --set offspring=40 "
    "--set learning_rate=0.1 --steps 60",
    "deap-snes": "run digits --mode deap --set strategy=snes --network mlp:64,12,10 --steps 60",
    "deap-cma-es": "run xor --mode deap --set strategy=cma-es --set restart_patience=10 "
    "--set restart_growth=2 --steps 150 --set budget.target=null",
    "deap-restarts": "run parity --mode deap --set restart_patience=8 --set selection=truncation "
    "--set restart_spread=0.05 --set min_delta=0.3 --steps 120 --set budget.target=null",
    "deap-patience": "run spirals --mode deap --budget patience=40 --budget steps=400 "
    "--set evaluate_every=5 --set generations_per_call=7",
    "deap-mask": 'run xor --mode deap --set \'mask={"2.bias": 0, "0.weight": [[1, 0], [1, 1]]}\' '
    "--steps 80 --set budget.target=null",
    "deap-batches": "run digits --mode deap --set strategy=mu,lambda --set batch_size=100 "
    "--steps 40 --network mlp:64,8,10",
    "deap-vmap": "run xor --mode deap --network upgrade_networks:light --steps 60",
    "deap-loop": "run xor --mode deap --network upgrade_networks:convolution --steps 15 "
    "--set offspring=20",
    "deap-mnist": "run mnist --mode deap --network mlp:784,8,10 --steps 10 --set offspring=30",
    "deap-threads": "run digits --mode deap --threads 2 --set selection=rank --steps 20",
    "deap-csv": "run csv --mode deap --set task.path=flowers.csv --set task.target=length "
    "--steps 60",
    # growth: every controller, isolation and way to blend, and what else a seed passes through
    "grow-xor": "run xor --mode grow --network mlp:2,4,1 --budget epochs=12 "
    "--set budget.target=null --set training.learning_rate=0.01",
    "grow-spirals": "run spirals --mode grow --budget epochs=16 "
    "--set 'controller={kind: heuristic, host_epochs: 1, plateau_gain: 0.5, seeds_per_slot: 2}'",
    "grow-fixed": "run digits --mode grow --network cnn:8,16 --budget epochs=7 "
    "--set 'controller={kind: fixed, begin: 1, every: 2}' --set isolation=straight_through",
    "grow-random": "run spirals --mode grow --budget epochs=20 --set isolation=joint "
    "--set 'controller={kind: random, germinate: 0.7, fossilize: 0.7, cull: 0.3}' "
    "--set embargo_epochs=1 --set profile=standard",
    "grow-no-op": "run digits --mode grow --budget epochs=4 --set controller=no-op",
    "grow-gate": "run digits --mode grow --budget epochs=8 --set operator=gate --set rise=cosine "
    "--set blend_epochs=2 --set isolation=frozen --set optimizer_state=reset "
    "--set 'controller={kind: fixed, begin: 1, every: 3}'",
    "grow-interpolate": "run digits --mode grow --budget epochs=8 --set operator=interpolate "
    "--set rise=sigmoid --set profile=deep --set training.schedule=cosine "
    "--set 'controller={kind: fixed, begin: 2, every: 9, blueprints: [low_rank]}'",
    "grow-glyphs": "run glyphs --mode grow --budget steps=6 --set epoch_steps=8 "
    "--set task.train=600 --set task.validation=300 --set task.test=300 "
    "--set controller.host_epochs=0 --set controller.reserve=0.1",
    "grow-cifar10": "run cifar10 --mode grow --budget steps=3 --set epoch_steps=4 "
    "--set probe_examples=200 --set training.batch_size=16 "
    '--set \'network={factory: "vynapse.esper.kasmina.hosts:residual", '
    "options: {widths: [8, 16]}}' --set 'controller={kind: fixed, begin: 0}'",
    "grow-text": "run text --mode grow --budget steps=4 --set epoch_steps=10 "
    "--set task.train=4000 --set task.validation=300 --set task.test=300 "
    "--set 'controller={kind: fixed, begin: 0, blueprints: [attention]}'",
    "grow-csv": "run csv --mode grow --set task.path=flowers.csv --set task.target=kind "
    "--budget epochs=10 --set 'controller={kind: fixed, begin: 1, every: 3}'",
    "grow-existing": "grow-existing {runs}/sgd-digits --budget epochs=5",
    "prune-fossils": "run spirals --mode grow --weights {runs}/grow-spirals --budget epochs=8 "
    "--set 'controller={kind: pruning, target: 0.6}'",
    # several stages
    "stages": "run --recipe stages.yaml",
    "stages-prune": "run --recipe prune.yaml",
    # killed once a checkpoint is there, then resumed
    "cut-sgd": "run xor --mode sgd --steps 60000 --set budget.target=null "
    "--set restart_patience=null --log-every 50 --set checkpoint.every_steps=500",
    "cut-sgd-torch": "run digits --mode sgd --network cnn:4,8 --budget epochs=6 "
    "--set checkpoint.every_steps=20",
    "cut-deap": "run xor --mode deap --steps 12000 --set budget.target=null --log-every 20 "
    "--set checkpoint.every_steps=100",
    "cut-deap-products": "run parity --mode deap --steps 600 --set budget.target=null "
    "--set selection=sus --set checkpoint.every_steps=20",
    "cut-steady-state": "run xor --mode deap --steps 3000 --set budget.target=null "
    "--set strategy=steady-state --log-every 10 --set checkpoint.every_steps=50",
    "cut-snes": "run spirals --mode deap --steps 500 --set strategy=snes "
    "--set checkpoint.every_steps=10",
    "cut-cma-es": "run xor --mode deap --steps 400 --set strategy=cma-es "
    "--set budget.target=null --set checkpoint.every_steps=20",
    "cut-grow": "run spirals --mode grow --budget epochs=40 --set checkpoint.every_steps=3 "
    "--set 'controller={kind: random, germinate: 0.7, fossilize: 0.7, cull: 0.3, "
    "seeds_per_slot: 2}'",
    "cut-stages": "run --recipe cut.yaml",
}
"""What is run, by name; one that begins with `cut-` is killed and resumed."""

EXPLAINED: Final[dict[str, str]] = {
    "the same weights under other names": "a grown network keeps the names of its host, so that "
    "its hash changed with them",
}
"""Why runs differ where that is meant: what differs -> the reason."""

STAGES: Final = """
task: digits
network: {mlp: {sizes: [64, 12, 10], hidden: relu}}
stages:
  - {mode: sgd, budget: {epochs: 3}, learning_rate: 0.003}
  - {mode: deap, budget: {steps: 30}, initial_sigma: 0.02, sigma: 0.01, offspring: 40}
  - mode: grow
    budget: {steps: 5}
    training: {learning_rate: 0.003, batch_size: 64}
    controller: {kind: heuristic, host_epochs: 0, blueprints: [mlp]}
"""
PRUNE: Final = """
task: {name: digits}
network: {cnn: [8, 16]}
stages:
  - {mode: sgd, budget: {epochs: 2}, learning_rate: 0.01}
  - mode: grow
    budget: {steps: 6}
    training: {learning_rate: 0.002, batch_size: 64}
    controller: {kind: pruning, target: 0.6, rest: 1, tolerance: 0.5}
"""
CUT: Final = """
task: spirals
network: {mlp: [2, 6, 2]}
checkpoint: {every_steps: 40}
stages:
  - {mode: deap, budget: {steps: 1500}, mu: 4, offspring: 10, generations_per_call: 10}
  - {mode: sgd, budget: {steps: 3000}, batch_size: 32}
"""
NETWORKS: Final = '''
"""Modules of a user's own: one that vmap batches, one that is measured by itself."""

from torch import nn


def light():
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1), nn.Sigmoid())


def convolution():
    return nn.Sequential(
        nn.Unflatten(1, (1, 2)), nn.Conv1d(1, 3, 1), nn.Flatten(), nn.Tanh(),
        nn.Linear(6, 1), nn.Sigmoid(),
    )
'''
FILES: Final[dict[str, str]] = {
    "stages.yaml": STAGES,
    "prune.yaml": PRUNE,
    "cut.yaml": CUT,
    "upgrade_networks.py": NETWORKS,
}
"""What the commands name beside `flowers.csv` and `gaps.csv`, by the name of the file."""
