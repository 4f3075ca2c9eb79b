# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Worker processes that die, hang, raise and are interrupted."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import psutil
import pytest

import vynapse
from vynapse.errors import ConfigError, TrainingError
from vynapse.evolution.policies import Policy
from vynapse.evolution.workers import WorkerPool
from vynapse.trainers.minimise import minimize

FUNCTIONS = '''
import os
import signal
import sys
import time
from pathlib import Path


class Odd(Exception):
    """It cannot be pickled and made again from its arguments."""

    def __init__(self, what, why):
        super().__init__(what)


def fails(x):
    raise ValueError("no such place")


def odd(x):
    raise Odd("strange", 3)


def loss(outputs, targets):
    raise KeyError("depth")


def sphere(x):
    return float((x**2).sum())


def once(x):
    """Genome 3 kills its worker at the first try, genome 5 at the first two."""
    tries = Path(f"tries-{x[0]:.0f}")
    with tries.open("a") as file:
        file.write("x")
    if len(tries.read_text()) <= {3: 1, 5: 2}.get(int(x[0]), 0):
        os.kill(os.getpid(), signal.SIGKILL)
    return float(x[0])


def dies(x):
    if x[0] == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    if x[0] == 4:
        sys.exit(7)
    return float(x[0])


def hangs(x):
    if x[0] == 3:
        time.sleep(1000)
    return float(x[0])


def raises(x):
    """Genome 2 takes longer to fail than genome 4."""
    if x[0] == 2:
        time.sleep(0.3)
        raise ValueError("two")
    if x[0] == 4:
        raise Odd("four", "even")
    return float("nan") if x[0] == 6 else float(x[0])


def slow(x):
    time.sleep(0.05)
    return float(x[0])
'''
GENOMES = np.arange(8.0)[:, None] * np.ones(2)
PLAIN = np.arange(8.0)


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module that worker processes can import, in an empty working directory."""
    (tmp_path / "functions_of_a_user.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    # a fresh interpreter imports the main module: not pytest's, which would take a second
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    yield importlib.import_module("functions_of_a_user")
    del sys.modules["functions_of_a_user"]


@pytest.fixture
def children() -> Iterator[None]:
    """Nothing is left of the processes that a test starts."""
    before = set(psutil.Process().children(recursive=True))
    yield
    left = set(psutil.Process().children(recursive=True)) - before
    # started once by multiprocessing, for its own use, and kept
    assert [child for child in left if "resource_tracker" not in "".join(child.cmdline())] == []


pytestmark = pytest.mark.usefixtures("children")


def said(call: Callable[[], object]) -> str:
    with pytest.raises(TrainingError) as raised:
        call()
    return str(raised.value)


def test_workers_name_the_line_of_the_user_as_this_process_does(functions: Any) -> None:
    """For an exception that cannot travel too."""
    keys: dict[str, Any] = {"sigma": 0.1, "generations": 2}
    for name, kind in (("fails", "ValueError"), ("odd", "Odd")):
        search = partial(minimize, getattr(functions, name), [1.0, 2.0], **keys)
        here, there = (said(partial(search, workers=workers)) for workers in (1, 2))
        line = FUNCTIONS.splitlines().index(f"def {name}(x):") + 2
        assert f"functions_of_a_user.py, line {line}, in {name}" in here
        assert f"functions_of_a_user.py, line {line}, in {name}" in there
        assert kind in there
        assert name == "odd" or here == there


@pytest.mark.parametrize("evaluator", ["inline", "threads", "processes"])
def test_every_evaluator_names_the_line_of_the_user(
    functions: Any, evaluator: str, tmp_path: Path
) -> None:
    keys: dict[str, Any] = {"mode": "deap", "budget": {"steps": 2}, "evaluator": evaluator}
    function: dict[str, Any] = {"task.path": "functions_of_a_user:fails", "task.size": 2}
    own = said(partial(vynapse.run, "function", out=tmp_path / "function", **keys, **function))
    assert "functions_of_a_user.py, line" in own
    assert own.count("in fails)") == 1
    loss = {"kind": "function", "function": "functions_of_a_user:loss"}
    own = said(partial(vynapse.run, "xor", out=tmp_path / "loss", loss=loss, **keys))
    assert own.startswith("your own code raised KeyError: 'depth' (functions_of_a_user.py, line")


def test_losses_are_those_of_the_function_at_any_number_of_workers(functions: Any) -> None:
    genomes = np.random.default_rng(0).normal(size=(40, 5))
    here = [functions.sphere(genome) for genome in genomes]
    for workers in (1, 3):
        with WorkerPool(functions.sphere, workers) as pool:
            assert pool.evaluate(genomes).tolist() == here
            assert pool.evaluate(genomes[:2]).tolist() == here[:2]
            assert pool.evaluate(genomes[:0]).tolist() == []
        assert (pool.replaced, pool.troubles) == (0, {})


def test_a_killed_worker_is_replaced_and_its_genome_tried_again(functions: Any) -> None:
    with WorkerPool(functions.once, 2) as pool:
        np.testing.assert_array_equal(pool.evaluate(GENOMES), PLAIN)
        assert (pool.replaced, pool.troubles) == (3, {})
        np.testing.assert_array_equal(pool.evaluate(GENOMES), PLAIN)
    tries = [len(Path(f"tries-{number}").read_text()) for number in range(8)]
    assert tries == [2, 2, 2, 3, 2, 4, 2, 2]


def test_a_genome_that_kills_every_worker_is_penalised(functions: Any) -> None:
    with WorkerPool(functions.dies, 2, Policy(on_death="penalise", retries=1)) as pool:
        losses = pool.evaluate(GENOMES)
    assert losses.tolist() == [0, 1, 2, np.inf, np.inf, 5, 6, 7]
    assert (pool.replaced, pool.troubles) == (4, {"death": 2})


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            3,
            r"genome 103 ended its worker process by signal 11, Segmentation fault \(tries: 1\)",
        ),
        (4, r"genome 104 ended its worker process by exit code 7 \(tries: 1\)"),
    ],
)
def test_or_it_ends_the_search(functions: Any, row: int, sentence: str) -> None:
    with WorkerPool(functions.dies, 1, Policy(retries=0)) as pool:
        with pytest.raises(TrainingError, match=sentence):
            pool.evaluate(GENOMES[[row]], np.array([100 + row]))
        assert pool.evaluate(GENOMES[:2]).tolist() == [0, 1], "the pool goes on"


def test_a_hung_worker_is_killed_and_replaced(functions: Any) -> None:
    with WorkerPool(functions.hangs, 2, Policy(timeout=3)) as pool:
        pool.evaluate(GENOMES[:2])
        begin = time.monotonic()
        losses = pool.evaluate(GENOMES)
        assert time.monotonic() - begin < 300
    assert losses.tolist() == [0, 1, 2, np.inf, 4, 5, 6, 7]
    assert (pool.replaced, pool.troubles) == (1, {"timeout": 1})


def test_or_is_tried_again_before_it_ends_the_search(functions: Any) -> None:
    policy = Policy(timeout=2, on_timeout="raise", retries=1)
    with WorkerPool(functions.hangs, 2, policy) as pool:
        with pytest.raises(TrainingError, match=r"genome 3 took longer than 2 s \(tries: 2\)"):
            pool.evaluate(GENOMES)
        assert pool.replaced == 2


def test_the_first_failure_is_raised_whichever_comes_first(functions: Any) -> None:
    with WorkerPool(functions.raises, 3) as pool:
        for _ in range(2):
            with pytest.raises(TrainingError, match="raised ValueError for genome 2") as raised:
                pool.evaluate(GENOMES)
    cause = raised.value.__cause__
    assert isinstance(cause, ValueError)
    assert 'raise ValueError("two")' in cause.__notes__[0], "with its traceback"


def test_an_exception_that_cannot_travel_is_described(functions: Any) -> None:
    sentence = "genome 0 .*Odd: four"
    with (
        WorkerPool(functions.raises, 1) as pool,
        pytest.raises(TrainingError, match=sentence) as raised,
    ):
        pool.evaluate(GENOMES[4:5])
    assert isinstance(raised.value.__cause__, RuntimeError)
    assert 'raise Odd("four", "even")' in raised.value.__cause__.__notes__[0]


def test_penalties_are_counted(functions: Any) -> None:
    with WorkerPool(functions.raises, 2, Policy(on_exception="penalise")) as pool:
        losses = pool.evaluate(GENOMES)
    assert losses.tolist() == [0, 1, np.inf, 3, np.inf, 5, np.inf, 7]
    assert pool.troubles == {"exception": 2, "nonfinite": 1}


def test_an_abandoned_evaluation_is_stopped_and_the_pool_goes_on(functions: Any) -> None:
    with WorkerPool(functions.slow, 2) as pool:
        measurements = pool.measure(GENOMES)
        next(measurements)
        measurements.close()
        np.testing.assert_array_equal(pool.evaluate(GENOMES), PLAIN)


def test_workers_that_died_while_idle_are_replaced(functions: Any) -> None:
    with WorkerPool(functions.sphere, 2) as pool:
        pool.evaluate(GENOMES)
        for child in psutil.Process().children():
            if "resource_tracker" not in "".join(child.cmdline()):
                child.kill()
        assert pool.evaluate(GENOMES).tolist() == (2 * PLAIN**2).tolist()
        assert pool.replaced == 2


@pytest.mark.parametrize(
    "function", [lambda x: 0.0, type("Local", (), {"__call__": lambda self, x: 0.0})()]
)
def test_what_has_no_name_in_a_module_is_refused(function: Any) -> None:
    with pytest.raises(ConfigError, match="define it at the top level of a module") as raised:
        WorkerPool(function, 2)
    assert "workers=1" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_arguments_are_checked(functions: Any) -> None:
    with pytest.raises(ConfigError, match="workers: an integer of at least 1 was wanted, got 0"):
        WorkerPool(functions.sphere, 0)
    pool = WorkerPool(functions.sphere, 1)
    pool.close()
    pool.close()
    with pytest.raises(ConfigError, match="the pool is closed"):
        pool.evaluate(GENOMES)


SCRIPT = """
import numpy as np
from vynapse.errors import TrainingError
from vynapse.evolution.workers import WorkerPool
from vynapse.trainers.minimise import minimize

