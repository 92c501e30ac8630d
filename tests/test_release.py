"""Test what a release checks, and what its archive contains."""

import json
import os
from pathlib import Path
import re
import tomllib
import zipfile

import pytest
import yaml

from scripts.release_commands import INTEGRATION, Release, ReleaseError

from .support.repository import ROOT, change, clone_repository, commit, contents, copy_repository, git, run

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

NOTES = "* One thing.\n\n### More\n* Another thing."


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_repository(tmp_path_factory.mktemp("original"))


@pytest.fixture
def clone(original: Path, tmp_path: Path) -> Path:
    return clone_repository(original, tmp_path / "clone")


@pytest.fixture
def ready(clone: Path) -> Path:
    """Return a clone whose changelog has a section for the version."""
    (clone / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## Next\n* Later.\n\n## {VERSION}\n{NOTES}\n\n## 0.0.1\n", "utf-8"
    )
    commit(clone)
    return clone


def release(folder: Path, *arguments: str) -> tuple[int, str]:
    done = run(folder, "scripts/release", *arguments)
    return done.returncode, done.stdout + done.stderr


def test_a_release_is_checked_and_has_its_notes_and_archive(ready: Path, tmp_path: Path) -> None:
    status, told = release(ready, "check", VERSION)
    assert status == 0, told
    assert release(ready, "notes", VERSION) == (0, f"{NOTES}\n")
    (ready / INTEGRATION / "left_behind.py").write_text("", "utf-8")
    (ready / INTEGRATION / "__pycache__").mkdir()
    (ready / INTEGRATION / "__pycache__/left_behind.pyc").write_text("", "utf-8")
    file = tmp_path / "texting.zip"
    status, told = release(ready, "archive", VERSION, str(file))
    assert status == 0, told
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "installed")
    installed = {str(path.relative_to(tmp_path / "installed")) for path in (tmp_path / "installed").rglob("*.*")}
    ours = {path.removeprefix(f"{INTEGRATION}/") for path in contents(ready) if path.startswith(f"{INTEGRATION}/")}
    assert installed == ours
    assert json.loads((tmp_path / "installed/manifest.json").read_text("utf-8"))["version"] == VERSION


def test_a_release_is_the_commit_of_its_tag(ready: Path, tmp_path: Path) -> None:
    git(ready, "tag", VERSION)
    tagged = git(ready, "rev-parse", "HEAD").strip()
    change(ready / INTEGRATION / "manifest.json", VERSION, "9.9.9")
    (ready / INTEGRATION / "later.py").write_text("", "utf-8")
    commit(ready)
    assert release(ready, "check", VERSION) == (0, f"Texting {VERSION} can be released from {tagged}.\n")
    file = tmp_path / "texting.zip"
    assert release(ready, "archive", VERSION, str(file))[0] == 0
    with zipfile.ZipFile(file) as archive:
        assert "later.py" not in archive.namelist()


@pytest.mark.parametrize("tag", [f"v{VERSION}", f"{VERSION}-1", "1", "", "main"])
def test_a_tag_must_be_a_version(ready: Path, tag: str) -> None:
    with pytest.raises(ReleaseError, match="must be a version"):
        Release(ready, tag).check()


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        (f"{INTEGRATION}/manifest.json", f'"version": "{VERSION}"', '"version": "9.9.9"', "manifest.json is 9.9.9"),
        ("pyproject.toml", f'\nversion = "{VERSION}"', '\nversion = "9.9.9"', "pyproject.toml is 9.9.9"),
        ("CHANGELOG.md", f"## {VERSION}\n", "## 9.9.9\n", f"no section '## {VERSION}'"),
        ("CHANGELOG.md", f"## {VERSION}\n", f"## {VERSION}1\n", f"no section '## {VERSION}'"),
        ("CHANGELOG.md", NOTES, "", f"section {VERSION} in CHANGELOG.md is empty"),
    ],
)
def test_versions_and_changelog_must_fit_the_tag(ready: Path, path: str, old: str, new: str, told: str) -> None:
    change(ready / path, old, new)
    commit(ready)
    with pytest.raises(ReleaseError, match=re.escape(told)):
        Release(ready, VERSION).check()


