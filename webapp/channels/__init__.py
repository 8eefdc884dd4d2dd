"""Ways to reach a person, a module per kind."""
