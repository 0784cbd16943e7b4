"""What the page seq2seq.py is put together from."""
