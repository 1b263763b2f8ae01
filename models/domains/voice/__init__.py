"""Voices: recordings and mel spectrograms of speakers, or features of them, split by speaker alone."""

from __future__ import annotations

from functools import partial

from models.domain import SHARE, Column, Demo, Domain, Flaw
from models.domains.voice.exports import EXPORTS
from models.domains.voice.headings import AGES, MICROPHONES, SEXES, SITES, WELL
from models.domains.voice.options import FAKE_KEYS, IMPORT_KEYS
from models.lazy import LazyRow, lazy

#: What is found here by its path is loaded when it is called: the record itself stays light.
_own = partial(lazy, __name__)

_COLUMNS = (
    Column("speaker", "Speaker"),
    Column("quality", "Quality", main=True, early=True),
    Column("seconds", "Length", "s", decimals=2, main=True),
    Column("rate", "Rate", "samples/s", decimals=0),
    Column("channels", "Channels", decimals=0),
    Column("coding", "Coding"),
    Column("level", "Level", "dBFS", decimals=1),
    Column("noise", "SNR", "dB", decimals=1, main=True),
    Column("clipped", "Clipped", SHARE, decimals=4),
    Column("silent", "Silent", SHARE, decimals=2),
    Column("same_as", "Same sound as"),
    Column("age", "Age", "years", decimals=0),
    Column("sex", "Sex"),
    Column("vowel", "Vowel"),
    Column("microphone", "Microphone"),
    Column("site", "Site"),
    Column("record_id", "Record"),
    Column("column_id", "Column"),
    Column("own_class", "Own class"),
    Column("width", "Width", "px", decimals=0),
    Column("height", "Height", "px", decimals=0),
)

#: What `quality` finds, by the words that stand in the column of that name.
_FLAWS = (
    Flaw("clipping", "Clipping", 'quality ~ "clipping"', "clipped"),
    Flaw("silence", "Silence", 'quality ~ "silence"', "silent"),
    Flaw("short", "Too short", 'quality ~ "too short"', "seconds", low=True),
    Flaw("noise", "Low SNR", 'quality ~ "noise"', "noise", low=True),
    Flaw("several", "Several voices' worth", 'quality ~ "several voices"', "seconds"),
    Flaw("duplicate", "Duplicates", 'quality ~ "duplicate"', "same_as"),
    Flaw("across", "Duplicates across speakers", 'quality ~ "duplicate of another speaker"', "same_as"),
)

DOMAIN = Domain(
    name="voice",
    title="Voice",
    classes=(),
    group="speaker",
    sample="recording",
    scan=_own("read.scan"),
    load=_own("load.load"),
    sketch=_own("load.sketch"),
    recipes=LazyRow(f"{__name__}.recipes", "RECIPES"),
    exports=EXPORTS,
    fake=_own("fake.fake"),
    columns=_COLUMNS,
    import_keys=IMPORT_KEYS,
    fake_keys=FAKE_KEYS,
    by_columns=("speaker", "site", "microphone"),
    together="Speakers",
    apart=True,
    audible=_own("places.audible"),
    flaws=_FLAWS,
    checks=("clipped", "level", "seconds", "noise", "silent", "same_as"),
    healthy=("0", "no", "false", "negative", "nein", *WELL),
    confounders={
        "age and sex": (*AGES, *SEXES),
        "site and microphone": (*SITES, *MICROPHONES, "rate", "channels", "coding"),
    },
    metadata=_own("metadata.metadata"),
    suffixes=(
        ".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff", ".jpg", ".jpeg", ".png", ".csv",
        ".tsv", ".data", ".txt", ".textgrid",
    ),
    nouns=_own("nouns.nouns"),
    begins=_own("nouns.begins"),
    short=_own("load.short"),
    drawn=_own("load.drawn"),
    carrier=_own("places.carrier_of"),
    thumbs=_own("thumbs.thumbs"),
    imaged=_own("thumbs.pictured"),
    stage=_own("thumbs.stage"),
    able=_own("places.able"),
    ailing=_own("places.ailing"),
    advise=_own("advice.advise"),
    demo=Demo(100, {}, "acoustic", fakes=({"speakers": "50"},)),
)  # fmt: skip
