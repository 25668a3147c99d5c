"""What makes scenarios: moves, strategies, the boundaries that they promise to reach, and shrinking.

A callback has one module here: how its scenarios are drawn, and the boundaries that a pool of them has to reach. What several
callbacks share stands in `streams`, `fits` and `waiting` (drawing), and in `conditions`, `monitoring` and `waiting` (boundaries).
"""
