"""Each route answers what its document says; who may not, or sends nonsense, is told why."""

from __future__ import annotations

import gzip
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.domain import Setting
from models.domains import domain
from models.domains.eeg import window
from models.domains.eeg.constants import CHANNELS, CLASSES
from models.domains.eeg.identity import pseudonym
from models.job import Job, finish
from models.orders.fitting import load_model, predict_rows
from models.store.project import Project
from tests.service.conftest import Asking, noise, serving
from workers.inline import run


def kinds(answer: dict[str, object]) -> set[str]:
    return {one["kind"] for one in answer["warnings"]}  # type: ignore[index,attr-defined]


def test_a_window_is_answered_as_the_project_predicts_it(asking: Asking, study: Path) -> None:
    with Project.open(study) as project:
        some = project.samples.take(np.arange(2))
        fitted, _ = load_model(domain("eeg"), project.runs.get("last").path)
        expected = finish(predict_rows(fitted, some, np.arange(2), Setting("cpu", project.cache)))
        signals = window.eeg(some, np.arange(2))
    values = [[None if math.isnan(value) else value for value in row] for row in signals[1].tolist()]
    answer = asking.predict(eeg_data=values, options={"id": "w1"}).json()
    assert list(answer["probabilities"]) == [name for name in CLASSES if name in answer["probabilities"]]
    assert list(answer["probabilities"].values()) == pytest.approx(expected[1].tolist(), abs=1e-5)
    best = max(answer["probabilities"], key=answer["probabilities"].get)
    assert (answer["prediction"], answer["confidence"]) == (best, answer["probabilities"][best])
    assert answer["run"] == asking.served.run
    assert answer["id"] == "w1"
    assert answer["milliseconds"] > 0
    assert "out_of_distribution" not in kinds(answer)


def test_channels_are_known_by_their_names_and_rates_resampled(asking: Asking) -> None:
    rows = noise(20)
    plain = asking.predict(eeg_data=rows).json()
    newer = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
    names = [f"EEG {newer.get(name, name)}-REF" if name != "EKG" else "ECG" for name in CHANNELS]
    turned = asking.predict(eeg_data=rows[::-1], names=names[::-1]).json()
    assert turned["probabilities"] == pytest.approx(plain["probabilities"], abs=1e-6)
    times = np.arange(20_000) / 400
    fine = [np.interp(times, np.arange(10_000) / 200, row).tolist() for row in rows]
    finer = asking.predict(eeg_data=fine, rate=400).json()
    assert finer["prediction"] == plain["prediction"]
    fewer = asking.predict(eeg_data=rows[:3], names=["Fp1", "F3", "C3"]).json()
    assert "missing_channel" in kinds(fewer)


def test_what_is_odd_is_told(asking: Asking) -> None:
    rows = noise()
    rows[2] = [3.0] * 10_000
    rows[4][:500] = [float("nan")] * 500
    rows[5][7] = float("inf")
    rows[6] = [value * 300 for value in rows[6]]
    body = json.dumps({"eeg_data": rows})
    assert "NaN" in body
    assert "Infinity" in body
    answer = asking.client.post("/predict", content=body, headers={"content-type": "application/json"})
    told = {one["kind"]: one["text"] for one in answer.json()["warnings"]}
    assert told["flat"] == "flat: C3"
    assert "T5" in told["out_of_range"]
    assert {"missing_values", "infinite"} <= set(told)
    volts = [[value * 1e-6 for value in row] for row in noise()]
    assert "unit" in kinds(asking.predict(eeg_data=volts).json())
    squares = [(150 * np.sign(np.sin(np.arange(10_000) * (2.4 + 0.1 * row)))).tolist() for row in range(19)]
    assert "out_of_distribution" in kinds(asking.predict(eeg_data=squares).json())


