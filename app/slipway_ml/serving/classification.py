"""The classification extension: an output's highest values as text, "value:index:label", highest first."""

import numpy as np

from slipway_ml.contract.signature import Signature
from slipway_ml.contract.tensors import Datatype, Tensor
from slipway_ml.errors import RequestTooLarge
from slipway_ml.protocol.messages import NamedTensor
from slipway_ml.protocol.parameters import MAX_CLASSES


def classify(output: NamedTensor, classes: int, signature: Signature) -> NamedTensor:
    """The `classes` highest values of each row; raises RequestTooLarge where that would be too many texts."""
    values = output.data.reshape(len(output.data), -1)
    count = min(classes, values.shape[1])
    if count * len(values) > MAX_CLASSES:
        raise RequestTooLarge(f"output {output.name!r}: 'classification' would give more than {MAX_CLASSES} texts")
    order = np.argsort(-values.astype(np.float64), axis=1, kind="stable")[:, :count]
    labels = _labels(values, signature)
    pattern = "{:f}:{}{}" if values.dtype.kind == "f" else "{:d}:{}{}"
    highest = np.take_along_axis(values, order, axis=1)
    texts = np.empty(order.size, np.object_)
    texts[:] = [
        pattern.format(value, index, labels[index])
        for value, index in zip(highest.ravel().tolist(), order.ravel().tolist(), strict=True)
    ]
    return NamedTensor(output.name, Datatype.BYTES, texts.reshape(order.shape))


def _labels(values: Tensor, signature: Signature) -> list[str]:
    """What follows the index: a colon and the label where the columns of the output are the labels."""
    columns = values.shape[1]
    if signature.targets is not None and len(signature.targets) == columns:
        return [f":{target}" for target in signature.targets]
    if signature.labels is None or len(signature.labels) != columns or values.dtype.kind != "f":
        return [""] * columns
    return [f":{label}" for label in signature.labels]
