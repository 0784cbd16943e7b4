"""What heads look at in a padded batch: from it, tasks measure how well heads do what they are for."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.capture.checkpoint import Checkpoint
from model.capture.forward import observing, run
from model.capture.recorder import Recorder
from model.trace import Kind


@torch.no_grad()
def weights(m: Checkpoint, kind: Kind, batch: dict[str, Tensor]) -> NDArray[np.float32]:
    """The weights of all heads of a kind: (batch, layers, heads, queries, keys).

    batch: what the model is called with, on any device; for the encoder's heads of an encoder-decoder, what
    its encoder is called with.
    """
    alone = kind == "encoder" and m.architecture == "encoder-decoder"
    layers = m.layers[kind]
    recorder = Recorder({kind: layers})
    given = {name: tensor.to(m.model.device) for name, tensor in batch.items()}
    with observing(m, [recorder]):
        if alone:
            m.model.get_encoder()(**given)
        else:
            run(m.model, given, logits=True)
    stack = [recorder.kept[kind, layer]["weights"] for layer in layers]
    return torch.stack(stack, dim=1).cpu().numpy()
