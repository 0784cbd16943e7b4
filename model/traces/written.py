"""Cross-attention with its rows named by what they write, not by what was read there.

A decoder reads what it has written so far, so the row in which it has just read "la" is the one that writes
"rue": all names move up by one, and the last row writes the end. (Whoever takes the name of what was read
says that "la" looks at "street", where it is "rue" that comes from it.)
"""

from __future__ import annotations

from dataclasses import replace

from model.trace import Tokens, Trace

END = "</s>"  # the name of the last row where the source does not tell the end token's


def name_written(trace: Trace) -> Trace:
    """The trace with the queries of its cross-attention named by the tokens that they write.

    As it is where that is not known, and where they are named so already.
    """
    cross, output = trace.cross, trace.output_tokens
    if cross is None or output is None:
        return trace
    read, count = cross.queries, len(cross.queries)
    if not count or len(output) not in (count - 1, count) or read.texts[1:] != output[: count - 1]:
        return trace
    closed = len(output) < count
    keys = cross.keys
    end = keys.texts[-1] if len(keys) and keys.special[-1] else END
    last = Tokens(
        texts=(end if closed else output[-1],),
        words=(max(read.words) + 1,),
        special=(closed,),
        unknown=(False,),
    )
    spelling = None if read.spelling is None else (*read.spelling[1:], "" if closed else output[-1])
    written = Tokens(
        texts=read.texts[1:] + last.texts,
        words=read.words[1:] + last.words,
        special=read.special[1:] + last.special,
        unknown=read.unknown[1:] + last.unknown,
        segments=read.segments and (*read.segments[1:], read.segments[-1]),
        spelling=spelling,
        segmented=read.segmented,
        across=tuple(place - 1 for place in read.across if place),
    )
    return replace(trace, cross=replace(cross, queries=written))


def is_named(trace: Trace) -> bool:
    """Whether the queries of the cross-attention are named by what they write."""
    cross, output = trace.cross, trace.output_tokens
    if cross is None or not output or len(cross.queries) - len(output) not in (0, 1):
        return False
    return cross.query_tokens[: len(output)] == output