def test_where_nothing_can_be_judged_there_is_no_prediction_and_no_class_is_counted(asking: Asking) -> None:
    torn = [[3000 * (-1.0) ** (place // 8) for place in range(10_000)]] * 19  # artifacts all through
    nothing = [[None] * 10_000] * 19

    def count(name: str) -> float:
        families = text_string_to_metric_families(asking.client.get("/metrics").text)
        return sum(one.value for family in families for one in family.samples if one.name == name)

    names = ("winnow_predictions_total", "winnow_input_distance_ratio_count", "winnow_unreadable_total")
    before = [count(name) for name in names]
    batch = asking.client.post("/predict_batch", json={"samples": [{"eeg_data": noise()}, {"eeg_data": torn}]}).json()
    with asking.client.websocket_connect("ws://127.0.0.1/stream") as socket:
        socket.send_text(json.dumps({"eeg_data": torn}))
        streamed = socket.receive_json()
    told = [asking.predict(eeg_data=torn).json(), asking.predict(eeg_data=nothing).json()]
    for one in (*told, batch["predictions"][1], streamed):
        assert [one[name] for name in ("probabilities", "prediction", "confidence", "distance")] == [None] * 4
        assert "unreadable" in kinds(one)
    assert batch["predictions"][0]["prediction"] in CLASSES
    assert [count(name) for name in names] == [before[0] + 1, before[1] + 1, before[2] + 4]
    form = asking.client.get("/openapi.json").json()["components"]["schemas"]["Prediction"]
    for name in ("probabilities", "prediction", "confidence"):
        assert name in form["required"]
        assert {"type": "null"} in form["properties"][name]["anyOf"]
        assert "null where nothing" in form["properties"][name]["description"]


def test_the_document_tells_the_two_shapes_of_a_spectrogram_and_no_mixture(asking: Asking) -> None:
    body = asking.client.get("/openapi.json").json()["paths"]["/predict"]["post"]["requestBody"]
    form = body["content"]["application/json"]["schema"]["properties"]["spectrogram_data"]
    shapes = []
    for planes in form["oneOf"]:
        rows = planes["items"]
        parts = (planes, rows, rows["items"])
        assert all(part["minItems"] == part["maxItems"] for part in parts)
        shapes.append(tuple(part["minItems"] for part in parts))
    assert shapes == [(4, 100, 300), (3, 224, 224)]


def test_wrong_shapes_are_told_with_their_place(asking: Asking) -> None:
    rows = noise()
    assert asking.place(eeg_data=rows[:18]) == ["body", "eeg_data"]
    assert asking.place(eeg_data=[*rows[:4], rows[4][:9_999], *rows[5:]]) == ["body", "eeg_data", 4]
    assert asking.place(eeg_data=[*rows[:4], [*rows[4][:-1], "1.5"], *rows[5:]]) == ["body", "eeg_data", 4, 9_999]
    assert asking.place(eeg_data=[[True] * 10_000] * 19) == ["body", "eeg_data", 0, 0]
    assert asking.place(eeg_data=[*rows[:4], [10**400, *rows[4][1:]], *rows[5:]]) == ["body", "eeg_data", 4]
    assert asking.place(eeg_data="x") == ["body", "eeg_data"]
    assert asking.place(eeg_data=rows, rate=0) == ["body", "rate"]
    assert asking.place(eeg_data=rows, rate=256) == ["body", "eeg_data", 0]
    assert asking.place(eeg_data=rows, names=["Fp1"]) == ["body", "names"]
    assert asking.place(eeg_data=rows, names=[f"x{n}" for n in range(19)]) == ["body", "names"]
    assert asking.place(eeg_data=rows, spectrogram_data=[[[0.0] * 300] * 99] * 4) == ["body", "spectrogram_data", 0]
    short = [[[0.0] * 300] * 99 + [[0.0]]] * 4
    assert asking.place(eeg_data=rows, spectrogram_data=short) == ["body", "spectrogram_data", 0, 99]
    assert asking.place(eeg_data=rows, file="/etc/passwd") == ["body", "file"]
    assert asking.place(eeg_data=rows, options={"path": "x"}) == ["body", "options", "path"]
    assert asking.place() == ["body", "eeg_data"]
    # This run looks at the EEG alone.
    assert asking.place(spectrogram_data=[[[1.0] * 300] * 100] * 4) == ["body", "eeg_data"]
    both = asking.predict(eeg_data=rows, spectrogram_data=[[[1.0] * 224] * 224] * 3)
    assert "picture" in kinds(both.json())


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff", b'{"eeg_data": ' + b"[" * 100_000, b'"x"'])
def test_what_is_no_request_is_refused(asking: Asking, body: bytes) -> None:
    answer = asking.client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert asking.client.post("/predict", content=body).status_code == 415
    packed = {"content-type": "application/json", "content-encoding": "gzip"}
    assert asking.client.post("/predict", content=gzip.compress(body), headers=packed).status_code == 415


def test_no_address_leads_elsewhere(asking: Asking) -> None:
    assert asking.client.get("/model/", follow_redirects=False).status_code == 404


def test_a_batch_keeps_its_order_and_tells_what_is_wrong_in_it(asking: Asking) -> None:
    bodies = [{"eeg_data": noise(seed=seed), "options": {"id": str(seed)}} for seed in range(3)]
    answer = asking.client.post("/predict_batch", json={"samples": bodies}).json()
    assert [one["id"] for one in answer["predictions"]] == ["0", "1", "2"]
    single = asking.predict(**bodies[1]).json()
    assert answer["predictions"][1]["probabilities"] == pytest.approx(single["probabilities"], abs=1e-6)
    wrong = asking.client.post("/predict_batch", json={"samples": [bodies[0], {}, {"eeg_data": [[1]]}]}).json()
    assert [one["loc"] for one in wrong["detail"]] == [
        ["body", "samples", 1, "eeg_data"], ["body", "samples", 2, "eeg_data"],
    ]  # fmt: skip
    for body in ({}, {"samples": []}, {"samples": bodies, "x": 1}, {"samples": [{}] * 65}, []):
        assert asking.client.post("/predict_batch", json=body).status_code == 422


def test_run_runs_samples_and_documents_can_be_looked_at(asking: Asking, study: Path) -> None:
    client = asking.client
    assert client.get("/health").json()["status"] == "ok"
    told = client.get("/model").json()
    assert told["recipe"] == "features"
    assert told["takes"] == ["eeg"]
    assert client.get("/runs").json()["runs"][0]["run"] == asking.served.run
    rows = client.get("/samples", params={"where": "unlabelled", "limit": 2})
    assert rows.status_code == 200
    assert len(client.get("/samples", params={"limit": 3}).json()["rows"]) == 3
    wrong = client.get("/samples", params={"where": "label =="})
    assert wrong.status_code == 422
    assert wrong.json()["detail"][0]["loc"] == ["query", "where"]
    assert client.get("/samples", params={"limit": 1001}).status_code == 422
    everything = client.get("/model").text + client.get("/runs").text + rows.text
    assert str(study.parent) not in everything, "no path of this machine is told"
    document = client.get("/openapi.json").json()
    assert list(document["paths"]["/metrics"]["get"]["responses"]["200"]["content"]) == ["text/plain"]
    refusals = document["paths"]["/metrics"]["get"]["responses"]
    assert list(refusals["401"]["content"]) == ["application/json"], "beside text, refusals are JSON"
    assert set(refusals["400"]["content"]) == {"application/json", "text/plain"}
    assert "Problem" in document["components"]["schemas"]
    refused = document["paths"]["/predict"]["post"]["responses"]["400"]["content"]
    assert set(refused) == {"application/json", "text/plain"}, "what is no HTTP is refused in plain words"
    page = client.get("/docs")
    assert all(path in page.text for path in document["paths"])
    assert "<script" not in page.text
    assert "http" not in page.text.replace("https://", "http").partition("<body")[2]


def test_samples_are_told_when_the_run_that_answers_was_deleted(own: Path) -> None:
    with serving(own) as asking:
        before = asking.client.get("/samples", params={"limit": 2}).json()
        shutil.rmtree(asking.served.record.path)
        told = asking.client.get("/samples", params={"limit": 2})
        assert told.status_code == 200
        assert [row["id"] for row in told.json()["rows"]] == [row["id"] for row in before["rows"]]
        assert set(before["rows"][0]) - set(told.json()["rows"][0]) == {"prediction", "confidence"}
        asked = asking.client.get("/samples", params={"where": "prediction == 'gpd'"})
        assert asked.status_code == 422
        assert "there is no run" in asked.json()["detail"][0]["msg"]
        assert asking.predict(eeg_data=noise()).json()["prediction"] in CLASSES


def test_labels_need_the_token_of_a_curator(own: Path) -> None:
    with serving(own, tokens=True) as asking:
        client, name = asking.client, asking.served.project.samples.ids()[0]
        body, before = {"labels": [{"sample": name, "label": "gpd"}]}, asking.served.project.journal.position

        def label(token: str, sent: object = body) -> int:
            return int(client.post("/labels", json=sent, headers={"authorization": f"Bearer {token}"}).status_code)

        assert client.get("/model").status_code == 401
        assert client.get("/health").status_code == 200
        assert client.post("/labels", json=body).status_code == 401
        assert label("x" * 43) == 401
        assert label(asking.reader) == 403
        assert label(asking.curator, {"labels": [{"sample": "nobody", "label": "gpd"}]}) == 422
        assert label(asking.curator, {"labels": [{"sample": name, "label": "unicorn"}]}) == 422
        both = {"labels": [{"sample": name, "label": "gpd"}, {"sample": name, "label": "lpd"}]}
        assert label(asking.curator, both) == 422, "which of the two is meant nobody knows"
        assert asking.served.project.journal.position == before
        assert label(asking.curator) == 200
        assert asking.client.get("/model", headers={"authorization": f"Bearer {asking.reader}"}).status_code == 200
    with Project.open(own) as project:
        assert project.journal.event(project.journal.position).by == "ada"
    with serving(own) as asking:
        assert asking.client.post("/labels", json=body).status_code == 401, "not even where all else is open"


def test_each_message_of_a_stream_is_answered(asking: Asking) -> None:
    with asking.client.websocket_connect("ws://127.0.0.1/stream") as socket:
        socket.send_text(json.dumps({"eeg_data": noise(), "options": {"id": "a"}}))
        assert socket.receive_json()["id"] == "a"
        socket.send_text("nonsense")
        answer = socket.receive_json()
        assert (answer["status"], answer["detail"][0]["loc"]) == (422, ["body"])
        socket.send_text(json.dumps({"eeg_data": noise(20)}))
        assert set(socket.receive_json()["probabilities"]) <= set(CLASSES)


def test_kept_requests_become_samples_of_the_project(own: Path) -> None:
    with serving(own, keep=True) as asking:
        before = len(asking.served.project.samples)
        assert asking.predict(eeg_data=noise(20), options={"patient": "bed 4"}).json()["kept"]
        assert not asking.predict(eeg_data=noise(20), options={"keep": False}).json()["kept"]
    with Project.open(own) as project:
        assert len(project.samples) == before + 1
        row = before
        assert project.samples.sample(row).group == pseudonym("bed 4")
        found = window.eeg(project.samples, np.array([row]))[0]
        np.testing.assert_allclose(found, np.array(noise(20), np.float32), atol=1e-4)
    with serving(own, keep=True) as asking:
        assert asking.predict(eeg_data=noise(20, seed=1)).json()["kept"]
    with Project.open(own) as project:
        assert len(project.samples) == before + 2, "another time, another source"
        again = window.eeg(project.samples, np.array([row, row + 1]))
        np.testing.assert_allclose(again[0], found)
        np.testing.assert_allclose(again[1], np.array(noise(20, seed=1), np.float32), atol=1e-4)
    queue = run(Job("queue", {"project": str(own), "strategy": "diversity", "n": 100}, "queue"))["queue"]
    with Project.open(own) as project:
        assert project.samples.ids()[row] in {one["sample"] for one in queue}
