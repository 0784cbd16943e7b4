"""What the page score.py is put together from."""
