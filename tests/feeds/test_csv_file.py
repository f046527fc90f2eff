"""What every file has to be before any of its fields is looked at."""

import pytest

from deskapp.feeds import csv_file
from deskapp.feeds.csv_file import reading, scan
from deskapp.feeds.problems import Problems


def write(folder, data):
    path = folder / "file.csv"
    path.write_bytes(data)
    return path


def rows_of(path, required=("a",)):
    problems = Problems()
    with reading(path, required, problems) as table:
        found = [] if table is None else [(n, r) for c in table.chunks for n, r in zip(c.lines, c.rows, strict=True)]
    return found, [(p.line, p.reason) for p in problems.kept]


def faults_of(path):
    problems = Problems()
    scan(path, problems)
    return [(p.line, p.reason) for p in problems.kept]


def test_a_clean_file_has_a_digest_and_no_fault(tmp_path):
    path = write(tmp_path, "a,b\nä,ö\n".encode())
    problems = Problems()
    assert len(scan(path, problems)) == 64
    assert not problems


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"a,b\n1,2\n3,\x004\n", 3, "NUL"),
        ("a,b\n1,2\nä,3\n".encode("latin-1"), 3, "UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), 1, "UTF-8"),
        ("a,b\n1,ä".encode()[:-1], 2, "cut off"),
    ],
)
def test_a_file_that_is_no_utf_8_text_is_refused_with_the_line(tmp_path, data, line, words):
    ((found, reason),) = faults_of(write(tmp_path, data))
    assert found == line
    assert words in reason


def test_a_letter_on_the_border_of_two_blocks_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "_BLOCK_BYTES", 5)
    assert faults_of(write(tmp_path, "a,b\nää\n".encode())) == []
    ((line, _),) = faults_of(write(tmp_path, b"a,b\n1,2\n\xc3a\n"))
    assert line == 3


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "_BLOCK_BYTES", 100)
    ((line, reason),) = faults_of(write(tmp_path, b"a,b\n" + b"x" * 500 + b"\n"))
    assert line == 2
    assert "longer" in reason


@pytest.mark.parametrize("data", [b"", b"\n", b",,\n", b"   \n1,2\n"])
def test_a_file_needs_a_header(tmp_path, data):
    found, ((line, reason),) = rows_of(write(tmp_path, data))
    assert found == []
    assert (line, "no header" in reason) == (1, True)


def test_the_header_names_all_that_is_missing(tmp_path):
    _, ((line, reason),) = rows_of(write(tmp_path, b"a\n1\n"), required=("a", "b", "c"))
    assert (line, reason) == (1, "The header lacks b and c.")


def test_semicolons_get_a_hint(tmp_path):
    _, ((_, reason),) = rows_of(write(tmp_path, b"a;b\n1;2\n"), required=("a", "b"))
    assert "commas" in reason


def test_a_column_may_not_be_named_twice(tmp_path):
    _, ((_, reason),) = rows_of(write(tmp_path, b"a,A\n1,2\n"))
    assert "more than once" in reason


def test_columns_without_a_name_are_let_be(tmp_path):
    found, problems = rows_of(write(tmp_path, b"a,,\n1,2,3\n"))
    assert (found, problems) == ([(2, ["1", "2", "3"])], [])


@pytest.mark.asvs(26)
def test_a_row_of_another_width_is_named_and_the_others_read(tmp_path):
    found, ((line, reason),) = rows_of(write(tmp_path, b"a,b\n1,2\n3\n4,5\n"))
    assert found == [(2, ["1", "2"]), (4, ["4", "5"])]
    assert (line, reason) == (3, "There are 1 fields here where the header has 2.")


@pytest.mark.asvs(26)
def test_an_unclosed_quote_costs_its_own_line_alone(tmp_path):
    found, ((line, reason),) = rows_of(write(tmp_path, b'a,b\n1,"two\n3,4\n5,"6"\n'))
    assert [n for n, _ in found] == [3, 4]
    assert (line, "not closed" in reason) == (2, True)


def test_two_unclosed_quotes_that_close_each_other_are_seen_too(tmp_path):
    found, problems = rows_of(write(tmp_path, b'a,b\n1,"two\n3,four"\n5,6\n'))
    assert [n for n, _ in found] == [3, 4]  # a quotation mark within an unquoted field is a letter like others
    assert [line for line, _ in problems] == [2]


def test_text_after_a_closing_quote_is_refused(tmp_path):
    _, ((line, reason),) = rows_of(write(tmp_path, b'a,b\n"1"x,2\n'))
    assert (line, "twice" in reason) == (2, True)


@pytest.mark.asvs(26)
def test_a_field_without_end_is_refused(tmp_path):
    _, ((line, reason),) = rows_of(write(tmp_path, b"a,b\n1," + b"x" * 140_000 + b"\n"))
    assert (line, "131,072" in reason) == (2, True)


def test_lines_are_numbered_right_across_chunks_and_blank_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "_CHUNK_LINES", 2)
    found, problems = rows_of(write(tmp_path, b"a,b\n1,2\n\n3,4\n5\n6,7"))
    assert [n for n, _ in found] == [2, 4, 6]
    assert [line for line, _ in problems] == [5]


def test_progress_reaches_the_end(tmp_path):
    with reading(write(tmp_path, b"a\n" + b"1\n" * 20_000), ("a",), Problems()) as table:
        done = [chunk.done for chunk in table.chunks]
    assert done == sorted(done)
    assert done[-1] == 1.0
