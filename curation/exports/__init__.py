"""Export types and layouts. See `curation.exporting` for what each of them is."""
