"""What the pages try with controlled numbers: masks, positions, order, scaling, cost."""
