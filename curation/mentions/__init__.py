"""What a text mentions besides its words: numbers, measures, dates and times.

For finding out where an argument came from. Readers err on the side of finding too much: a value
counts as mentioned when any reading of the text gives it.
"""
