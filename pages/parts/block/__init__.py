"""What the page block.py is put together from."""
