"""Check a release, print its notes, and build its archive. See scripts/release."""

import argparse
import hashlib
import json
from pathlib import Path
import re
import subprocess
import sys
import tomllib
import zipfile

ROOT = Path(__file__).parent.parent
INTEGRATION = "custom_components/texting"
# Files without which Home Assistant could not load or show the integration.
REQUIRED = ("__init__.py", "manifest.json", "translations/en.json", "brand/icon.png", "brand/logo.png")
# Folders and endings that no release may contain.
UNWANTED = re.compile(r"(^|/)(tests?|__pycache__|\.[^/]*)(/|$)|\.py[co]$")

_VERSION = re.compile(r"\d+\.\d+\.\d+(b\d+)?", re.ASCII)


class ReleaseError(Exception):
    """The release is not as it must be. The message says why."""


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=root, check=False, capture_output=True)  # noqa: S603, S607  git of the PATH
    if done.returncode:
        raise ReleaseError(f"git {arguments[0]}: {done.stderr.decode().strip()}")
    return done.stdout


class Release:
    """The commit of a tag or, before the tag exists, the last commit."""

    def __init__(self, root: Path, tag: str) -> None:
        """Find the commit."""
        self.root, self.tag = root, tag
        tagged = _git(root, "tag", "--list", tag).decode().split()
        name = f"refs/tags/{tag}^{{commit}}" if tag in tagged else "HEAD"
        self.commit = _git(root, "rev-parse", name).decode().strip()

    def read(self, path: str) -> str:
        """Return the content of a file in the commit."""
        return _git(self.root, "show", f"{self.commit}:{path}").decode()

    def check(self) -> None:
        """Raise ReleaseError unless the tag, the versions and the changelog fit."""
        if not _VERSION.fullmatch(self.tag):
            raise ReleaseError(f"The tag must be a version such as 0.2.0, without a prefix. It is '{self.tag}'.")
        versions = {
            f"{INTEGRATION}/manifest.json": json.loads(self.read(f"{INTEGRATION}/manifest.json"))["version"],
            "pyproject.toml": tomllib.loads(self.read("pyproject.toml"))["project"]["version"],
        }
        for path, version in versions.items():
            if version != self.tag:
                raise ReleaseError(f"The tag is {self.tag}, but the version in {path} is {version}.")
        self.notes()

    def notes(self) -> str:
        """Return the section of the changelog for the tag, without its heading."""
        for section in re.split(r"^## ", self.read("CHANGELOG.md"), flags=re.MULTILINE)[1:]:
            heading, _, notes = section.partition("\n")
            if heading.split()[:1] == [self.tag]:
                if not notes.strip():
                    raise ReleaseError(f"The section {self.tag} in CHANGELOG.md is empty.")
                return notes.strip()
        raise ReleaseError(f"CHANGELOG.md has no section '## {self.tag}'.")

    def files(self) -> dict[str, str]:
        """Return git's hash of each file of the integration, by its path in the integration's folder."""
        listed = _git(self.root, "ls-tree", "-r", "-z", f"{self.commit}:{INTEGRATION}").decode()
        files = {}
        for line in filter(None, listed.split("\0")):
            about, _, path = line.partition("\t")
            mode, _, blob = about.split()
            if mode not in {"100644", "100755"}:
                raise ReleaseError(f"{path} is not an ordinary file.")
            files[path] = blob
        return files

    def write_archive(self, path: Path) -> None:
        """Write the content of the integration's folder to a zip file, as HACS expects it."""
        _git(self.root, "archive", "--format=zip", f"--output={path.absolute()}", f"{self.commit}:{INTEGRATION}")

    def check_archive(self, path: Path) -> None:
        """Raise ReleaseError unless the archive has exactly the committed files and they are a complete integration."""
        try:
            with zipfile.ZipFile(path) as archive:
                contents = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
        except (OSError, zipfile.BadZipFile) as error:
            raise ReleaseError(f"{path.name} cannot be read: {error}") from error
        if different := _differences({name: _blob(content) for name, content in contents.items()}, self.files()):
            raise ReleaseError(f"{path.name} differs from the commit: {', '.join(different)}")
        if unwanted := sorted(name for name in contents if UNWANTED.search(name)):
            raise ReleaseError(f"{path.name} contains files that are not part of a release: {', '.join(unwanted)}")
        if missing := [name for name in REQUIRED if name not in contents]:
            raise ReleaseError(f"{path.name} lacks {', '.join(missing)}")
        for name, content in contents.items():
            _check_syntax(name, content)
        manifest = json.loads(contents["manifest.json"])
        found = f"{manifest['domain']} {manifest['version']}"
        if found != f"texting {self.tag}":
            raise ReleaseError(f"{path.name} contains {found}, not texting {self.tag}.")


def _blob(content: bytes) -> str:
    """Return the hash that git gives to a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _check_syntax(name: str, content: bytes) -> None:
    try:
        if name.endswith(".py"):
            compile(content, name, "exec")
        elif name.endswith(".json"):
            json.loads(content)
    except (SyntaxError, ValueError) as error:
        raise ReleaseError(f"{name} has an error: {error}") from error


def main() -> None:
    """Run the command of the command line."""
    parser = argparse.ArgumentParser(prog="scripts/release", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("check", "notes", "archive"):
        commands.add_parser(name).add_argument("tag", metavar="TAG")
    commands.choices["archive"].add_argument("file", metavar="FILE", type=Path)
    given = parser.parse_args()
    try:
        release = Release(ROOT, given.tag)
        release.check()
        if given.command == "notes":
            print(release.notes())
        elif given.command == "archive":
            release.write_archive(given.file)
            release.check_archive(given.file)
            print(f"{given.file} contains {len(release.files())} files of Texting {given.tag}.")
        else:
            print(f"Texting {given.tag} can be released from {release.commit}.")
    except ReleaseError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
