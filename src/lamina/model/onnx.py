"""The network as ONNX, raw values in, raw answers and features out: the one place that writes it and that runs it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.core import Array, Encoded, Form, ModelError
from lamina.model.answering import FEATURES

if TYPE_CHECKING:
    from torch import Tensor, nn

    from lamina.networks._join import Ensemble

OPSET = 18


def export(network: Ensemble, forms: Mapping[str, Form], targets: Mapping[str, str]) -> bytes:
    """The network as one ONNX graph. targets: target to its name in the graph.

    Inputs: each array by name; for those over time, whose second axis is free too, also `<name>_lengths` [B] int64; with
    several arrays also `<name>_present` [B] bool. Outputs: `raw_<target>` [B, C] for each (of a transcript [B, T, C], T free),
    and `features` [B, F].
    """
    import torch
    from torch import nn

    several = len(forms) > 1
    inputs = [*forms, *(f"{name}_present" for name in forms if several)]
    inputs += [f"{name}_lengths" for name, form in forms.items() if form.timed]

    class Graph(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *arrays: Tensor) -> tuple[Tensor, ...]:
            given = dict(zip(inputs, arrays, strict=True))
            raws, features = self.network(
                {
                    name: Encoded(given[name], given.get(f"{name}_present"), lengths=given.get(f"{name}_lengths"))
                    for name in forms
                }
            )
            return (*(raws[target] for target in targets), features)

    rows = 2
    example: list[Tensor] = [
        torch.zeros((rows, *form.shape), dtype=getattr(torch, form.dtype)) for form in forms.values()
    ]
    example += [torch.ones(rows, dtype=torch.bool)] * len(forms) if several else []
    example += [torch.tensor([form.shape[0], max(1, form.shape[0] - 1)]) for form in forms.values() if form.timed]
    timed = [name for name, form in forms.items() if form.timed]
    timed += [f"raw_{name}" for target, name in targets.items() if network.outputs[target].along]
    return write(Graph(), example, inputs, [*(f"raw_{name}" for name in targets.values()), FEATURES], timed)


def write(
    module: nn.Module,
    example: Sequence[Tensor],
    inputs: Sequence[str],
    outputs: Sequence[str],
    timed: Collection[str] = (),
) -> bytes:
    """Any module as ONNX, its first axis free. example: one tensor per input. timed: of which the second one is free too."""
    import torch

    buffer = io.BytesIO()
    with warnings.catch_warnings():  # the exporter that takes .2 s is called legacy; the new one takes 7 s and more
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=torch.jit._trace.TracerWarning)
        warnings.filterwarnings("ignore", message=".*constant folding.*")
        # A memory that is carried along starts from a state of its own, of as many rows as there are.
        warnings.filterwarnings("ignore", message="Exporting a model to ONNX with a batch_size other than 1")
        torch.onnx.export(
            module.eval().cpu(),
            tuple(example),
            buffer,  # type: ignore[arg-type]
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={
                name: {0: "rows", 1: f"{name}_steps"} if name in timed else {0: "rows"} for name in [*inputs, *outputs]
            },
            opset_version=OPSET,
            dynamo=False,
        )
    return buffer.getvalue()


class Runner:
    """A graph that answers: encoded arrays to raw answers and features, through ONNX Runtime."""

    def __init__(self, source: Path | bytes, where: str, threads: int = 0, spin: bool = True) -> None:
        """threads: 0 for one a core. spin: threads that wait for work keep a core busy, which answers a little sooner."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        if not spin:
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self.session: Any = onnxruntime.InferenceSession(
                source if isinstance(source, bytes) else str(source), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime has no common class for its errors
            raise ModelError(f"The network of '{where}' cannot be opened: {str(error)[:200]}") from error
        self.inputs = [each.name for each in self.session.get_inputs()]
        self.outputs = [each.name for each in self.session.get_outputs()]

    def run(self, arrays: Mapping[str, Encoded]) -> dict[str, Array]:
        """Every output of the graph by name, for one batch."""
        feed: dict[str, Array] = {}
        for name, each in arrays.items():
            feed[name] = each.trimmed().values
            if each.lengths is not None and f"{name}_lengths" in self.inputs:  # not where a module looks at no lengths
                feed[f"{name}_lengths"] = each.lengths
            if f"{name}_present" in self.inputs:
                feed[f"{name}_present"] = np.asarray(each.present, bool)
        return self.feed(feed)

    def feed(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Every output of the graph by name, from arrays by the names of its inputs."""
        return dict(zip(self.outputs, self.session.run(self.outputs, dict(arrays)), strict=True))