def test_no_command_goes_on_if_the_versions_do_not_fit(ready: Path) -> None:
    for command in (("check", "9.9.9"), ("notes", "9.9.9"), ("archive", "9.9.9", "texting.zip")):
        status, told = release(ready, *command)
        assert status == 1
        assert told.startswith("The tag is 9.9.9, but the version in")
    assert not (ready / "texting.zip").exists()


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("tests/test_account.py", "", "not part of a release: tests/test_account.py"),
        ("__pycache__/account.cpython-314.pyc", "", "not part of a release"),
        (".hidden", "", "not part of a release: .hidden"),
        ("account.py", "def", "account.py has an error"),
        ("icons.json", "{", "icons.json has an error"),
        ("translations/en.json", None, "lacks translations/en.json"),
        ("brand/icon.png", None, "lacks brand/icon.png"),
    ],
)
def test_an_archive_must_be_a_complete_integration(ready: Path, path: str, content: str | None, told: str) -> None:
    file = ready / INTEGRATION / path
    if content is None:
        file.unlink()
    else:
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, "utf-8")
    commit(ready)
    status, output = release(ready, "archive", VERSION, "texting.zip")
    assert status == 1
    assert told in output


def test_an_archive_must_not_contain_a_link(ready: Path) -> None:
    (ready / INTEGRATION / "link.py").symlink_to("account.py")
    commit(ready)
    assert release(ready, "archive", VERSION, "texting.zip") == (1, "link.py is not an ordinary file.\n")


@pytest.mark.parametrize("name", ["account.py", "extra.py"])
def test_an_archive_must_be_what_git_has(ready: Path, tmp_path: Path, name: str) -> None:
    checked, file = Release(ready, VERSION), tmp_path / "texting.zip"
    checked.write_archive(file)
    checked.check_archive(file)
    with zipfile.ZipFile(file) as archive:
        whole = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for each, content in {**whole, name: b"# changed"}.items():
            archive.writestr(each, content)
    with pytest.raises(ReleaseError, match=rf"differs from the commit: {name}$"):
        checked.check_archive(file)


def test_an_archive_must_open(ready: Path, tmp_path: Path) -> None:
    checked, file = Release(ready, VERSION), tmp_path / "texting.zip"
    checked.write_archive(file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ReleaseError, match="cannot be read"):
        checked.check_archive(file)


@pytest.mark.parametrize(("version", "options"), [("9.8.7", []), ("9.8.7b1", ["--prerelease"])])
def test_the_workflow_creates_the_release(ready: Path, tmp_path: Path, version: str, options: list[str]) -> None:
    for path in ("pyproject.toml", f"{INTEGRATION}/manifest.json", "CHANGELOG.md"):
        change(ready / path, VERSION, version)
    commit(ready)
    git(ready, "tag", version)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "gh").write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$RUNNER_TEMP/arguments"\n', "utf-8")
    (tools / "gh").chmod(0o755)
    env = {"GITHUB_REF_NAME": version, "RUNNER_TEMP": str(tmp_path), "PATH": f"{tools}:{os.environ['PATH']}"}
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))["jobs"]
    for step in (*jobs["check"]["steps"], *jobs["release"]["steps"]):
        if "run" in step:
            done = run(ready, "bash", "-e", "-c", step["run"], **env)
            assert done.returncode == 0, done.stderr
    assert (tmp_path / "arguments").read_text("utf-8").splitlines() == [
        *("release", "create", version, "--verify-tag", "--title", f"Texting {version}"),
        *("--notes-file", f"{tmp_path}/notes.md", *options, f"{tmp_path}/texting.zip"),
    ]
    assert (tmp_path / "notes.md").read_text("utf-8") == f"{NOTES}\n"
    assert zipfile.is_zipfile(tmp_path / "texting.zip")
