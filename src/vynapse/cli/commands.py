# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The commands: where each is, what help says of it, how it is used; and the page of `--help`.

Two programs have them: `vynapse`, and `esper`, which is growth alone.
"""

from __future__ import annotations

from vynapse.cli.cluster_commands import CLUSTER
from vynapse.cli.command import Command, Program
from vynapse.cli.data_commands import DATA
from vynapse.cli.learning_commands import LEARNING
from vynapse.cli.page_commands import PAGES

COMMANDS = (
    Command(
        "run",
        "vynapse.cli.run:run",
        "Train a network on a task and keep everything in a run directory.",
        "On a terminal a progress bar is shown, otherwise a line now and then, both on standard "
        "error. With --json standard output carries one JSON object per row of metrics.csv, and "
        "last the summary that `vynapse show RUN --json` prints, or an object with the keys "
        "error, kind and exit_code. If the reader of standard output goes away, the run goes on.",
        (
            "vynapse run xor --mode deap",
            "vynapse run mnist --mode sgd --seed 1 --budget epochs=5",
            "vynapse run --recipe recipe.yaml --set seed=2 --out runs/second",
            "vynapse run glyphs --mode grow --dry-run",
        ),
    ),
    Command(
        "grow-existing",
        "vynapse.cli.grow:grow_existing",
        "Grow a network that has been trained already.",
        "The weights come from a run directory, whose task is taken too, from a "
        ".safetensors file, or from a state dict of torch (.pt, .pth). A state dict"
        " needs the --network it belongs to. Mode grow begins with them. Seeds "
        "germinate at once, and the network stands still until they blend in: --set"
        " controller.host_epochs=3 and --set isolation=shadow undo that. From then "
        "on it is trained as it was in that run, at a lower rate: --set "
        "training.learning_rate=0.05 sets it. The output is that of `run`.",
        (
            "vynapse grow-existing runs/first --budget flops=1e12",
            "vynapse grow-existing model.pt --task cifar10 --network my_package:build",
        ),
    ),
    Command(
        "resume",
        "vynapse.cli.run:resume",
        "Resume a run that was interrupted or killed.",
        "It ends with the same bytes as if it had never stopped. A run that has finished only "
        "shows its summary again.",
        ("vynapse resume runs/first",),
    ),
    Command(
        "reproduce",
        "vynapse.cli.reproduce:reproduce",
        "Make a run again from what its directory holds, and say whether the bytes agree.",
        "The new run lies beside the old one. Compared are the network, the metrics and the "
        "events, without times. Where they differ it says from where on, and what else differs: "
        "versions, machine, kernels. The exit code is 0 if all is the same and 3 if not. With "
        "--json one object.",
        ("vynapse reproduce runs/first", "vynapse reproduce last --out again"),
    ),
    Command(
        "compare",
        "vynapse.cli.compare:compare",
        "Run tasks in several modes with several seeds at one budget.",
        "Prints a table of means and 95 % confidence intervals. The runs and the "
        "table (Markdown, CSV, JSON) are kept. With --json standard output carries "
        "one object per task and mode. With --controls mode grow is followed by "
        "runs that tell what its growth is worth. The control static-initial is "
        "mode sgd on the network it began with. The control static-final is mode "
        "sgd, from scratch, on the architecture it found with the same seed, and static-path on "
        "every architecture on its way. Others"
        " are growth under another controller. A second table has the differences, "
        "paired by seed. With --anytime files anytime.* tell how good the arms are at every "
        "budget. With --arm the arms are recipes, and the second table compares "
        "them with the first.",
        (
            "vynapse compare xor --modes sgd,deap --seeds 5",
            "vynapse compare xor spirals --modes sgd,deap --budget flops=1e9",
            "vynapse compare --arm small=small.yaml --arm wide=wide.yaml --jobs 2",
            "vynapse compare digits --modes grow --controls static-initial,static-final,no-op",
            "vynapse compare glyphs --modes grow --controls static-path --anytime",
        ),
    ),
    Command(
        "sweep",
        "vynapse.cli.sweep:sweep",
        "Try a recipe at many points of a space, with several seeds each.",
        "The file names a recipe, a space of its keys, how it is searched (grid, random or tpe), "
        "seeds and budgets. The same command again goes on where the sweep stood, and so does "
        "vynapse sweep FOLDER. Several such commands may work in one folder. Prints a table of "
        "points, the best first, and keeps it with the best recipe, best.yaml. With --json "
        "standard output carries one object, the result.",
        (
            "vynapse sweep sweep.yaml --dry-run",
            "vynapse sweep sweep.yaml --workers 2",
            "vynapse run --recipe runs/sweep-sweep-1a2b3c4d/best.yaml",
        ),
    ),
    Command(
        "init",
        "vynapse.cli.recipes:init",
        "Write a commented recipe to start from.",
        "Every key stands in it with its value, its meaning and its range. --from-neat-python "
        "reads a configuration file of neat-python: every key of it is mapped, or named as not "
        "mapped, in a comment.",
        (
            "vynapse init xor --from-neat-python config-feedforward --out recipe.yaml",
            "vynapse init xor --mode deap --out recipe.yaml",
            "vynapse run --recipe recipe.yaml",
        ),
    ),
    Command(
        "show",
        "vynapse.cli.show:show",
        "Show a run: stages, loss, metrics, cost and the curve of its loss.",
        "A run in which something grew shows when each seed was in which phase, and"
        " tells why. It also works while the run is going on. With --json one "
        "object, the summary. With --front the networks among which the run lets you choose: each "
        "with its loss, accuracy, parameters, FLOPs of one example and bytes.",
        (
            "vynapse show runs/first",
            "vynapse show runs/first --plot loss.svg",
            "vynapse show runs/first --front",
        ),
    ),
    Command(
        "report",
        "vynapse.cli.report:report",
        "Write what a run, or runs side by side, have to tell into one file.",
        "The file needs no network and no program but a browser. It holds curves, the network, "
        "costs, what ended the run, and what makes it again. For several seeds it has means with "
        "95 % confidence bands. A run may be going on, and may have been interrupted. Pictures of "
        "curves need the extra viz.",
        (
            "vynapse report runs/first",
            "vynapse report last --format md --out first.md",
            "vynapse report runs/compared",
        ),
    ),
    Command(
        "runs",
        "vynapse.cli.runs:runs",
        "List the runs in a folder, filtered and sorted.",
        "--where compares fields of summaries, as `vynapse show RUN --json` prints them, with "
        "numbers or texts: loss<0.1, cost.flops<=1e9, status=finished, accuracy>0.9 (short for "
        "metrics.accuracy); with and, or, not and brackets. A run satisfies no comparison with "
        "what it does not have. With --json one object per run and line, with its path, its tags "
        "and the time at which it was begun.",
        (
            "vynapse runs",
            "vynapse runs experiments --json",
            'vynapse runs --mode deap --where "loss<0.1 and steps<500" --sort loss',
            "vynapse runs --since 2d --tag paper",
        ),
    ),
    Command(
        "runs tag",
        "vynapse.cli.runs:tag",
        "Put tags on a run, or take them off.",
        "Tags are words of your own for `vynapse runs --tag`. They change nothing of the run and "
        "may be given while it goes on.",
        ("vynapse runs tag runs/first paper", "vynapse runs tag last paper --remove"),
    ),
    Command(
        "data cache",
        "vynapse.cli.data_cache:cache",
        "Read a CSV file once, so that runs start at once and read it in place.",
        "The cache is what a run with the same keys makes when the file has 64 MB or more, or with "
        "--set cache=true. With --verify the file and the cache are read through and compared by "
        "their hashes; what has changed is named, and the command ends with code 1.",
        (
            "vynapse data cache sales.csv --target price",
            "vynapse data cache logs --target failed --set separator=';' --verify",
        ),
    ),
    Command(
        "runs export",
        "vynapse.cli.runs_export:export",
        "Send a run on to another program from its files.",
        "A sink gets every event and row of the run, and its spans, as if the run went on now. "
        "--to names it: tensorboard, otlp for the spans, or package.module:name of yours.",
        ("vynapse runs export runs/first --to tensorboard --out exported/first",),
    ),
    *PAGES,
    Command(
        "evaluate",
        "vynapse.cli.predict:evaluate",
        "Measure the winner of a run on data.",
        "The data are `train` or `validation`, the splits of the run's task, or, for a run on a "
        "CSV task, a CSV file with the same columns; the run's own preprocessing is applied.",
        (
            "vynapse evaluate runs/first validation",
            "vynapse evaluate runs/penguins new.csv --json",
        ),
    ),
    Command(
        "predict",
        "vynapse.cli.predict:predict",
        "Write what the winner of a run predicts, as CSV.",
        "One row per example: the class and the probability of each class, or the value. The data "
        "are named as for evaluate; a CSV file needs no target column.",
        (
            "vynapse predict runs/penguins new.csv --out predicted.csv",
            "vynapse predict runs/first validation",
        ),
    ),
    Command(
        "graph",
        "vynapse.cli.graph:graph",
        "Show what a network computes: its graph, cost or schedule.",
        "A network is a run directory, a file or a module of yours. It is traced to a graph of ops "
        "of torch, which is printed as a table, or written as JSON, DOT, Mermaid or SVG. With "
        "--schedule a run of mode static or sgd shows its training step, forward, backward and "
        "update. `vynapse graph diff A B` says what differs between two.",
        (
            "vynapse graph runs/first --cost",
            "vynapse graph my_package.models:build --input 3,32,32 --format svg --out net.svg",
            "vynapse graph diff runs/first runs/second",
        ),
    ),
    Command(
        "export",
        "vynapse.cli.graph:export",
        "Write a network as a file that other programs run.",
        "The file is run beside torch on random inputs before it is given to you. It also carries "
        "the names of classes, and what turns a row of a CSV file or pixels into inputs.",
        (
            "vynapse export runs/first --format onnx --out first.onnx",
            "vynapse export models:build --weights net.pt --input 3,32,32 --format pt2 --out n.pt2",
        ),
    ),
    Command(
        "play",
        "vynapse.cli.play:play",
        "Let the best network of a run on a control task act.",
        "Each episode has its own beginning, a function of --seed and its number. With --json "
        "one object per episode: episode, return, steps, ended (terminated or limit).",
        ("vynapse play runs/cartpole", "vynapse play runs/cartpole --episodes 100 --json"),
    ),
    Command(
        "collect",
        "vynapse.cli.collect:collect",
        "Play episodes of a control task and keep them as a file.",
        "Mode iql learns from such a file: --set data=FILE. Who plays may be mixed: blind legal "
        "choices, networks of runs that act blindly now and then, and what the task offers. With "
        "--json one object per behaviour: behaviour, episodes, steps, return.",
        ("vynapse collect cartpole --behaviour random,run:runs/first --out log.safetensors",),
    ),
    Command(
        "why",
        "vynapse.cli.play:why",
        "Tell how the winner of a run, or another genome, arose.",
        "A run of mode neat keeps its champions with their parents, operators and losses. Ids "
        "stand in events.jsonl; without one the winner's line of descent is told.",
        ("vynapse why runs/first", "vynapse why runs/first 4711"),
    ),
    Command(
        "tasks",
        "vynapse.cli.names:tasks",
        "List the built-in tasks.",
        "A task of your own is named package.module:Class.",
        ("vynapse tasks",),
    ),
    *DATA,
    *CLUSTER,
    Command(
        "modes",
        "vynapse.cli.names:modes",
        "List the modes: ways to improve a network.",
        "Packages add modes through the entry-point group vynapse.modes.",
        ("vynapse modes",),
    ),
    Command(
        "schema",
        "vynapse.cli.recipes:schema",
        "Print the JSON schema of a recipe, or of a sweep file.",
        "Editors use it to complete and check such files.",
        (
            "vynapse schema > recipe.schema.json",
            "vynapse schema --sweep > sweep.schema.json",
        ),
    ),
    Command(
        "doctor",
        "vynapse.cli.doctor:doctor",
        "Say what is installed, what is missing and how to get it.",
        "Also where data are looked for, which were found, and how much space is left for runs.",
        ("vynapse doctor", "vynapse doctor --json"),
    ),
)


VYNAPSE = Program("vynapse", "Train, evolve and grow small neural networks.", COMMANDS)

_EPISODES = (
    "Each episode is a run of mode grow with its own seed, kept in a run directory: `vynapse show` "
    "tells its story. At the end a table is printed; with --json standard output carries one "
    "object per episode, its summary."
)

ESPER = Program(
    "esper",
    "Grow neural networks: a controller decides what grows, where and when.",
    (
        Command(
            "heuristic",
            "vynapse.cli.episodes:heuristic",
            "Grow by what is measured: plateaus, gradient health, contributions.",
            _EPISODES,
            (
                "esper heuristic --task cifar10 --episodes 1",
                "esper heuristic --task spirals --episodes 5 --budget flops=1e9 --out runs/grown",
            ),
        ),
        Command(
            "fixed",
            "vynapse.cli.episodes:fixed",
            "Grow by a fixed schedule.",
            _EPISODES,
            ("esper fixed --task cifar10 --episodes 1",),
        ),
        Command(
            "random",
            "vynapse.cli.episodes:random",
            "Grow at random, as a control.",
            _EPISODES,
            ("esper random --task cifar10 --episodes 1",),
        ),
        Command(
            "no-op",
            "vynapse.cli.episodes:no_op",
            "Never grow, as a control.",
            _EPISODES,
            ("esper no-op --task cifar10 --episodes 1",),
        ),
        *LEARNING,
        Command(
            "evaluate",
            "vynapse.cli.episodes:evaluate",
            "Grow by what a controller has learnt in a run.",
            _EPISODES,
            ("esper evaluate run:runs/learnt --task glyphs --episodes 5",),
        ),
    ),
)
