"""How trainers want their files: one layout per file."""
