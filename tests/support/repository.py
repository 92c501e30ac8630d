"""A copy of the repository for tests of our scripts, with git and no internet."""

import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

ROOT = Path(__file__).parent.parent.parent


def _environment() -> dict[str, str]:
    """Return the environment without the variables that git sets for its hooks. They name another repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def git(folder: Path, *arguments: str) -> str:
    """Run git without the settings of the user."""
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    env = {**_environment(), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True, text=True).stdout  # noqa: S603  git of the PATH


def commit(folder: Path) -> None:
    """Commit everything, including what .gitignore names."""
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "A change")


def copy_repository(folder: Path) -> Path:
    """Make the folder a git repository with one commit: the present content of our files."""
    if not (ROOT / ".git").exists():
        pytest.skip("The tests do not run in a git repository.")
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        source = ROOT / name
        if name and source.is_file() and not source.is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def clone_repository(original: Path, folder: Path) -> Path:
    """Clone the original into the folder, which a test may change."""
    git(original, "clone", "--quiet", "--shared", str(original), str(folder))
    return folder


def contents(folder: Path) -> dict[str, str]:
    """Return the hash of each file that git tracks, by its path."""
    names = git(folder, "ls-files", "-z").split("\0")
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names if name}


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that must be in the file."""
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new), "utf-8")


def run(folder: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the folder with the uv and the Python that the tests have."""
    environment = {**_environment(), "TEXTING_ENV": str(Path(sys.prefix).parent), **env}
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)  # noqa: S603  our own scripts
