"""Networks of every family on the same data: trained, measured, and written down as one table and one figure.

    python -m model.evaluate --compare runs/comparison

A run that is there already is not repeated, so that a comparison that was stopped goes on.
"""
