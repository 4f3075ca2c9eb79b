#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# A recipe of four stages, run in peace, and again with an interruption in each of its stages.
set -euo pipefail

vynapse run --recipe recipe.yaml --out whole
vynapse show whole
python interrupt.py
vynapse resume cut

sha() { vynapse show "$1" --json | python -c 'import json, sys; print(json.load(sys.stdin)["network_sha256"])'; }
test "$(sha whole)" = "$(sha cut)"
echo "the same network, bit for bit: $(sha cut)"
vynapse evaluate whole validation
