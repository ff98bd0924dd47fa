"""The configuration: overlays merge key by key, every fault comes at once, no value is ever quoted."""

from pathlib import Path

import pytest
import yaml
from docketlink.config.load import load, load_model, load_source
from docketlink.config.settings import Linkage, Stage
from docketlink.errors import ConfigError
from pydantic import ValidationError

PROJECT = Path(__file__).parents[2]


def write(folder: Path, **files: object) -> Path:
    for name, content in files.items():
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        (folder / f"{name}.yml").write_text(text)
    return folder


def test_an_overlay_changes_its_keys_and_keeps_the_others(tmp_path: Path) -> None:
    write(tmp_path, base={"storage": {"root": "a", "retention_days": 30}}, over={"include": ["base.yml"], "storage": {"root": "b"}})
    storage = load(tmp_path / "over.yml").settings.storage
    assert (storage.root, storage.retention_days) == ("b", 30)


def test_an_assignment_wins_over_every_file(tmp_path: Path) -> None:
    write(tmp_path, base={"storage": {"root": "a"}})
    assert load(tmp_path / "base.yml", assignments=["storage.root=c"]).settings.storage.root == "c"


def test_every_fault_of_every_file_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    write(tmp_path, base={"landing": 3, "colour": "red", "storage": {"retention_days": 1}, "sources": ["absent"]})
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "base.yml")
    message = str(error.value)
    for part in ("landing", "colour: unknown key", "storage.retention_days"):
        assert part in message
    assert error.value.exit_code == 2


def test_a_key_given_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, base="landing: a\nlanding: b\n")
    with pytest.raises(ConfigError, match=r"line 1.*'landing' is given twice"):
        load(tmp_path / "base.yml")


def test_on_and_no_are_words(tmp_path: Path) -> None:
    """YAML 1.1 reads ``on:`` as True, and a source's YAML has ``on:`` in every belongs_to."""
    write(tmp_path, base="storage: {zones: {on: no, off: yes}}\n")
    assert load(tmp_path / "base.yml").settings.storage.zones == {"on": "no", "off": "yes"}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"include: base.yml\n", "include is no list of files"),
        (b"include: [over.yml]\n", "includes itself"),
        (b"landing: caf\xe9\n", "is not UTF-8 text"),
    ],
)
def test_files_that_cannot_be_meant_are_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    write(tmp_path, base={})
    (tmp_path / "over.yml").write_bytes(content)
    with pytest.raises(ConfigError, match=fault):
        load(tmp_path / "over.yml")


def test_an_assignment_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    write(tmp_path, base={})
    with pytest.raises(ConfigError, match=r"--set linkage.engine: the value is not valid YAML"):
        load(tmp_path / "base.yml", assignments=["linkage.engine={"])


def test_the_programme_file_of_the_docs_goes_with_the_cluster_settings(tmp_path: Path) -> None:
    shown = (PROJECT / "docs" / "cluster.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "programme.yml").write_text(shown)
    settings = load(PROJECT / "conf" / "cluster.yml", tmp_path / "programme.yml").settings
    assert settings.data == "real"
    assert settings.sources
    assert settings.linkage.stages
    assert not {"test:"} & {settings.keys.root, settings.keys.salt}


@pytest.mark.parametrize("content", ["landing: !!python/object/apply:os.system [ls]", "landing: [", "- a"])
def test_hostile_or_broken_yaml_is_refused(tmp_path: Path, content: str) -> None:
    write(tmp_path, base=content)
    with pytest.raises(ConfigError):
        load(tmp_path / "base.yml")


def test_a_message_never_quotes_a_value(tmp_path: Path) -> None:
    write(tmp_path, base={"storage": {"retention_days": "CANARY"}, "data": "CANARY"})
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "base.yml")
    assert "CANARY" not in str(error.value)


def test_two_stages_that_would_score_the_same_pair_of_sources_are_refused(tmp_path: Path) -> None:
    stages = [
        {"name": name, "sources": ["a", "b"], "link_type": kind, "model": "m"} for name, kind in (("x", "dedupe"), ("y", "link_and_dedupe"))
    ]
    write(tmp_path, base={"linkage": {"stages": stages}})
    with pytest.raises(ConfigError, match="stages x and y would both score a with itself"):
        load(tmp_path / "base.yml")


SETS = {"name": "x", "link_type": "link", "between": [["a", "b"], ["c"], ["d"]], "model": "m"}


def test_a_stage_between_sets_owns_the_pairs_across_them_and_none_within() -> None:
    stage = Stage.model_validate(SETS)
    assert stage.sources == ("a", "b", "c", "d")
    assert {"".join(sorted(pair)) for pair in stage.owned_pairs()} == {"ac", "bc", "ad", "bd", "cd"}
    assert stage.set_index == {"a": 0, "b": 0, "c": 1, "d": 2}