def work(x):
    import time
    time.sleep({seconds})
    return 0.0

{guard}
    try:
        with WorkerPool(work, 2) as pool:
            print("ready", flush=True)
            print(pool.evaluate(np.zeros((4, 1))).tolist())
    except (KeyboardInterrupt, TrainingError) as error:
        print(type(error).__name__, error)
"""


def script(folder: Path, **parts: Any) -> subprocess.Popen[str]:
    file = folder / "script.py"
    file.write_text(SCRIPT.format(**parts))
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_functions_of_a_script_work_and_without_a_guard_a_sentence_says_why(tmp_path: Path) -> None:
    out, err = script(tmp_path, guard='if __name__ == "__main__":', seconds=0).communicate()
    assert (out, err) == ("ready\n[0.0, 0.0, 0.0, 0.0]\n", "")
    out, _ = script(tmp_path, guard="if True:", seconds=0).communicate()
    assert "TrainingError worker processes end by exit code 1 before they begin" in out
    assert 'under if __name__ == "__main__":' in out


@pytest.mark.parametrize("delay", [0.0, 0.2, 1.0])
def test_an_interrupt_is_the_parents_alone(tmp_path: Path, delay: float) -> None:
    process = script(tmp_path, guard='if __name__ == "__main__":', seconds=1000)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to parent and workers
    out, err = process.communicate(timeout=120)
    assert (out, err) == ("KeyboardInterrupt \n", "")
    # the tracker that multiprocessing starts for itself notices a moment later
    deadline = time.monotonic() + 120
    while any(runs_in(process.pid, other) for other in psutil.process_iter()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def runs_in(group: int, process: psutil.Process) -> bool:
    """Whether a process of the group still runs."""
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False
