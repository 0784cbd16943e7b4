"""Tables that people have, and the pairs of texts in them."""
