"""EEG: windows of recordings in six classes by the votes of experts."""
