"""Training: Hugging Face's Trainer around a task, the run's folder, and the model card it ends with."""
