"""What the page heads.py is put together from."""
