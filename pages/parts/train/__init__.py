"""What the page train.py is put together from."""
