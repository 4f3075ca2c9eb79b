# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A worker that is not Vynapse: the protocol vynapse.evaluation.v1 in plain Python, with gRPC and
the stubs alone. In another language it is as short; evaluation.proto says all that is needed."""

import hashlib
import json
import struct
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from vynapse.evaluation.v1 import evaluation_pb2 as messages
from vynapse.evaluation.v1 import evaluation_pb2_grpc as services

KNOWN = {"measures:bowl": lambda vector: sum((x - 1.0) * (x - 1.0) for x in vector)}


class Worker(services.EvaluationServiceServicer):
    def __init__(self):
        self.functions = {}

    def GetCapabilities(self, request, context):  # noqa: N802
        return messages.GetCapabilitiesResponse(
            protocol=1, program="a bowl in plain Python", objectives=["function"]
        )

    def PutObjective(self, request_iterator, context):  # noqa: N802
        content = b"".join(piece.data for piece in request_iterator)
        objective = json.loads(messages.Tree.FromString(content).json)["objective"]
        if objective["kind"] != "function" or objective["function"] not in KNOWN:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"it knows {', '.join(KNOWN)} alone")
        self.functions[hashlib.sha256(content).hexdigest()] = KNOWN[objective["function"]]
        return messages.PutObjectiveResponse()

    def EvaluateBatch(self, request, context):  # noqa: N802
        if request.objective not in self.functions:
            context.abort(grpc.StatusCode.NOT_FOUND, "hand the objective over first")
        count, size = request.vectors.shape
        numbers = struct.unpack(f"<{count * size}d", request.vectors.data)
        measure = self.functions[request.objective]
        losses = [measure(numbers[row * size : (row + 1) * size]) for row in range(count)]
        array = messages.Array(dtype="f8", shape=[count], data=struct.pack(f"<{count}d", *losses))
        return messages.EvaluateBatchResponse(losses=array)


if __name__ == "__main__":
    server = grpc.server(ThreadPoolExecutor(8))
    services.add_EvaluationServiceServicer_to_server(Worker(), server)
    alive = health.HealthServicer()
    alive.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(alive, server)
    server.add_insecure_port(sys.argv[1])
    server.start()
    server.wait_for_termination()
