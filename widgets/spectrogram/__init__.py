"""The viewer of spectrograms: strips of regions or channels below each other, from a minute to a day."""
