"""What is said to customers when they are asked how it was, a file for each language; read as data."""
