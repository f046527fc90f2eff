import contextlib
import hashlib
import io
import json
import pickle
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reco.toys import BREAD, SOAP, everything, fitted, purchases

from deskapp.reco import artefacts
from deskapp.reco.artefacts import BadArtefact, load, save
from deskapp.reco.ranking import suggest


@pytest.fixture
def folder(tmp_path):
    save(fitted(), tmp_path / "model")
    return tmp_path / "model"


def write(path, content):
    """As a fault may, in spite of the mode of the file."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def forge(folder, name, array):
    """Replace an array and make the manifest agree with it: what a fault in the writer would look like."""
    content = io.BytesIO()
    np.save(content, array)
    forge_bytes(folder, name, content.getvalue(), shape=list(array.shape), dtype=array.dtype.str)


def forge_bytes(folder, name, content, **said):
    write(folder / f"{name}.npy", content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] |= {"sha256": hashlib.sha256(content).hexdigest()} | said
    write(folder / "manifest.json", json.dumps(manifest).encode())


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


@pytest.mark.parametrize("end", [-1, 200, 60, 0])
def test_a_file_cut_short_is_noticed(folder, end):
    path = folder / "in_orders.weight.npy"
    write(path, path.read_bytes()[:end])
    with pytest.raises(BadArtefact, match=r"in_orders\.weight\.npy is not the one that was saved"):
        load(folder)


def test_a_changed_byte_is_noticed(folder):
    path = folder / "in_orders.weight.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    write(path, content)
    with pytest.raises(BadArtefact, match=r"in_orders\.weight\.npy is not the one that was saved"):
        load(folder)


def test_a_pickle_is_refused_and_never_run(folder):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("a pickle was opened",)

    array = io.BytesIO()
    np.save(array, np.array([Trap()], dtype=object), allow_pickle=True)
    for content in (pickle.dumps(Trap()), array.getvalue()):
        forge_bytes(folder, "popularity", content)
        with pytest.raises(BadArtefact, match="cannot be read"):
            load(folder)


def test_several_arrays_in_one_file_are_refused(folder):
    content = io.BytesIO()
    np.savez(content, popularity=np.arange(8))
    forge_bytes(folder, "popularity", content.getvalue())
    with pytest.raises(BadArtefact, match="cannot be read"):
        load(folder)


def test_a_file_that_claims_more_than_it_holds_is_refused(folder):
    content = (folder / "popularity.npy").read_bytes().replace(b"(8,), }", b"(99999999999999999,), }")
    forge_bytes(folder, "popularity", content[:128] + content[-32:], shape=[99999999999999999])
    with pytest.raises(BadArtefact, match="cannot be read"):
        load(folder)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """A folder for spoiling, with what its popularity held before."""
    folder = tmp_path_factory.mktemp("spoilt") / "model"
    save(fitted(), folder)
    return folder, (folder / "popularity.npy").read_bytes()


@given(where=st.lists(st.tuples(st.integers(0, 139), st.integers(0, 255)), max_size=4), end=st.integers(0, 160))
@settings(max_examples=100, deadline=None)
def test_whatever_stands_in_a_file_there_is_a_model_or_a_sentence(spoilt, where, end):
    folder, content = spoilt[0], bytearray(spoilt[1])
    for place, byte in where:
        content[place] = byte
    forge_bytes(folder, "popularity", bytes(content[:end]))
    with contextlib.suppress(BadArtefact):
        assert len(load(folder).popularity) == 8


def test_a_folder_that_is_gone_is_refused_without_telling_where_it_was(folder):
    shutil.rmtree(folder)
    with pytest.raises(BadArtefact, match=r"No such file or directory \(manifest\.json\)\.") as refused:
        load(folder)
    assert str(folder.parent) not in str(refused.value)


def test_a_file_where_the_folder_should_be_is_refused(folder):
    shutil.rmtree(folder)
    folder.write_text("a file")
    with pytest.raises(BadArtefact, match="Not a directory"):
        load(folder)


def test_a_file_that_may_not_be_opened_is_named(folder, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(artefacts, "_sha256", denied)
    with pytest.raises(BadArtefact, match=r"Permission denied \(ids\.npy\)\.") as refused:
        load(folder)
    assert str(folder.parent) not in str(refused.value)


def test_another_model_in_the_place_of_the_published_one_is_refused(tmp_path):
    digest = save(fitted(), tmp_path / "model")
    assert len(load(tmp_path / "model", digest=digest).vocabulary) == 8
    shutil.rmtree(tmp_path / "model")
    save(fitted(purchases((1, [BREAD, SOAP]))), tmp_path / "model")
    with pytest.raises(BadArtefact, match="not the one that was published"):
        load(tmp_path / "model", digest=digest)


def test_what_is_mapped_goes_on_answering_when_its_files_are_replaced_or_removed(folder, tmp_path):
    """A rename leaves the old bytes to those who mapped them; only writing into a file takes them away, so nobody may."""
    loaded = load(folder)
    ask = {"basket": [SOAP], "history": {BREAD: 2}, "allowed": everything(loaded), "novel": False, "k": 9}
    expected = suggest(fitted(), **ask)
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o222 == 0
        (tmp_path / "other").write_bytes(b"")
        (tmp_path / "other").replace(path)
    assert suggest(loaded, **ask) == expected
    shutil.rmtree(folder)
    assert suggest(loaded, **ask) == expected


@pytest.mark.parametrize("name", ["manifest", "taste.factors"])
def test_a_missing_file_is_named(folder, name):
    path = next(folder.glob(f"{name}.*"))
    path.unlink()
    with pytest.raises(BadArtefact, match=path.name):
        load(folder)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '"x"', "[" * 100_000, '{"format": 1}', '{"format": 1, "files": {"ids": 3}}', "\x00"],
)
def test_a_senseless_manifest_is_refused(folder, text):
    write(folder / "manifest.json", text.encode())
    with pytest.raises(BadArtefact):
        load(folder)


def test_another_format_is_refused_in_words(folder):
    write(folder / "manifest.json", b'{"format": 99, "files": {}}')
    with pytest.raises(BadArtefact, match="has format 99, this release reads"):
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
        ("taste.gram", lambda array: array * 0),
        ("in_orders.column", lambda array: array[::-1]),
        ("in_homes.column", lambda array: array * 0),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(folder, name, change):
    whole = np.load(folder / f"{name}.npy")
    forge(folder, name, np.ascontiguousarray(change(whole)))
    with pytest.raises(BadArtefact, match="do not fit together"):
        load(folder)
