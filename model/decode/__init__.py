"""How a model writes: greedily, by beam search, by sampling, with every step told."""
