"""From YAML files and ``--set a.b=c`` to one frozen ``Configuration``; every fault is reported at once."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from docketlink.config.cohort import CohortConfig
from docketlink.config.model import ModelConfig
from docketlink.config.settings import Settings
from docketlink.config.source import SourceConfig
from docketlink.errors import ConfigError

Parsed = TypeVar("Parsed", bound=BaseModel)

# Where tables and keys lie and how Spark runs cannot change a result, so it is not part of the hash that decides what is up to date.
# The keys themselves are, by their fingerprint (runtime.job); what is loaded and kept shows in the content of raw.
_NO_EFFECT_ON_RESULTS = {"storage", "spark", "landing", "deliveries", "summary", "pipeline", "keys"}


@dataclass(frozen=True)
class Configuration:
    """The settings of a run with the sources and models that they name."""

    settings: Settings
    sources: Mapping[str, SourceConfig]
    models: Mapping[str, ModelConfig]
    folder: Path
    cohorts: Mapping[str, CohortConfig] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Hash of everything that can change a result."""
        meaning = {
            "settings": self.settings.model_dump(mode="json", exclude=_NO_EFFECT_ON_RESULTS),
            "sources": {name: s.model_dump(mode="json") for name, s in self.sources.items()},
            "models": {name: m.model_dump(mode="json") for name, m in self.models.items()},
            "cohorts": {name: c.model_dump(mode="json") for name, c in self.cohorts.items()},
        }
        return digest(meaning)


