"""What columns of tables are called, in English and in the languages of neighbours, by what they tell.

In small letters and digits alone, as `plain` leaves them of a heading; of several that are there the first is taken.
"""

from __future__ import annotations

FILES = (
    "path", "file", "filename", "filepath", "wav", "wavfile", "audio", "audiopath", "audiofile", "recording",
    "recordingfile", "soundfile", "clip", "imagerelpath", "image", "imagepath", "datei", "dateiname", "dateipfad",
    "pfad", "audiodatei", "wavdatei", "aufnahme", "fichier", "archivo", "ficheiro", "bild", "name", "id",
)  # fmt: skip
SPEAKERS = (
    "speakerid", "speaker", "speakerno", "speakernumber", "spkid", "spk", "talkerid", "talker", "subjectid", "subject",
    "subjid", "subjno", "subj", "patientid", "patient", "patientno", "participantid", "participant", "participantno",
    "sprecherid", "sprecher", "sprecherin", "sprechernr", "sprechernummer", "patientenid", "patientin", "patientnr",
    "patientennr", "patientennummer", "patnr", "patid", "probandid", "probandenid", "proband", "probandin",
    "probandennr", "probandennummer", "versuchsperson", "vpnr", "vp", "teilnehmerid", "teilnehmer", "teilnehmerin",
    "teilnehmernr", "locuteur", "sujet", "hablante", "locutor", "parlante", "paciente", "paziente", "sujeto",
    "soggetto", "healthcode", "clientid", "personid", "person", "speakername", "pseudonym", "userid", "user", "pid",
    "sid", "id",
)  # fmt: skip
LABELS = (
    "label", "class", "diagnosis", "professionaldiagnosis", "diagnose", "diagnostic", "diagnostico", "diagnóstico",
    "diagnosi", "klasse", "befund", "status", "target", "condition", "category", "disease", "disorder", "pathology",
    "krankheit", "erkrankung", "zustand", "kategorie", "clase", "classe", "étiquette", "etiqueta", "dx", "outcome",
    "healthstatus", "group", "gruppe", "groupe", "grupo", "gruppo", "cohort", "digit", "ziffer", "emotion", "word",
    "wort", "y",
)  # fmt: skip
#: How the heading of a class may begin.
BEGINNINGS = ("diagnos", "label", "class", "status", "klasse", "befund")
KEYS = (
    "name", "id", "record", "recording", "recordid", "file", "sample", "aufnahme", "aufnahmeid", "datei", "probe",
)  # fmt: skip
AGES = (
    "age",
    "alter",
    "lebensalter",
    "alterinjahren",
    "alterjahre",
    "ageyears",
    "ageinyears",
    "edad",
    "âge",
    "idade",
    "età",
)
SEXES = ("sex", "gender", "geschlecht", "sexe", "sexo", "sesso", "género")
SITES = ("site", "center", "centre", "hospital", "clinic", "standort", "zentrum", "klinik", "ort")
MICROPHONES = (
    "microphone", "mic", "device", "phone", "smartphone", "mikrofon", "mikrophon", "gerät", "geraet", "telefon",
    "handy",
)  # fmt: skip
#: What is known of a speaker or of how somebody recorded, rather than measured of the voice: no feature.
DESCRIBING = (
    *AGES, *SEXES, *SITES, *MICROPHONES, "take", "vowel", "task", "onset", "row", "monthsfromonset", "bulbarsigns",
    "sr", "samplerate", "rate", "duration", "durations", "index", "testtime", "session", "height", "weight", "bmi",
    "vokal", "aufgabe", "sitzung", "abtastrate", "dauer", "zeile", "größe", "groesse", "gewicht", "datum", "date",
    "erkrankungsdauer", "krankheitsdauer", "trial", "trialno", "repetition", "recording", "recordingno", "wiederholung",
)  # fmt: skip

#: Words for people with whom nothing is wrong.
WELL = (
    "hc", "control", "controls", "healthy", "normal", "gesund", "gesunde", "kontrolle", "kontrollen", "kontrollgruppe",
    "kg", "sain", "sains", "témoin", "témoins", "sano", "sana", "sanos", "sani",
)  # fmt: skip
#: Words in headings of scores that a clinician gives: they tell the disease, not the voice.
CLINICAL = ("updrs", "hoehn", "moca", "mmse", "alsfrs", "levodopa", "vhi10", "grbas")
#: Columns that are made here, whatever a table calls its own.
OURS = (
    "id", "source", "key", "group", "label", "speaker", "seconds", "rate", "channels", "coding", "level", "noise",
    "clipped", "silent", "quality", "same_as", "width", "height", "record_id", "column_id", "own_class", "line",
)  # fmt: skip


def plain(heading: str) -> str:
    """A heading as it is compared: its letters and digits, small."""
    return "".join(letter for letter in heading.lower() if letter.isalnum())
