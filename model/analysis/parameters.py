"""What a model has learned: its parameters by the part that they play, with shapes and counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

from torch import nn

from model.capture.checkpoint import Checkpoint
from model.capture.sublayers import is_norm
from model.networks.positions import Learned

Role = Literal[
    "embeddings",
    "positions",
    "queries",
    "keys",
    "values",
    "queries-keys-values",
    "output of attention",
    "feed-forward",
    "gate",
    "norms",
    "output",
    "other",
]
ROLES: tuple[Role, ...] = get_args(Role)

# What modelling files call the matrices of attention, the last names of a path.
NAMES: dict[Role, frozenset[str]] = {
    "queries": frozenset({"W_Q", "q_proj", "query", "query_proj", "q_lin", "q", "q_attn", "wq"}),
    "keys": frozenset({"W_K", "k_proj", "key", "key_proj", "k_lin", "k", "wk"}),
    "values": frozenset({"W_V", "v_proj", "value", "value_proj", "v_lin", "v", "wv"}),
    "queries-keys-values": frozenset({"c_attn", "query_key_value", "qkv_proj", "qkv", "Wqkv", "kv_proj"}),
    "positions": frozenset({"pos_key_proj", "pos_query_proj", "r", "linear_pos"}),
    "output of attention": frozenset({"W_O", "o_proj", "out_proj", "out_lin", "o", "c_proj", "dense", "Wo"}),
}
POSITIONS = ("pos", "relative", "rel_", "wpe")
GATES = frozenset({"W_g", "gate", "router"})
NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")


@dataclass(frozen=True)
class Part:
    """Parameters of one shape that play one part in many places.

    role: what it is for. name: its path, with · for the numbers of layers and experts. shape: of one of them.
    times: how many there are. tied: paths of what is the very same table, counted here alone.
    """

    role: Role
    name: str
    shape: tuple[int, ...]
    times: int
    tied: tuple[str, ...] = ()

    @property
    def each(self) -> int:
        """The numbers in one of them."""
        count = 1
        for size in self.shape:
            count *= size
        return count

    @property
    def count(self) -> int:
        """The numbers in all of them."""
        return self.times * self.each


def parts(m: Checkpoint) -> tuple[Part, ...]:
    """Every parameter of a model once, grouped by role, name and shape; together they are m.parameters."""
    model: Any = m.model
    modules: dict[str, nn.Module] = dict(model.named_modules())
    table, head = model.get_input_embeddings(), model.get_output_embeddings()
    base = model.base_model_prefix if model.base_model is not model else ""
    first: dict[int, str] = {}
    tied: dict[str, list[str]] = {}
    groups: dict[tuple[Role, str, tuple[int, ...]], list[str]] = {}
    for path, parameter in model.named_parameters(remove_duplicate=False):
        if id(parameter) in first:
            tied.setdefault(first[id(parameter)], []).append(path)
            continue
        first[id(parameter)] = path
        owner, _, own = path.rpartition(".")
        names = owner.split(".") if own in ("weight", "bias") else path.split(".")
        module = modules[owner]
        role = "output" if module is head else role_of(names, module, table, base)
        groups.setdefault((role, NUMBER.sub("·", path), tuple(parameter.shape)), []).append(path)
    found = [
        Part(role, name, shape, len(paths), tuple(alias for path in paths for alias in tied.get(path, ())))
        for (role, name, shape), paths in groups.items()
    ]
    return tuple(
        sorted(found, key=lambda part: ROLES.index(part.role))
    )  # stable: in the model's order within


def role_of(names: list[str], module: nn.Module, table: nn.Module, base: str) -> Role:
    """The part that a module plays, by what it is, then by where it stands and what it is called.

    names: its path. table: the embedding table. base: the name of the model without its outputs, or "".
    """
    last, path = names[-1], ".".join(names).lower()
    if base and names[0] != base:
        return "output"
    if is_norm(module):
        return "norms"
    if module is table:
        return "embeddings"
    if isinstance(module, nn.Embedding | Learned):
        return "positions" if any(word in path for word in POSITIONS) else "embeddings"
    if not any(name.isdigit() for name in names):
        return "output" if "output" in names[0] or "head" in names[0] else "other"
    attends = any("attn" in name.lower() or "attention" in name.lower() for name in names[:-1])
    for role, known in NAMES.items():
        if attends and last in known:
            return role
    if last in GATES:
        return "gate"
    return "other" if attends else "feed-forward"


def by_role(parts: tuple[Part, ...]) -> dict[Role, int]:
    """How many numbers each role has learned, of the roles that there are."""
    return {
        role: sum(part.count for part in parts if part.role == role)
        for role in ROLES
        if any(part.role == role for part in parts)
    }