@pytest.mark.parametrize(
    ("other", "clash"),
    [
        ({"name": "y", "sources": ["c", "d"], "link_type": "link"}, "c with d"),
        ({"name": "y", "sources": ["a", "c"], "link_type": "link_and_dedupe"}, "a with c"),
        ({"name": "y", "between": [["d"], ["b", "e"]], "link_type": "link"}, "b with d"),
        ({"name": "y", "sources": ["a", "b"], "link_type": "link_and_dedupe"}, None),
        ({"name": "y", "sources": ["c", "d"], "link_type": "dedupe"}, None),
    ],
)
def test_stages_between_sets_clash_exactly_where_they_share_a_pair_of_sources(other: dict[str, object], clash: str | None) -> None:
    stages = {"stages": [SETS, {"model": "m", **other}]}
    if clash is None:
        Linkage.model_validate(stages)
        return
    with pytest.raises(ValidationError, match=f"stages x and y would both score {clash}"):
        Linkage.model_validate(stages)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"between": [], "sources": []}, "names no source"),
        ({"between": [], "sources": ["a"]}, "link needs two sources"),
        ({"between": [["a"], ["a"]]}, "a is named twice"),
        ({"between": [["a"], []]}, "a set of between is empty"),
        ({"link_type": "dedupe"}, "between goes with link_type link"),
        ({"sources": ["a", "b"]}, "do not name the same sources"),
        ({"thresholds": {"high": float("nan"), "medium": 1, "low": 0}}, "finite number"),
    ],
)
def test_a_stage_that_cannot_be_meant_is_refused(change: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Stage.model_validate({**SETS, **change})


def test_two_stages_of_one_name_are_refused() -> None:
    stages = [{"name": "x", "sources": [s], "link_type": "dedupe", "model": "m"} for s in "ab"]
    with pytest.raises(ValidationError, match="two stages are called x"):
        Linkage.model_validate({"stages": stages})


@pytest.mark.parametrize("weight", [".nan", "0", "1.5", ".inf"])
def test_a_weight_that_is_no_probability_is_refused_by_its_level(tmp_path: Path, weight: str) -> None:
    (tmp_path / "m.yml").write_text(
        "name: m\nabout: m\ninputs: {a: name_1_std}\nblocking: [[a]]\ntraining: {prior: {rules: [[a]], recall: 1}, sessions: [[a]]}\n"
        f"comparisons: [{{name: a, levels: [{{label: e, sql: a_l = a_r, m: {weight}}}, {{label: d, sql: ELSE}}]}}]\n"
    )
    with pytest.raises(ConfigError, match=r"comparisons\.0\.levels\.0\.m"):
        load_model(tmp_path / "m.yml")


def test_groups_of_synonyms_are_read_from_the_list_they_name(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "pets.yml").write_text("JOHN: [JACK]\n")
    text = (
        "name: m\nabout: m\ninputs: {a: name_1_std}\nblocking: [[a]]\ntraining: {prior: {rules: [[a]], recall: 1}, sessions: [[a]]}\n"
        "comparisons: [{name: a, library: ExactMatch, arguments: {col_name: a}}]\nsynonyms: {root: {of: name_1_std, groups: %s}}\n"
    )
    (tmp_path / "m.yml").write_text(text % "pets")
    assert load_model(tmp_path / "m.yml").synonyms["root"].groups == {"JOHN": ("JACK",)}
    (tmp_path / "m.yml").write_text(text % "absent")
    with pytest.raises(ConfigError, match=r"absent\.yml cannot be read"):
        load_model(tmp_path / "m.yml")


def test_clustering_reads_the_list_of_forenames_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "models" / "words").mkdir(parents=True)
    (tmp_path / "models" / "words" / "pets.yml").write_text("JOHN: [JACK]\n")
    write(tmp_path, base={"linkage": {"clustering": {"forenames": "pets"}}})
    assert load(tmp_path / "base.yml").settings.linkage.clustering.forenames == {"JOHN": ("JACK",)}
    write(tmp_path, base={"linkage": {"clustering": {"forenames": {"JOHN": ["JACK"], "JAMES": ["JACK"]}}}})
    with pytest.raises(ConfigError, match="forenames: a variant of JOHN stands in another group too"):
        load(tmp_path / "base.yml")


def test_thresholds_must_fall(tmp_path: Path) -> None:
    stage = {"name": "x", "sources": ["a"], "model": "m", "thresholds": {"high": 1.0, "medium": 2.0, "low": 3.0}}
    write(tmp_path, base={"linkage": {"stages": [stage]}})
    with pytest.raises(ConfigError, match="thresholds must fall"):
        load(tmp_path / "base.yml")


def test_where_tables_lie_is_not_part_of_the_hash_but_a_threshold_is(tmp_path: Path) -> None:
    write(tmp_path, base={"storage": {"root": "a"}})
    one, moved = (load(tmp_path / "base.yml", assignments=[f"storage.root={root}"]).hash for root in "ab")
    other = load(tmp_path / "base.yml", assignments=["linkage.floor_weight=-5"]).hash
    assert one == moved != other


@pytest.mark.parametrize("overlay", ["base", "local", "cluster", "databricks", "demo", "demo-real"])
def test_every_configuration_of_the_project_loads(overlay: str) -> None:
    load(PROJECT / "conf" / f"{overlay}.yml")


@pytest.mark.parametrize("file", sorted((PROJECT / "conf" / "sources").glob("*.yml")), ids=lambda f: f.stem)
def test_every_source_of_the_project_loads(file: Path) -> None:
    assert load_source(file).source == file.stem
