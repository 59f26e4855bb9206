"""The cache: what is kept comes back whole or not at all, whoever else writes."""

import json
import threading
import time

import pytest

from analysis.findings.cache import Cache


def test_what_is_kept_comes_back_as_it_was(tmp_path):
    cache = Cache(tmp_path / "new" / "folder")
    assert cache.get("one") is None
    cache.put("one", '{"a": "é"}')
    assert cache.get("one") == '{"a": "é"}'
    cache.put("one", "2")
    assert cache.get("one") == "2"


@pytest.mark.parametrize("damaged", [b"", b'{"a": ', b'\xff"a"'], ids=["empty", "cut", "no text"])
def test_a_damaged_entry_counts_as_absent(tmp_path, damaged):
    cache = Cache(tmp_path)
    cache.put("one", "1")
    (tmp_path / "one").write_bytes(damaged)
    assert cache.get("one") is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file")
    cache.put("one", "1")
    assert cache.get("one") is None


def test_writers_do_not_meet(tmp_path):
    """Oracle: each text that is read is one of those that were written, and nothing is left."""
    cache, texts = Cache(tmp_path), [json.dumps(letter * 100_000) for letter in "xy"]
    end = time.monotonic() + 0.5

    def write(text):
        while time.monotonic() < end:
            cache.put("one", text)

    writers = [threading.Thread(target=write, args=(text,)) for text in texts]
    for writer in writers:
        writer.start()
    while cache.get("one") is None:
        pass
    while time.monotonic() < end:
        assert cache.get("one") in texts
    for writer in writers:
        writer.join()
    assert [p.name for p in tmp_path.iterdir()] == ["one"]
