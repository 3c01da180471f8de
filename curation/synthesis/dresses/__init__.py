"""The same rows in the clothes of other formats, for samples and tests of import.

Each module writes one format as its originators do, traps included; none of them is the export.
"""
