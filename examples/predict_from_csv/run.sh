#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# From a CSV file to predictions for new rows. The preprocessing that was fitted on the training
# examples is kept with the winner and applied to the new rows.
set -euo pipefail

vynapse run csv --mode sgd --set task.path=flowers.csv --set task.target=kind --out run
vynapse evaluate run validation
vynapse predict run new.csv
