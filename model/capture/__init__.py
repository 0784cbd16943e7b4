"""From a folder to a model that can be run and watched: what every layer does, in one place."""
