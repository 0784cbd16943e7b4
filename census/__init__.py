"""A census of the text models of transformers: each made small, run through Headlight, and compared."""
