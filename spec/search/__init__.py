"""What makes scenarios: moves, strategies, the boundaries that they promise to reach, and shrinking."""
