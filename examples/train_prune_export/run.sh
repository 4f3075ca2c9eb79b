# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# Train a network, prune it while it trains on, export it, and run the file without torch.
vynapse run digits --mode static --network mlp:64,64,32,10 --budget epochs=15 --out runs/trained
vynapse run digits --mode prune --set weights=runs/trained --budget epochs=8 --out runs/pruned
vynapse graph diff runs/trained runs/pruned
vynapse export runs/pruned --format onnx --out pruned.onnx
python predict.py
