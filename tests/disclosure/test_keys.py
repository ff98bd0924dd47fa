"""Keys come by reference, prove themselves, and never show."""

import hashlib
import hmac
import pickle
from pathlib import Path

import pytest
from docketlink.config.settings import Keys as KeySettings
from docketlink.disclosure.kernels import text_token, token
from docketlink.disclosure.keys import DOMAINS, Keys
from docketlink.errors import ConfigError

ROOT, SALT = bytes(range(0x20)), bytes(range(0x20, 0x40))
TEST = Keys.load(KeySettings(), "synthetic")


def _load(root: str, *, data: str = "synthetic", salt: str = "test:") -> Keys:
    return Keys.load(KeySettings(root=root, salt=salt), data)


def _file(folder: Path, content: bytes, mode: int = 0o400) -> str:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return f"file:{path}"


def test_the_published_vector_holds() -> None:
    key = TEST.derive("P0001", "person")
    identifier = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert key.hex() == "3cbd5b34c131af70c09fd2e0c7d48b945c9e90ed45c7644efbacd051d73325b3"
    assert token(key, "person", identifier) == "nmr5h5ydvzympzncgauk24gjty"
    assert token(TEST.derive("P0001", "case"), "case", identifier) == "wpx7m4qmamst37lwqjpppqr574"


def test_the_fingerprint_changes_with_the_content_of_a_key_file_and_not_with_its_place(tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("a", "b")]
    for place in places:
        place.mkdir()
    secret = bytes(range(1, 65))
    here, there = (_load(_file(place, secret)) for place in places)
    assert here.fingerprint == there.fingerprint
    (places[1] / "secret").chmod(0o600)
    other = _load(_file(places[1], secret[::-1]))
    assert other.fingerprint not in (here.fingerprint, TEST.fingerprint)
    assert secret.hex()[:16] != here.fingerprint


def test_the_derivation_is_that_of_rfc_5869_written_out() -> None:
    extracted = hmac.digest(SALT, ROOT, "sha256")
    info = b"docketlink|_internal|record|v1"
    assert TEST.derive("_internal", "record") == hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def test_every_project_and_domain_has_a_key_of_its_own() -> None:
    keys = {TEST.derive(project, domain) for project in ("_internal", "P0001", "P0002") for domain in DOMAINS}
    assert len(keys) == 3 * len(DOMAINS)
    with pytest.raises(ConfigError, match="no domain"):
        TEST.derive("P0001", "surname")


def test_r3_the_test_key_is_refused_for_real_data_by_name_and_by_content(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"keys\.root is the test key"):
        _load("test:", data="real")
    with pytest.raises(ConfigError, match=r"keys\.root holds the test key"):
        _load(_file(tmp_path, ROOT), data="real")


@pytest.mark.parametrize(
    ("content", "mode", "fault"),
    [
        (bytes(range(31)), 0o400, "31 bytes"),
        (bytes(32), 0o400, "repeat"),
        (bytes(range(100, 140)), 0o440, "group or others"),
        (bytes(range(100, 140)), 0o404, "group or others"),
    ],
)
def test_r3_a_weak_or_open_file_is_refused(tmp_path: Path, content: bytes, mode: int, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        _load(_file(tmp_path, content, mode))


def test_r4_a_value_in_place_of_a_reference_is_refused_and_not_repeated(tmp_path: Path) -> None:
    pasted = "c0ffee" * 10
    with pytest.raises(ConfigError) as refused:
        _load(pasted)
    assert "keys.root" in str(refused.value)
    assert pasted not in str(refused.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        _load(f"file:{tmp_path}/absent")


def test_a_sound_file_gives_keys_that_do_not_show(tmp_path: Path) -> None:
    secret = hashlib.sha512(b"a secret for this test").digest()
    keys = _load(_file(tmp_path, secret), data="real", salt=_second(tmp_path))
    assert len(keys.derive("_internal", "record")) == 32
    assert secret.hex() not in repr(keys)
    assert repr(secret)[2:20] not in repr(keys)
    assert "redacted" in f"{keys}"
    with pytest.raises(TypeError):
        pickle.dumps(keys)


def _second(folder: Path) -> str:
    other = folder / "other"
    other.mkdir()
    return _file(other, hashlib.sha512(b"a salt for this test").digest())


def test_text_is_trimmed_and_composed_and_nothing_has_no_token() -> None:
    key = TEST.derive("_internal", "record")
    assert text_token(key, "record", "Zoe\u0308 ") == text_token(key, "record", "Zoë")
    assert text_token(key, "record", "a\u001f") != text_token(key, "record", "a")
    assert [text_token(key, "record", blank) for blank in (None, "", " \t", "\u00a0")] == [None] * 4
    made = text_token(key, "record", "prison\u001fA1234AA")
    assert made is not None
    assert len(made) == 26
    assert made == made.lower()
