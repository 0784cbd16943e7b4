"""What there is to notice about how far networks reach, chosen from their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pages.common.language import _
from viz.decay import write_power

if TYPE_CHECKING:
    from model.experiments.reach import Network, Reach

FAR = 100  # words apart, that is spoken of
LITTLE, MUCH = 0.01, 100.0  # of what a word gives to the state behind it: less has vanished, more exploded


def share(reach: Reach, far: int = FAR) -> float:
    """What is left at a distance of what there is one word apart, by the geometric mean of the draws."""
    return float(reach.typical[far - 1] / reach.typical[0])


def tell(found: Mapping[Network, Reach], names: Mapping[Network, str], gain: float) -> str:
    """Who vanishes, who explodes, and what the Transformer does, in Markdown."""
    shares = {network: share(reach) for network, reach in found.items()}
    recurrent = {network: shares[network] for network in shares if network != "transformer"}
    least, most = (pick(recurrent, key=recurrent.__getitem__) for pick in (min, max))
    words = {
        "gain": f"{gain:g}",
        "far": FAR,
        "least_name": names[least],
        "least": write_power(recurrent[least]),
        "most_name": names[most],
        "most": write_power(recurrent[most]),
        "transformer": write_power(shares["transformer"]),
    }
    if recurrent[most] < LITTLE:
        said = _(
            "W × {gain}: {far} words back **all five recurrent networks have vanished**. {most_name} keeps "
            "{most} of the derivative 1 word back, {least_name} {least}, the Transformer {transformer}."
        )
    elif recurrent[least] >= LITTLE:
        said = _(
            "W × {gain}: {far} words back no recurrent network has vanished. {least_name} keeps {least} of "
            "the "
            "derivative 1 word back, {most_name} {most}, the Transformer {transformer}."
        )
    elif recurrent[most] > MUCH:
        said = _(
            "W × {gain}: {far} words back **{most_name} has exploded**, to {most} times the derivative 1 "
            "word "
            "back, and **{least_name} has vanished**, to {least}. The Transformer: {transformer}."
        )
    else:
        said = _(
            "W × {gain}: {far} words back {most_name} keeps {most} of the derivative 1 word back, but "
            "**{least_name} has vanished**, to {least}. The Transformer: {transformer}."
        )
    return said.format(**words)
