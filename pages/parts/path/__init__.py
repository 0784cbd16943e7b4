"""What the page path.py is put together from."""
