"""How tokens read: from the ids of any tokenizer to the text that a person sees, and back to places in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import accumulate, pairwise
from unicodedata import normalize

from transformers import PreTrainedTokenizerBase

from model.text.grouping import group_tokens, put_together
from model.text.particles import both_forms, choose_form
from model.text.spans import exact_spans, special_ids, typed_words, widen
from model.text.spelling import Span, decode_pieces, spell, style_of
from model.text.tokenizer import PLACEHOLDER, SPACE, CompactTokenizer
from model.text.words import CONTRACTED, find_starts, is_blank, is_letter, normalise, split_words
from model.trace import CONTINUED, Tokens
from model.traces.signs import SPACES, show


def detokenize(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], source: str = "", marks: Collection[int] = ()
) -> str:
    """The text of what a model wrote, to be read; placeholders become the words of source again.

    marks: ids that are special though the tokenizer does not say so.
    """
    ids = [int(i) for i in ids if i not in marks]
    if not (isinstance(tokenizer, CompactTokenizer) and tokenizer.words):
        text = str(tokenizer.decode(ids, skip_special_tokens=True))
        return text if isinstance(tokenizer, CompactTokenizer) and tokenizer.faithful else text.strip()
    silent = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    pieces = tokenizer.convert_ids_to_tokens([i for i in ids if i not in silent])
    return tokenizer.join(pieces, tokenizer.unknown_words(source))


def tokens_of(
    tokenizer: PreTrainedTokenizerBase,
    ids: Sequence[int],
    text: str | None = None,
    marks: Collection[int] = (),
) -> Tokens:
    """What stands behind token ids, as a person reads it; for any Hugging Face tokenizer.

    text: what the ids were made from, or, for ids that a model wrote, its source. Words are then shown
    in the person's own spelling where the tokenizer works in words, and unknown words everywhere; and where
    words begin is read from the text itself, if the ids are its own.
    marks: ids that are special though the tokenizer does not say so.
    """
    ids = [int(i) for i in ids]
    silent = special_ids(tokenizer) | set(marks)
    special = [i in silent for i in ids]
    unknown = [i == tokenizer.unk_token_id and not s for i, s in zip(ids, special, strict=True)]
    if isinstance(tokenizer, CompactTokenizer) and tokenizer.words:
        return _word_tokens(tokenizer, ids, special, unknown, text or "")
    pieces = [str(piece) for piece in tokenizer.convert_ids_to_tokens(ids)]
    style = style_of(tokenizer)
    alone = [s or u for s, u in zip(special, unknown, strict=True)]
    spelt = [b"" if whole else spell(style, piece) for piece, whole in zip(pieces, alone, strict=True)]
    raws, places = decode_pieces(spelt)
    spans = exact_spans(tokenizer, ids, text, special, marks) if text else None
    cores = [piece if a else raw.strip(SPACES) for piece, a, raw in zip(pieces, alone, raws, strict=True)]
    shown = cores
    if text and spans is not None:
        cores, shown = _fill_typed(text, spans, cores, unknown)
        written = text
    else:
        if text and any(unknown):
            _fill_unknown(tokenizer, cores, unknown, text)
        written, spans = put_together(style, pieces, raws, places, cores, special, unknown)
    blanks = [bool(raw) and all(map(is_blank, raw)) for raw in raws]
    found = group_tokens(written, spans, raws, special, blanks, ends=style == "suffix")
    texts, spelling = [], []
    for i, piece in enumerate(pieces):
        if special[i]:
            texts.append(show(piece))
            spelling.append(f" {piece}")
        elif blanks[i]:
            texts.append(show(raws[i]))
            spelling.append(raws[i])
        else:
            texts.append(show(shown[i]) or CONTINUED)
            spelling.append(" " * found.spaced[i] + cores[i])
    return Tokens(
        texts=tuple(texts),
        words=found.numbers,
        special=tuple(special),
        unknown=tuple(unknown),
        spelling=tuple(spelling),
        segmented=found.unspaced,
        across=found.across,
    )


def latent_tokens(count: int) -> Tokens:
    """What stands for the vectors of a model's own that look at a text, which are no part of it."""
    texts = tuple(f"latent {i + 1}" for i in range(count))
    return Tokens(texts, tuple(range(count)), (True,) * count, (False,) * count)


def _word_tokens(
    tokenizer: CompactTokenizer, ids: list[int], special: list[bool], unknown: list[bool], text: str
) -> Tokens:
    """tokens_of where a token is a word: in the person's spelling if text is where the ids come from."""
    pieces = tokenizer.convert_ids_to_tokens(ids)
    unknown = [u or bool(PLACEHOLDER.fullmatch(p)) for u, p in zip(unknown, pieces, strict=True)]
    shown = [i for i, s in enumerate(special) if not s]
    typed = typed_words(tokenizer, [pieces[i] for i in shown], text)
    spelling = tokenizer.unknown_words(text)
    texts: list[str] = []
    attached: set[int] = set()  # what is written onto the word before it
    halves: set[int] = set()  # what is part of the word before it
    for i, piece in enumerate(pieces):
        if piece in tokenizer.particles and texts:
            piece = choose_form("".join(texts[-2:]), tokenizer.particles[piece])
            attached.add(i)
        texts.append(spelling.get(piece, piece.removeprefix(SPACE)))
        if i and not special[i - 1] and CONTRACTED.fullmatch(texts[i]) and texts[i - 1][-1:].isalnum():
            halves.add(i)
    starts = find_starts("" if typed is None else text)
    across: list[int] = []
    if typed is not None:
        here = list(zip(shown, typed, strict=True))
        attached = {i for i, word in here if word.start and not text[word.start - 1].isspace()}
        halves = {i for (_, a), (i, b) in pairwise(here) if a.number == b.number}
        across = [i for i, word in here if starts.cut(word.start, word.end)]
        for i, word in here:
            texts[i] = word.text
    return Tokens(
        texts=tuple(map(show, texts)),
        words=tuple(sum(j not in halves for j in range(1, i + 1)) for i in range(len(ids))),
        special=tuple(special),
        unknown=tuple(unknown),
        spelling=tuple(" " * (i not in attached | halves) + text for i, text in enumerate(texts)),
        segmented=starts.unspaced,
        across=tuple(across),
    )


