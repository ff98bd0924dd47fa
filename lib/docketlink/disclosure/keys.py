"""The programme's secrets, held by reference: a key for each project and domain, derived when it is needed."""

import stat
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from docketlink.config.settings import Keys as KeySettings
from docketlink.errors import ConfigError

INTERNAL = "_internal"  # the reserved project of tokens that never leave the programme
DOMAINS = (
    "person",
    "person_strict",
    "person_loose",
    "case",
    "record",
    "court",
    "hearing",
    "dateoffset",
    "cellround",
    "event",
    "fingerprint",
)
SCHEME = 1
LEAST_BYTES = 32

# The marked test key of the published test vector: worth nothing, and refused for real data in any guise.
_TEST_ROOT = bytes(range(0x00, 0x20))
_TEST_SALT = bytes(range(0x20, 0x40))


class Keys:
    """Root and internal salt of a programme. Prints as its references only; the bytes leave it as derived keys alone."""

    def __init__(self, root: bytes, salt: bytes, *, label: str = "given") -> None:
        self.__root = root
        self.__salt = salt
        self._label = label

    @classmethod
    def load(cls, references: KeySettings, data: str) -> "Keys":
        """The keys that the settings ``keys`` refer to, for a run over ``data`` (synthetic, public or real).

        ``file:<path>`` is a file of at least 32 secret bytes that nobody but its owner may read; ``test:`` the test key,
        which ``data: real`` refuses. Raises ConfigError, naming the setting and the fault, never the content.
        """
        root = _secret("keys.root", references.root, _TEST_ROOT, real=data == "real")
        salt = _secret("keys.salt", references.salt, _TEST_SALT, real=data == "real")
        if root == salt:
            raise ConfigError("keys.root and keys.salt hold the same bytes.", next_step="draw two independent secrets.")
        return cls(root, salt, label=f"root={references.root}, salt={references.salt}")

    def __repr__(self) -> str:
        return f"Keys({self._label}, redacted)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("Keys stay on the driver: derive the key of one domain and hand over that.")

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the keys and tell nothing of them."""
        return self.derive(INTERNAL, "fingerprint").hex()[:16]

    def derive(self, project: str, domain: str) -> bytes:
        """The 32 bytes of a project's key for one domain: HKDF-SHA256, RFC 5869. Raises ConfigError for an unknown domain."""
        if domain not in DOMAINS:
            raise ConfigError(f"'{domain}' is no domain of tokens.", next_step=f"use one of {', '.join(DOMAINS)}.")
        info = f"docketlink|{project}|{domain}|v{SCHEME}".encode()
        return HKDF(algorithm=SHA256(), length=32, salt=self.__salt, info=info).derive(self.__root)


def _secret(setting: str, reference: str, test_value: bytes, *, real: bool) -> bytes:
    if reference == "test:":
        if real:
            raise ConfigError(
                f"{setting} is the test key, and data is real.", next_step=f"set {setting} to file:<path> of 32 random bytes, mode 0400."
            )
        return test_value
    if not reference.startswith("file:"):
        # A value pasted where a reference belongs must not be repeated in the message.
        raise ConfigError(f"{setting} is neither test: nor file:<path>.", next_step="keep the secret in a file and name the file.")
    secret = _read(setting, Path(reference.removeprefix("file:")))
    if real and secret in (_TEST_ROOT, _TEST_SALT):
        raise ConfigError(f"{setting} holds the test key, and data is real.", next_step="draw a new secret of 32 random bytes.")
    return secret


def _read(setting: str, path: Path) -> bytes:
    try:
        mode, secret = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{setting}: the file cannot be read ({error.strerror}).", next_step="check its path and owner.") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{setting}: the file is open to group or others.", next_step="chmod 0400 it and draw a new secret.")
    if len(secret) < LEAST_BYTES:
        raise ConfigError(f"{setting}: the file holds {len(secret)} bytes.", next_step=f"a secret has at least {LEAST_BYTES} random bytes.")
    if len(set(secret)) < LEAST_BYTES // 4:
        raise ConfigError(f"{setting}: the bytes repeat themselves.", next_step="draw them from /dev/urandom.")
    return secret
