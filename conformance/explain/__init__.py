"""Why did it stop there? Recorded histories, read and explained by the reference: story, audit, what-if, plot, page."""
