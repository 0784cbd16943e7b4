"""What the page tokens.py is put together from."""
