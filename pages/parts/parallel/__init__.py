"""What the page parallel.py is put together from."""
