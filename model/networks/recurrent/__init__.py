"""Recurrent networks: what sequences were read and written with before the Transformer."""
