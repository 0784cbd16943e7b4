"""What the page masks.py is put together from."""
