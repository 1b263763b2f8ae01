"""The viewer of traces and the stacked traces by ring."""
