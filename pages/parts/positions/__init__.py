"""What the page positions.py is put together from."""