def digest(value: object) -> str:
    """First 32 hexadecimal digits of the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32]


def load(path: str | Path, *overlays: str | Path, assignments: Sequence[str] = ()) -> Configuration:
    """The configuration of ``path``, its includes, ``overlays`` in order and ``a.b=c`` assignments.

    Raises ConfigError with every unknown key, missing key and wrong type of every file.
    """
    merged: dict[str, Any] = {}
    for each in (path, *overlays):
        merged = _merge(merged, _with_includes(Path(each)))
    for assignment in assignments:
        merged = _merge(merged, _assignment(assignment))
    folder = Path(path).parent
    faults: list[str] = []
    try:
        merged = _with_forenames(merged, folder / "models" / "words")
    except ConfigError as error:
        faults.append(error.message)
    settings = _parse(Settings, merged, str(path), faults)
    sources: dict[str, SourceConfig] = {}
    models: dict[str, ModelConfig] = {}
    cohorts: dict[str, CohortConfig] = {}
    if settings is not None:
        for name in settings.sources:
            file = folder / "sources" / f"{name}.yml"
            if source := _parse_file(SourceConfig, file, faults):
                sources[name] = source
                if source.source != name:
                    faults.append(f"{file}: source is '{source.source}', the file's name says '{name}'")
        for stage in settings.linkage.stages:
            file = folder / "models" / f"{stage.model}.yml"
            if stage.model not in models and (model := _parse_model(file, faults)):
                models[stage.model] = model
                if model.name != stage.model:
                    faults.append(f"{file}: name is '{model.name}', the file's name says '{stage.model}'")
            faults += [f"linkage stage {stage.name}: '{s}' is not among sources" for s in stage.sources if s not in settings.sources]
        for name in settings.cohorts:
            file = folder / "products" / f"{name}.yml"
            if cohort := _parse_file(CohortConfig, file, faults):
                cohorts[name] = cohort
                if cohort.design != name:
                    faults.append(f"{file}: design is '{cohort.design}', the file's name says '{name}'")
    if faults or settings is None:
        raise ConfigError("\n  ".join(["the configuration has faults:", *faults]), next_step="correct them; conf/base.yml shows every key.")
    return Configuration(settings, sources, models, folder, cohorts)


def load_source(path: Path) -> SourceConfig:
    """The source that one file describes, or a ConfigError with every fault."""
    faults: list[str] = []
    source = _parse_file(SourceConfig, path, faults)
    if source is None:
        raise ConfigError("\n  ".join(["the source has faults:", *faults]), next_step="docs/sources.md explains each key.")
    return source


def load_model(path: Path) -> ModelConfig:
    """The model that one file declares, or a ConfigError with every fault."""
    faults: list[str] = []
    model = _parse_model(path, faults)
    if model is None or faults:
        raise ConfigError("\n  ".join(["the model has faults:", *faults]), next_step="docs/models.md explains each key.")
    return model


def _parse_model(path: Path, faults: list[str]) -> ModelConfig | None:
    """The model of a file, with groups of synonyms read from words/<name>.yml beside it where they are given by name."""
    try:
        content = read_yaml(path)
        if isinstance(content, dict) and isinstance(content.get("synonyms"), dict):
            content["synonyms"] = {name: _with_words(column, path.parent / "words") for name, column in content["synonyms"].items()}
    except ConfigError as error:
        faults.append(error.message)
        return None
    return _parse(ModelConfig, content, str(path), faults)


def _with_forenames(content: Any, folder: Path) -> Any:
    """The settings, with the list of forenames that clustering names."""
    linkage = content.get("linkage") if isinstance(content, dict) else None
    if not isinstance(linkage, dict) or "clustering" not in linkage:
        return content
    return {**content, "linkage": {**linkage, "clustering": _with_words(linkage["clustering"], folder, "forenames")}}


def _with_words(content: Any, folder: Path, key: str = "groups") -> Any:
    """The mapping, with the list of words in place of its name."""
    named = content.get(key) if isinstance(content, dict) else None
    return {**content, key: read_yaml(folder / f"{named}.yml")} if isinstance(named, str) else content


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; duplicate keys and missing files are ConfigErrors."""
    try:
        with path.open(encoding="utf-8") as stream:
            return yaml.load(stream, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader that also refuses duplicate keys
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text.", next_step="save it as UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read.", next_step="check the path; commands run in the project's folder.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{where}: {getattr(error, 'problem', 'not valid YAML')}.", next_step="correct the file.") from error


class _StrictLoader(yaml.CSafeLoader):
    """SafeLoader, by the C parser, in which a key given twice is an error, and ``on``, ``off``, ``yes`` and ``no`` are words."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - read by PyYAML as it is
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _with_includes(path: Path, *through: Path) -> dict[str, Any]:
    content = read_yaml(path) or {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path} is not a mapping.", next_step="see conf/base.yml.")
    names = content.pop("include", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{path}: include is no list of files.", next_step="write include: [base.yml].")
    if path.resolve() in through:
        raise ConfigError(f"{path} includes itself.", next_step="take the file out of its own includes.")
    merged: dict[str, Any] = {}
    for name in names:
        merged = _merge(merged, _with_includes(path.parent / name, *through, path.resolve()))
    return _merge(merged, content)


def _merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _assignment(text: str) -> dict[str, Any]:
    path, sign, value = text.partition("=")
    if not sign or not path:
        raise ConfigError(f"--set '{path}' has no value.", next_step="write --set a.b=c.")
    try:
        nested: Any = yaml.load(value, Loader=_StrictLoader)  # noqa: S506 - as above
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {path}: the value is not valid YAML.", next_step="quote it: --set 'a.b=\"…\"'.") from error
    for key in reversed(path.split(".")):
        nested = {key: nested}
    return dict(nested)


def _parse_file(kind: type[Parsed], path: Path, faults: list[str]) -> Parsed | None:
    try:
        content = read_yaml(path)
    except ConfigError as error:
        faults.append(error.message)
        return None
    return _parse(kind, content, str(path), faults)


def _parse(kind: type[Parsed], content: object, where: str, faults: list[str]) -> Parsed | None:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        faults += _in_our_words(error, where)
        return None


def _in_our_words(error: ValidationError, where: str) -> Iterable[str]:
    for fault in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in fault["loc"])
        message = {"extra_forbidden": "unknown key", "missing": "missing key"}.get(fault["type"], fault["msg"])
        yield f"{where}: {key + ': ' if key else ''}{message.removeprefix('Value error, ')}"
