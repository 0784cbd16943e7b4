"""What the page vectors.py is put together from."""
