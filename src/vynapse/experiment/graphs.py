# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Graphs of runs, files and modules: what `vynapse graph` and `vynapse export` are given.

a run directory            its best network; also run:PATH, and last for the newest run
NAME.yaml, NAME.yml        a graph written down by hand
NAME.json                  a graph that was saved, with its tensors beside it
NAME.safetensors           a network that Vynapse wrote
package.module:factory     a torch.nn.Module, or a function that returns one
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import torch
from torch import Tensor, nn

from vynapse.core import Array, Task, loss_of_tensors, with_episodes, with_examples
from vynapse.deploy.target import Subject
from vynapse.errors import ConfigError, GraphError, MissingExtra
from vynapse.experiment.named_runs import named
from vynapse.experiment.store import load as load_run
from vynapse.experiment.weights import read_state_dict
from vynapse.graph.declare import declare
from vynapse.graph.examples import assert_close
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.formats.json import load as load_graph
from vynapse.graph.ir import Graph
from vynapse.graph.trace import trace
from vynapse.graph.values import dtype_of
from vynapse.imports import import_object
from vynapse.networks import modules
from vynapse.networks.state import NetworkState
from vynapse.networks.tensors import as_array
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task, make_task

if TYPE_CHECKING:
    from vynapse.experiment.store import LoadedRun

_VALIDATION: Final = 1000
"""Validation inputs on which an export is compared with the network."""
_SOURCES = (
    "a run directory, a file (.yaml, .json, .safetensors) or package.module:factory was wanted"
)


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says beside the source.

    Attributes:
        weights: file of weights for a module.
        inputs: shapes of the inputs without the batch, e.g. "3,32,32" or "12:int64".
        task: name of a task, whose inputs are taken.
        front: number of a network of a run's front, in place of its winner.
    """

    weights: Path | None = None
    inputs: Sequence[str] = ()
    task: str | None = None
    front: int | None = None


def subject_of(source: str, given: Given) -> Subject:
    """What is drawn, measured or exported.

    Raises:
        ConfigError: there is no such thing, or more must be said.
        GraphError: it is no graph; the user's line or the node is named.
    """
    source = named(source, "source")
    path = Path(source).expanduser()
    if given.front is not None and not path.is_dir():
        raise ConfigError(f"--front: a run directory was wanted, got {source}: leave --front out")
    if path.suffix in (".yaml", ".yml", ".json") and not path.is_dir():
        _refuse_weights(given)
        return _named(_graph_file(path), {})
    if path.is_dir():
        _refuse_weights(given)
        return _of_run(load_run(path, given.front), given)
    task = None if given.task is None else make_any_task(given.task, {}, "--task")
    if path.suffix == ".safetensors":
        _exists(path)
        network = NetworkState.read(path)
        examples = _examples(given, task, "the network")
        return _traced(network.module(), examples, _about(task))
    if ":" not in source:
        raise ConfigError(f"{source}: {_SOURCES}")
    module = _module(source)
    if given.weights is not None:
        _exists(given.weights)
        held = read_state_dict(given.weights)
        modules.load_tensors(module, {name: as_array(t) for name, t in held.items()})
    return _traced(module.eval(), _examples(given, task, source), _about(task))


def picture_of(source: str) -> str | None:
    """The network of a run, or of a file of Vynapse's, as an .svg that its kind draws.

    None where the kind draws none, or the source is something else: its graph is drawn.

    Raises:
        CheckpointError, RunDirectoryError: the file or the run is damaged.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        network = load_run(path).network
    elif path.suffix == ".safetensors" and path.is_file():
        network = NetworkState.read(path)
    else:
        return None
    return network.structure.picture(network.tensors)


def graph_of(source: str, given: Given) -> Graph:
    """The graph alone; raises as `subject_of`."""
    return subject_of(source, given).graph


