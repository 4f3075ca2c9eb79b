# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse worker` and `vynapse cluster status`, and what is said where an extra is absent."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.distributed.crews import sphere
from tests.distributed.test_grpc import VECTORS, genomes, served
from vynapse.cli.main import main
from vynapse.distributed.status import status_of
from vynapse.errors import ConfigError, MissingExtra, RunDirectoryError
from vynapse.evolution.evaluators.kind import EVALUATORS
from vynapse.evolution.function import FunctionObjective
from vynapse.evolution.policies import Policy
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.testing import check_evaluator

ROOT = Path(__file__).parents[2]


def run_it(*words: str, capsys: Any) -> tuple[int, str, str]:
    code = main([*words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_worker_beyond_this_machine_needs_token_and_tls(capsys: Any, tmp_path: Path) -> None:
    from vynapse.distributed.serve import Serving, serve

    wrong = {
        "0.0.0.0:0": "a token and TLS are needed: give --token-file, --tls-cert and --tls-key",
        "nonsense": "--listen: HOST:PORT or unix:PATH was wanted, got 'nonsense'",
        "127.0.0.1:99999": "--listen: HOST:PORT or unix:PATH was wanted",
    }
    for listen, sentence in wrong.items():
        with pytest.raises(ConfigError, match=sentence):
            serve(Serving(listen), print)
    (tmp_path / "token").write_text("short")
    with pytest.raises(ConfigError, match="a token of at least 12 ASCII characters"):
        serve(Serving("127.0.0.1:0", tmp_path / "token"), print)
    with pytest.raises(ConfigError, match="both or none were wanted"):
        serve(Serving("127.0.0.1:0", certificate=tmp_path / "token"), print)
    with (
        served() as address,
        pytest.raises(ConfigError, match="--listen: nothing can listen at 127"),
    ):
        serve(Serving(address), print)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_token_and_tls_are_used(tmp_path: Path) -> None:
    """A worker in a process of its own, at all addresses of this machine."""
    (tmp_path / "token").write_text("a-token-of-this-test")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(
        ["openssl", "req", "-x509", *kind, "-keyout", "key", "-out", "cert", *names],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    words = ["--listen", "0.0.0.0:0", "--token-file", "token", "--tls-cert", "cert"]
    worker = subprocess.Popen(
        [sys.executable, "-m", "vynapse", "worker", *words, "--tls-key", "key", "--allow", "tests"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert worker.stdout is not None
        line = worker.stdout.readline()
        port = line.split()[2].rpartition(":")[2]
        keys = {"token_file": str(tmp_path / "token"), "tls_ca": str(tmp_path / "cert")}
        how = {"kind": "grpc", "workers": [f"localhost:{port}"], **keys}
        with EVALUATORS.choose(how).build() as measuring:
            check_evaluator(measuring, FunctionObjective(sphere, Policy()), VECTORS, genomes(3))
        worker.terminate()
        assert worker.wait(timeout=20) == 0
    finally:
        worker.kill()
        worker.wait()
        if worker.stdout is not None:
            worker.stdout.close()


def test_the_status_of_a_run_is_told(tmp_path: Path, capsys: Any) -> None:
    with served() as address:
        keys = [f"evaluator={{kind: grpc, workers: ['{address}']}}", "budget.steps=3"]
        run = tmp_path / "run"
        Session.create(load_recipe("xor", "neat", overrides=keys), run).run()
    code, said, _ = run_it("cluster", "status", str(run), "--json", capsys=capsys)
    found = json.loads(said)
    assert code == 0
    assert found["evaluations"] == found["genomes"] > 0
    assert found["workers"][0]["worker"] == address
    code, said, _ = run_it("cluster", "status", str(run), capsys=capsys)
    assert "1 of 1 workers ready" in said
    assert "0 repeated" in said
    with (run / "cluster.jsonl").open("a") as file:
        file.write('{"kind": "excluded", "worker": "w", "reason": "r"}\n{"kind": "lo')
    assert status_of(run)["excluded"] == [{"worker": "w", "reason": "r"}]
    with pytest.raises(RunDirectoryError, match="a run with evaluator ray or grpc that has begun"):
        status_of(tmp_path)


@pytest.mark.parametrize(("kind", "package"), [("ray", "ray"), ("grpc", "grpcio")])
def test_without_the_extra_one_sentence_says_what_to_install(
    kind: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec

    def absent(name: str, *rest: Any) -> Any:
        return None if name in ("ray", "grpc") else real(name, *rest)

    monkeypatch.setattr("vynapse.distributed.needs.find_spec", absent)
    sentence = f"evaluator {kind} needs the package '{package}', .*: run pip install 'vynapse"
    with pytest.raises(MissingExtra, match=sentence):
        EVALUATORS.choose({"kind": kind}).build()


def test_a_run_at_home_imports_neither_ray_nor_grpc(tmp_path: Path) -> None:
    code = (
        "import sys, vynapse, vynapse.distributed.on_grpc, vynapse.distributed.on_ray\n"
        "from vynapse.cli.main import main\n"
        "for mode in ('deap', 'neat'):\n"
        "    main(['run', 'xor', '--mode', mode, '--budget', 'steps=2', '--out', mode])\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'ray', 'grpc', 'grpc_health', 'google'}, loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_minimize_takes_an_evaluator() -> None:
    import vynapse as package

    keys: dict[str, Any] = {"sigma": 0.5, "generations": 3}
    here = package.minimize(sphere, [1.0, 2.0], **keys)
    with served() as address:
        how = {"kind": "grpc", "workers": [address]}
        there = package.minimize(sphere, [1.0, 2.0], evaluator=how, **keys)
    assert there.fun == here.fun
    np.testing.assert_array_equal(there.history, here.history)
    with pytest.raises(ConfigError, match="workers: the evaluator has its own count"):
        package.minimize(sphere, [1.0, 2.0], evaluator="inline", workers=2, **keys)
