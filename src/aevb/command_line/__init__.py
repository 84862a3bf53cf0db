"""A person at the door: messages, suggestions, choices."""
