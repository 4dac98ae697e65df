#!/usr/bin/env python3
"""Reads onnx/block.onnx (made by onnxBlock.ts) with the readers of the ONNX project: its checker, its shape inference (strict, with data), and
its reference implementation of the operators in NumPy, which runs the block on random inputs.

usage: onnx_block.py     (needs: pip install onnx)

Writes beside the file: checked.json, what was found in which bytes; input.f32 and output.f32, [windows × length, hidden] little-endian.
"""
import collections, hashlib, json, pathlib
import numpy as np
import onnx
from onnx import checker, reference, shape_inference

FOLDER = pathlib.Path(__file__).parent / "onnx"
WINDOWS, LENGTH = 3, 7

content = (FOLDER / "block.onnx").read_bytes()
model = onnx.load_from_string(content)
checker.check_model(model, full_check=True)
# Raises where a node's inputs do not fit it, or what follows of the output is not what the file says.
shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
graph = model.graph
(hidden,) = graph.input
cols = hidden.type.tensor_type.shape.dim[1].dim_value
x = np.random.default_rng(17).standard_normal((WINDOWS * LENGTH, cols)).astype("<f4")
(y,) = reference.ReferenceEvaluator(model).run(None, {hidden.name: x})
x.tofile(FOLDER / "input.f32")
y.astype("<f4").tofile(FOLDER / "output.f32")

found = {
    "sha256": hashlib.sha256(content).hexdigest(),
    "onnx": onnx.__version__,
    "ir": model.ir_version,
    "operators": {entry.domain: entry.version for entry in model.opset_import},
    "nodes": dict(sorted(collections.Counter(node.op_type for node in graph.node).items())),
    "initializers": {t.name: [onnx.TensorProto.DataType.Name(t.data_type), *t.dims] for t in graph.initializer},
}
lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in found.items())
(FOLDER / "checked.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
print(f"onnx {onnx.__version__} accepts {len(content)} bytes: {len(graph.node)} nodes; output {y.shape} {y.dtype}")
