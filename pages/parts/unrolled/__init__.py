"""The parts of the page on recurrent networks, one word after another."""
