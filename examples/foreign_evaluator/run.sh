# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# A run whose vectors are measured by two workers that are no Vynapse, and the same run at home.
keys="--set task.path=measures:bowl --set task.size=3 --set strategy=snes --set budget.steps=20"
python worker.py unix:one.sock & one=$!
python worker.py unix:two.sock & two=$!
trap 'kill $one $two' EXIT

vynapse run function --mode deap $keys --out there \
    --set "evaluator={kind: grpc, workers: ['unix:one.sock', 'unix:two.sock']}"
vynapse run function --mode deap $keys --out here
vynapse cluster status there

for run in here there; do
    python -c "import json; print(json.load(open('$run/summary.json'))['network_sha256'])" > $run.txt
done
cmp here.txt there.txt