def _fill_typed(
    text: str, spans: Sequence[Span], cores: Sequence[str], unknown: Sequence[bool]
) -> tuple[list[str], list[str]]:
    """What each token is of a person's text, and what is shown of it: of an unknown one what was typed.

    Of a Korean syllable in single letters the whole is shown, of other signs the part that the token has.
    """
    own, shown = list(cores), list(cores)
    end = 0  # of what other tokens have already
    for i, (start, stop) in enumerate(spans):
        if unknown[i]:
            own[i] = shown[i] = text[max(start, min(end, stop)) : stop].strip(SPACES)
            whole = text[slice(*widen(text, (start, stop)))].strip(SPACES)
            if own[i] != whole and "가" <= normalize("NFC", whole)[:1] <= "힣":
                shown[i] = whole
        end = max(end, stop)
    return own, shown


def choice_texts(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], source: str = "", marks: Collection[int] = ()
) -> list[str]:
    """How each id reads by itself, as something that could be written next; "-s" goes on with a word.

    source: the text that is translated; its unknown words stand for their placeholders. marks: ids that are
    special though the tokenizer does not say so.
    """
    pieces = [str(piece) for piece in tokenizer.convert_ids_to_tokens([int(i) for i in ids])]
    if isinstance(tokenizer, CompactTokenizer) and tokenizer.words:
        spelling = tokenizer.unknown_words(source)
        return [
            f"-{both_forms(tokenizer.particles[piece])}"
            if piece in tokenizer.particles
            else spelling.get(piece, piece.removeprefix(SPACE))
            for piece in pieces
        ]
    style, texts = style_of(tokenizer), []
    told = style not in (
        "suffix",
        "continued",
        "characters",
        "octets",
    )  # whether a piece tells that it begins a word
    for i, piece in zip(ids, pieces, strict=True):
        if int(i) in tokenizer.all_special_ids or int(i) in marks:
            texts.append(piece)
            continue
        spelt = decode_pieces([spell(style, piece)])[0][0]
        text = show(spelt.strip(SPACES) or spelt) or CONTINUED
        goes_on = told and not spelt[:1].isspace() and is_letter(spelt[:1])
        texts.append(f"-{text}" if goes_on else text)
    return texts


def places(tokenizer: PreTrainedTokenizerBase, text: str, word: str) -> list[int]:
    """Where a word's tokens stand among those of a text, the first time that it occurs, in any case.

    "It's" is found, and so are its halves "it" and "'s"; a piece of a word is not. A space that is a token by
    itself belongs to the word after it, but says nothing of it and is left out.
    Raises ValueError where the word does not occur.
    """
    tokens = tokens_of(tokenizer, tokenizer.encode(text), text)
    spelling = tokens.spelling or tokens.texts
    blank = {i for i, spelt in enumerate(spelling) if spelt and all(map(is_blank, spelt))}
    groups = [[i for i in group if i not in blank] for group in tokens.groups()]
    for found in sorted([*groups, *(half for group in groups for half in _halves(tokens, group))]):
        if found and normalise(tokens.spell(found)) == normalise(word):
            return found
    raise ValueError(f"There is no word {word!r} in: {text}")


def _halves(tokens: Tokens, group: list[int]) -> list[list[int]]:
    """The tokens of each half of a contracted word, where its halves are tokens of their own."""
    spelt = [tokens.texts[i] if tokens.spelling is None else tokens.spelling[i].strip() for i in group]
    starts = list(accumulate(map(len, spelt), initial=0))
    words = split_words("".join(spelt))
    if not {word.start for word in words} <= set(starts):
        return []
    return [
        [i for i, at in zip(group, starts, strict=False) if word.start <= at < word.end] for word in words
    ]


def _fold(text: str) -> str:
    """The text without case and accents, character for character, for finding pieces in it."""
    return "".join(normalize("NFD", character)[0].lower()[0] for character in text)


def _fill_unknown(
    tokenizer: PreTrainedTokenizerBase, texts: list[str], unknown: Sequence[bool], source: str
) -> None:
    """Puts words of the source where a model wrote something that the tokenizer only calls unknown.

    Known pieces are looked for in the source first, then the words that give an unknown.
    """
    folded, words, cursor = _fold(source), split_words(source), 0
    for i, shown in enumerate(texts):
        if not unknown[i]:
            found = folded.find(_fold(shown), cursor)
            cursor = cursor if found < 0 else found + len(shown)
            continue
        ahead = (word for word in words if word.end > cursor)
        word = next((w for w in ahead if tokenizer.unk_token_id in tokenizer.encode(w.text)), None)
        if word is None:
            return
        follows = texts[i + 1] if i + 1 < len(texts) and not unknown[i + 1] else ""
        start = max(cursor, word.start)
        found = folded.find(_fold(follows), start + 1, word.end) if follows else -1
        cursor = word.end if found < 0 else found
        texts[i] = source[start:cursor]
