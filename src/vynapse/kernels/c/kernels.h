/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * All kernels, for the INSTRUCTION_SET of the file that includes this one. */
#include "draw.h"
#include "select.h"
#include "gemm.h"
#include "train.h"
#include "neat_species.h"
#include "neat_adjoint.h"
#include "neat_forward.h"
#include "neat_plan.h"
#include "neat_reproduce.h"
#include "control_episode.h"
#include "graph_engine.h"
#include "csv.h"
#include "growth.h"