def _of_run(run: LoadedRun, given: Given) -> Subject:
    options = {key: value for key, value in run.recipe["task"].items() if key != "name"}
    if run.preprocessing is not None and "columns" in run.preprocessing:
        from vynapse.data.preprocessing import Preprocessing
        from vynapse.tasks.tabular import scoring_of

        preprocessing = Preprocessing.from_json(run.preprocessing)
        metadata = {"task": run.task_name, "preprocessing": json.dumps(run.preprocessing)}
        scoring = scoring_of(preprocessing)
        for key, names in (("classes", scoring.classes), ("outputs", scoring.names)):
            metadata |= {} if names is None else {key: json.dumps(list(names))}
        made = _traced_run(run, [_zeros(preprocessing.input_shape)], metadata)
        return replace(made, examples=partial(_validation, run.task_name, options))
    task = make_any_task(run.task_name, options)
    metadata = _about(task)
    if run.preprocessing is not None:
        metadata["preprocessing"] = json.dumps(run.preprocessing)
    made = _traced_run(run, _examples(given, task, str(run.path)), metadata)
    return replace(made, examples=partial(_validation, run.task_name, options))


def _validation(name: str, options: dict[str, Any]) -> list[Array]:
    """Prepared validation inputs of a task; none where it has no examples."""
    task = with_examples(make_any_task(name, options))
    if task is None:
        return []
    return [task.prepare(task.split("validation").take(slice(0, _VALIDATION)).inputs)]


def _traced_run(run: LoadedRun, examples: list[Tensor], metadata: dict[str, str]) -> Subject:
    """The graph of a winner; of one step, and its state, where it keeps one."""
    module = run.module()
    if run.network.policy().start(1) is None:
        return _traced(module, examples, metadata)
    with torch.no_grad():
        state = cast(Any, module).step(*examples, None)[1]
    made = _traced(Stepping(module), [*examples, torch.zeros_like(state)], metadata)
    return replace(made, outputs=("output", "state"), recurrent=True)


class Stepping(nn.Module):
    """One step of a network that keeps a state: inputs and state, outputs and the next state."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, …) and (batch, n) -> (batch, o) and (batch, n)."""
        step: Any = self.network.step
        outputs, after = step(inputs, state)
        return outputs, after


def _about(task: Task | None) -> dict[str, str]:
    if task is None:
        return {}
    classes = getattr(task, "classes", None)  # tasks without examples have none
    named = {} if classes is None else {"classes": json.dumps(list(classes))}
    control = with_episodes(task)
    if control is not None and control.factors:
        named["factors"] = json.dumps(control.named_factors)
    elif control is not None:
        low, high = control.low.tolist(), control.high.tolist()
        named["actions"] = json.dumps({"count": control.actions, "low": low, "high": high})
    return {"task": task.name, **named, **_world(task), **_pixels(task)}


def _pixels(task: Task) -> dict[str, str]:
    """How pixels become inputs, where inputs are pictures."""
    pixels = getattr(task, "pixels", None)
    return {} if pixels is None else {"pixels": json.dumps(pixels)}


def _world(task: Task) -> dict[str, str]:
    """How a control task of the kernels begins and how its actions are chosen."""
    world = getattr(task, "world", None)
    return {} if world is None else {"control": json.dumps(world())}


def _traced(module: nn.Module, examples: list[Tensor], metadata: dict[str, str]) -> Subject:
    """The graph of a module in evaluation mode, run beside it."""
    with modules.isolated_generators(0):
        try:
            graph = trace(module, *examples, dynamic_batch=True)
        except GraphError as error:
            if not str(error).startswith("dynamic_batch"):
                raise
            examples = [example[:1] for example in examples]
            graph = trace(module, *examples)
        inputs = _random(examples)
        with torch.no_grad():
            eager = module(*inputs)
    wanted = [leaf for leaf in torch.utils._pytree.tree_leaves(eager) if leaf is not None]
    assert_close(graph.outputs, Interpreter(graph).run(*inputs), wanted, 0.0, 0.0, "graph")
    return _named(graph, metadata)


def _named(graph: Graph, metadata: dict[str, str]) -> Subject:
    if len(graph.outputs) == 1 and "output" not in graph.by_name:
        return Subject(graph, ("output",), metadata)
    return Subject(graph, tuple(f"output.{n}" for n in range(len(graph.outputs))), metadata)


