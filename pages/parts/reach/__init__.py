"""What the page reach.py is put together from."""
