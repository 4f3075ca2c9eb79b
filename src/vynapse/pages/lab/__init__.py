# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The browser lab of `vynapse lab`: evolution in a page, by the kernels compiled to WebAssembly."""
