import hashlib
import json
import pickle

import numpy as np
import pytest
from reco.toys import BREAD, SOAP, everything, fitted, purchases

from deskapp.reco import artefacts
from deskapp.reco.artefacts import BadArtefact, load, save
from deskapp.reco.ranking import suggest


@pytest.fixture
def folder(tmp_path):
    save(fitted(), tmp_path / "model")
    return tmp_path / "model"


def forge(folder, name, array):
    """Replace an array and make the manifest agree with it: what a fault in the writer would look like."""
    np.save(folder / f"{name}.npy", array)
    manifest = json.loads((folder / "manifest.json").read_text())
    digest = hashlib.sha256((folder / f"{name}.npy").read_bytes()).hexdigest()
    manifest["files"][name] = {"sha256": digest, "shape": list(array.shape), "dtype": array.dtype.str}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_loaded_model_answers_like_the_saved_one(folder):
    saved, loaded = fitted(), load(folder)
    ask = {"basket": [SOAP], "history": {BREAD: 2}, "allowed": everything(saved), "novel": False, "k": 9}
    assert suggest(loaded, **ask) == suggest(saved, **ask)


def test_a_loaded_model_is_mapped_and_read_only(folder):
    model = load(folder)
    assert isinstance(model.in_orders.weight.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        model.popularity[0] = 5


def test_the_digest_is_that_of_the_manifest(tmp_path):
    digest = save(fitted(), tmp_path / "model")
    assert digest == hashlib.sha256((tmp_path / "model" / "manifest.json").read_bytes()).hexdigest()


def test_an_empty_model_can_be_saved_and_loaded(tmp_path):
    save(fitted(purchases()), tmp_path / "model")
    assert len(load(tmp_path / "model").vocabulary) == 0


def test_a_failed_save_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(artefacts, "_settle_folder", lambda _: None)
    monkeypatch.setattr(artefacts, "_sha256", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save(fitted(), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_model_in_service_is_not_overwritten(folder):
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(OSError, match="not empty"):
        save(fitted(purchases((1, [BREAD, SOAP]))), folder)
    assert (folder / "manifest.json").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_changed_byte_is_noticed(folder):
    path = folder / "in_orders.weight.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadArtefact, match=r"in_orders\.weight\.npy is not the one that was saved"):
        load(folder)


def test_a_pickle_is_refused(folder):
    path = folder / "popularity.npy"
    path.write_bytes(pickle.dumps(["anything"]))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["popularity"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadArtefact, match="cannot be read"):
        load(folder)


@pytest.mark.parametrize("name", ["manifest", "taste.factors"])
def test_a_missing_file_is_named(folder, name):
    path = next(folder.glob(f"{name}.*"))
    path.unlink()
    with pytest.raises(BadArtefact, match=path.name):
        load(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "files": {"ids": 3}}', "\x00"])
def test_a_senseless_manifest_is_refused(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(BadArtefact):
        load(folder)


def test_another_format_is_refused_in_words(folder):
    (folder / "manifest.json").write_text('{"format": 99, "files": {}}')
    with pytest.raises(BadArtefact, match="has format 99, this release reads 1"):
        load(folder)


def test_numbers_that_are_not_finite_are_refused(folder):
    weight = load(folder).in_orders.weight.copy()
    weight[0] = np.nan
    forge(folder, "in_orders.weight", weight)
    with pytest.raises(BadArtefact, match="not finite"):
        load(folder)


def test_another_type_is_refused(folder):
    forge(folder, "popularity", load(folder).popularity.astype(np.float64))
    with pytest.raises(BadArtefact, match="shape or type"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ids", lambda array: array[::-1]),
        ("ids", lambda array: array[:-1]),
        ("popularity", lambda array: array[:-1]),
        ("in_orders.column", lambda array: array + 1000),
        ("in_orders.column", lambda array: array - 1000),
        ("in_homes.column", lambda array: array[:-1]),
        ("in_homes.start", lambda array: array + 1),
        ("in_homes.start", lambda array: array[:0]),
        ("in_orders.start", lambda array: np.sort(array)[::-1]),
        ("taste.factors", lambda array: array[:, 0]),
        ("taste.gram", lambda array: array[:-1]),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(folder, name, change):
    whole = np.load(folder / f"{name}.npy")
    forge(folder, name, np.ascontiguousarray(change(whole)))
    with pytest.raises(BadArtefact, match="do not fit together"):
        load(folder)
