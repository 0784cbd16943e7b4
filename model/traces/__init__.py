"""The record in other forms: in files, tables, words, notebooks, and as the film of a training."""
