"""User files: from their text to labs, one or many."""
