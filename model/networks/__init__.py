"""The compact networks, to be read beside the papers, and their Hugging Face form."""
