"""The viewer of sounds: waveform over spectrogram with one cursor, regions, and playback."""
