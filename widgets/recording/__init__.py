"""The viewer of recordings: pages of montaged and filtered channels, in clinical units, with annotations."""
