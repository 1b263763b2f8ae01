"""What an import and a generation of units can be told, in words."""

from collections.abc import Mapping

from models.domain import ImportKey

IMPORT_KEYS: Mapping[str, ImportKey] = {
    "id": ImportKey(
        "Column of unit ids",
        "Which column of a table holds them.",
        limits="the name of a column",
        default="cluster_id or unit_id, or the first",
    ),
    "label_column": ImportKey(
        "Column of labels",
        "Which column of a table holds them.",
        limits="the name of a column",
        default="majority_vote, group or label, where there",
    ),
    "group": ImportKey(
        "Column of the recording",
        "Which column tells the recording, in a table of several.",
        limits="the name of a column",
        default="the file's name",
    ),
    "rate": ImportKey("Sampling rate", "Of phy folders without params.py.", "Hz", "a number above 0", "30000"),
    "extensions": ImportKey(
        "Missing extensions",
        "Of analyzers: what spikeinterface can compute is written into their folders; nothing that is there changes.",
        limits="leave, or compute",
        default="leave",
    ),
}
FAKE_KEYS: Mapping[str, str] = {
    "mode": "tables of measures (default); recording: raw data, a sorting and an analyzer, by spikeinterface; \
or phy: folders of spikes and templates of any size, quickly",
    "sessions": "recordings (8; 2 with mode=recording, 1 with mode=phy)",
    "animals": "animals that the recordings are of (4; 1 with mode=recording or phy)",
    "noise": "how much the classes overlap: factor on all spreads, tables only (1.0)",
    "mistakes": "share of the labels that are wrong, not for tables (0.05)",
    "seconds": "length of each recording, not for tables (20; 3600 with mode=phy)",
    "channels": "channels of the probe, not for tables (16; 64 with mode=phy)",
    "spikes": "spikes in all, phy only (1 000 000)",
}
