"""What can be learnt: one export type per file."""
