"""Replace the repository's address in all files that git tracks.

The address is `project.urls.Repository` in pyproject.toml. Other files must contain it literally, because Home
Assistant, HACS, GitHub and readers take it from there.
"""

from pathlib import Path
import re
import subprocess
import sys
import tomllib

ROOT = Path(__file__).parent.parent
# Files that name the owner of the repository as @owner.
OWNED = ("custom_components/texting/manifest.json", ".github/CODEOWNERS")

# GitHub's rules for the names of owners and repositories.
_ADDRESS = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9])*/(?!.*\.git$)[\w.-]*[\w-]", re.ASCII)
# Neither the name nor a suffix of it goes on here. A period at the end of a sentence may follow.
_END = r"(?!\.?[\w-])"


def address(root: Path = ROOT) -> str:
    """Return the address of the repository as owner/name."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["urls"]["Repository"]).removeprefix("https://github.com/")


def text_files(root: Path = ROOT) -> dict[str, str]:
    """Return the content of each text file that git tracks, by its path."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True)  # noqa: S607  git of the PATH
    contents = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = root / name
        if path.is_file() and not path.is_symlink():
            try:
                contents[name] = path.read_bytes().decode()
            except UnicodeDecodeError:  # a picture
                continue
    return contents


def _forms(name: str, repository: str) -> list[tuple[str, str]]:
    """Return the forms of the address that the file may contain: what precedes it, and the address itself."""
    owner, _, short = repository.partition("/")
    forms = [
        ("github.com/", repository),
        ("github.com%2F", f"{owner}%2F{short}"),
        ("owner=", f"{owner}&repository={short}"),
    ]
    return [*forms, ("@", owner)] if name in OWNED else forms


def _pattern(before: str, form: str) -> re.Pattern[str]:
    return re.compile(re.escape(before) + re.escape(form) + _END)


def replace_address(root: Path, new: str) -> list[str]:
    """Replace the address in all files and return the paths of the changed files.

    Raise ValueError if the new address is invalid, or if a file already contains it. In that case, nobody could tell
    the two addresses apart later.
    """
    if not _ADDRESS.fullmatch(new):
        raise ValueError(f"'{new}' is not an address. Use OWNER/NAME.")
    old = address(root)
    if new == old:
        return []
    files = text_files(root)
    changed = {}
    for name, content in files.items():
        replaced = content
        for (before, old_form), (_, new_form) in zip(_forms(name, old), _forms(name, new), strict=True):
            if new_form != old_form and _pattern(before, new_form).search(content):
                raise ValueError(f"{name} already contains {before}{new_form}. Choose another address.")
            replaced = _pattern(before, old_form).sub(before + new_form, replaced)
        if replaced != content:
            changed[name] = replaced
    for name, content in changed.items():
        (root / name).write_bytes(content.encode())
    return list(changed)


def main() -> None:
    """Replace the address by the argument of the command line."""
    if len(sys.argv) != 2:  # noqa: PLR2004  the program and one argument
        sys.exit("Use: scripts/set_repository OWNER/NAME")
    try:
        changed = replace_address(ROOT, sys.argv[1])
    except (ValueError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
    print(f"{len(changed)} files changed. The address is https://github.com/{address()}.")


if __name__ == "__main__":
    main()
