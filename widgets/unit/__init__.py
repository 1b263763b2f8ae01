"""The unit viewer: waveforms, intervals, activity and measures of one unit of a sorting."""
