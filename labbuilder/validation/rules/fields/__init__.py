"""Rules about single fields and types, by what they are about."""
