"""What the page attention.py is put together from."""
