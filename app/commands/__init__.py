"""The commands of `loopwright`, one module per family. Each is thin: read options, call one flow,
say what happened. Screens do the same over the same flows."""
