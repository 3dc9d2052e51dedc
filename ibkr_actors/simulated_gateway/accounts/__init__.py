"""Books: cash, positions, margin, and what they are worth."""
