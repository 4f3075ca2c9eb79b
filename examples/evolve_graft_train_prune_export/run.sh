# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# Evolve a network, graft it into another one, train and prune that, and run it without torch.
vynapse run digits --mode hybrid --steps 20 --set population=60 --out evolved
vynapse run --recipe graft.yaml --out grafted
rm -r evolved  # the run has a copy of the network
vynapse show grafted
vynapse export grafted --format onnx --out grafted.onnx
python predict.py
