"""How the tables came to be, one file per change, in the order of their numbers."""
