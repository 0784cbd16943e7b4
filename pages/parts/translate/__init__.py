"""What the Translate page is put together from, beside what pages share."""
