"""What the Explore page is put together from, beside what pages share."""
