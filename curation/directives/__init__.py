"""Scenario directives for new samples, one TOML file each; `curation/directive.py` reads them."""
