"""What all of this domain agrees on: channels, classes, regions, rate."""

from __future__ import annotations

from models.electrodes import CHANNELS

__all__ = ["BINS", "CHANNELS", "CLASSES", "COLUMNS", "LABELLED", "RATE", "REGIONS", "SPARCNET", "WINDOW"]

#: Classes in the order of votes, models and submissions.
CLASSES = ("seizure", "lpd", "gpd", "lrda", "grda", "other")
#: Regions of a spectrogram: left and right lateral, left and right parasagittal.
REGIONS = ("LL", "RL", "LP", "RP")
#: Samples a second of every array of windows.
RATE = 200
#: Seconds of a window that a model sees, and of its centre that raters judged.
WINDOW, LABELLED = 50, 10
#: The order of votes and probabilities in files of SPaRCNet and of the IIIC studies: another one than ours.
SPARCNET = ("other", "seizure", "lpd", "gpd", "lrda", "grda")
#: Columns of the spectrogram of a window: ten minutes, one in two seconds; and its bins a region.
COLUMNS, BINS = 300, 100
