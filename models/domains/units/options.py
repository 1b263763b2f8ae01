"""What an import and a generation of units can be told, in words."""

from collections.abc import Mapping

IMPORT_KEYS: Mapping[str, str] = {
    "id": "column of the unit ids in tables (cluster_id or unit_id when absent)",
    "label": "column of the labels in tables (majority_vote, group, label … when absent)",
    "group": "column that tells the recording, in a table of several",
    "rate": "sampling rate in Hz of phy folders without params.py (30000)",
}
FAKE_KEYS: Mapping[str, str] = {
    "mode": "tables of measures (default), or recording: raw data, a sorting and an analyzer, by spikeinterface",
    "sessions": "recordings (8; 2 with mode=recording)",
    "animals": "animals that the recordings are of (4; 1 with mode=recording)",
    "noise": "how much the classes overlap: factor on all spreads, tables only (1.0)",
    "mistakes": "share of the labels that are wrong, recordings only (0.05)",
    "seconds": "length of each recording, recordings only (20)",
    "channels": "channels of the probe, recordings only (16)",
}
