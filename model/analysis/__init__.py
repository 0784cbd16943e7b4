"""What is computed from a record: heads taken apart, ablation, contributions, parameters."""
