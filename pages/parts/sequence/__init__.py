"""What the page sequence.py is put together from."""
