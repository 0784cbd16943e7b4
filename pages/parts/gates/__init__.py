"""The parts of the page on gates."""
