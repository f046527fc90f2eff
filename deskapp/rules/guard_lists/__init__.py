"""Phrase lists by language and the shapes of numbers, as data, and how they are read."""
