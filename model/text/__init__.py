"""From text to tokens and back: tokenizers, words, Korean particles, word counts, sub-words."""
