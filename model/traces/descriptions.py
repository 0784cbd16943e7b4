"""A Trace in a few short lines, for whoever prints it: what is there, and no numbers of it."""

from __future__ import annotations

from collections.abc import Sequence

from model.trace import ARRAYS, Stack, Tokens, Trace

SHOWN = 6  # tokens at the beginning


def describe_trace(trace: Trace) -> str:
    """One line for the source, one for each kind and one for what was written."""
    lines = [f"Trace of {describe_texts(trace)}", *(describe_stack(trace[kind]) for kind in trace.kinds)]
    if trace.output_text is not None:
        lines.append(f"output: {short(trace.output_text)}")
    return "\n  ".join(lines)


def describe_texts(trace: Trace) -> str:
    """'What was read', or 'the first' and 'the second' of a pair."""
    return " and ".join(short(text) for text in (trace.source, trace.pair) if text is not None)


def describe_stack(stack: Stack) -> str:
    """encoder: 3 layers (0 to 2) × 4 heads × 14 queries × 14 keys, with scores, mask, scaling"""
    layers, heads, queries, keys = stack.weights.shape
    told = [spell_count(layers, "layer") + (f" ({spans(stack.layers)})" if stack.layers else "")]
    told += [spell_count(heads, "head"), spell_count(queries, "query", "queries"), spell_count(keys, "key")]
    more = [name for name in ARRAYS[1:] if getattr(stack, name) is not None]
    return f"{stack.kind}: {' × '.join(told)}" + (f", with {', '.join(more)}" if more else "")


def describe_tokens(tokens: Tokens) -> str:
    """14: 'The', 'animal', 'did', "n't", 'cross', 'the', …, '</s>'"""
    told = [short(text, 20) for text in tokens.texts]
    if len(told) > SHOWN + 2:
        told[SHOWN:-1] = ["…"]
    return ": ".join([str(len(tokens)), *([", ".join(told)] if told else [])])


def short(text: str, most: int = 60) -> str:
    """A text in quotes, on one line, cut where it is long."""
    return repr(text if len(text) <= most else text[: most - 1] + "…")


def spell_count(count: int, one: str, many: str = "") -> str:
    """1 head, 2 heads."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def spans(numbers: Sequence[int], most: int = 8) -> str:
    """0 to 3, 7: numbers that follow each other as one, cut where there are many."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told: list[str] = []
    for run in runs:
        told += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run)
    return ", ".join([*told[:most], "…"] if len(told) > most else told)
