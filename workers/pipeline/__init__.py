"""The pure core: the algorithm and the task prompts. Knows of no queue, web framework, metric or engine."""