def _graph_file(path: Path) -> Graph:
    _exists(path)
    if path.suffix == ".json":
        return load_graph(path)
    try:
        return declare(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: a text in UTF-8 was wanted") from None


def _module(source: str) -> nn.Module:
    with modules.isolated_generators(0):
        found = import_object(source, "module")
        try:
            made = found if isinstance(found, nn.Module) else found()
        except (ConfigError, MissingExtra):
            raise
        except Exception as error:
            raise ConfigError(
                f"{source} refused: {str(error).strip() or type(error).__name__}"
            ) from error
    if not isinstance(made, nn.Module):
        raise ConfigError(f"{source} must give a torch.nn.Module, it gave {type(made).__name__}")
    return made


def _examples(given: Given, task: Task | None, what: str) -> list[Tensor]:
    """Zeros, two of each, of the shapes that are said or that the task has."""
    if given.inputs:
        return [_parsed(text) for text in given.inputs]
    if task is None:
        raise ConfigError(
            f"--input: the shape of one input of {what} is needed, e.g. --input 3,32,32, or "
            "--task NAME"
        )
    return [_zeros(task.interface().inputs)]


def _parsed(text: str) -> Tensor:
    sizes, colon, dtype = text.partition(":")
    try:
        shape = tuple(int(size) for size in sizes.split(","))
        if min(shape) < 1:
            raise ValueError
        return torch.zeros(2, *shape, dtype=dtype_of(dtype) if colon else torch.float32)
    except ValueError:
        raise ConfigError(
            f"--input: sizes of one input without the batch were wanted, e.g. 3,32,32 or 12:int64, "
            f"got {text!r}"
        ) from None
    except GraphError as error:
        raise ConfigError(f"--input: {error}") from None


def _zeros(shape: tuple[int, ...]) -> Tensor:
    return torch.zeros(2, *shape)


def _random(examples: Sequence[Tensor]) -> list[Tensor]:
    found = []
    for number, example in enumerate(examples):
        stream = Streams(0).stream(f"graph.example.{number}")
        values = torch.from_numpy(stream.normal(example.numel())).reshape(example.shape)
        whole = not example.dtype.is_floating_point
        found.append((values > 0 if whole else values).to(example.dtype))
    return found


def _exists(path: Path) -> None:
    if not path.is_file():
        raise ConfigError(f"{path} does not exist: {_SOURCES}")


def _refuse_weights(given: Given) -> None:
    if given.weights is not None:
        raise ConfigError("--weights: weights are there already: it is for package.module:name")


def run_in(source: str) -> Path | None:
    """The directory of the run that a source means; None where it is something else.

    Raises:
        ConfigError: there is no such run.
    """
    path = Path(named(source, "source")).expanduser()
    return path if path.is_dir() else None


def training_graph(run: Path) -> tuple[Graph, str]:
    """The training step of the last stage of a run, and the mode of that stage.

    Raises:
        ConfigError: the stage is not of mode `static` or `sgd`.
    """
    from vynapse.trainers.feed import Feed
    from vynapse.trainers.mode import MODES
    from vynapse.trainers.rules import Rule
    from vynapse.trainers.sgd_settings import SgdSettings
    from vynapse.trainers.static_step import TrainingStep

    loaded = load_run(run)
    stage: dict[str, Any] = loaded.recipe["stages"][-1]
    own = {key: value for key, value in stage.items() if key not in ("mode", "budget")}
    settings = MODES.get(stage["mode"]).settings.model_validate(own)
    if not isinstance(settings, SgdSettings):
        raise ConfigError(
            f"--schedule: the steps of mode {stage['mode']!r} are no graph: those of static and "
            "sgd are"
        )
    options = {key: value for key, value in loaded.recipe["task"].items() if key != "name"}
    task = make_task(loaded.task_name, options)
    step = TrainingStep(
        loaded.module().train(),
        partial(loss_of_tensors, task.loss),
        Rule.of(settings),
        settings.clip_norm,
    )
    batch = Feed(task, settings.batch_size, Streams(0), torch.device("cpu")).batch(0)
    return step.traced(step.begin(), *(part.contiguous() for part in batch)), stage["mode"]
