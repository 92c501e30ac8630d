# find_uv: sets $uv to the path of uv. If there is none, it installs the pinned version into $env_dir.
find_uv() {
    uv=$env_dir/uv/bin/uv
    [ -x "$uv" ] && return
    local found
    if found=$(command -v uv) && recent "$found"; then
        uv=$found
        return
    fi
    say "Installing uv, the package installer"
    for found in python3 python; do
        "$found" -m pip --version >/dev/null 2>&1 && pip_install "$env_dir/uv" uv "$found" -m pip && return
    done
    uv_from_installer || uv_from_debian ||
        die "uv could not be installed. Connect to the internet, install pip or curl (for example: apt install python3-pip), then run this again."
}

# recent UV: succeeds if this uv is 0.8 or newer. Version 0.8 has all options that the scripts use.
recent() {
    local version
    version=$("$1" --version | cut -d ' ' -f 2) && [ "$(printf '%s\n' 0.8 "$version" | sort -V | head -n 1)" = 0.8 ]
}

# pip_install FOLDER NAME PIP…: installs requirements/NAME.txt into FOLDER. PIP… is the command that runs pip.
pip_install() {
    local folder=$1 name=$2
    shift 2
    PIP_USER=0 PIP_BREAK_SYSTEM_PACKAGES=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
        quietly "$@" install --require-hashes --upgrade --target "$folder" -r "requirements/$name.txt"
}

uv_from_installer() {
    command -v curl >/dev/null || return 1
    local version
    version=$(sed -nE 's/^uv==([0-9.]+).*/\1/p' requirements/uv.txt)
    curl -fsSL --connect-timeout 15 --max-time 120 "https://astral.sh/uv/$version/install.sh" -o "$env_dir/install-uv.sh" &&
        UV_INSTALL_DIR=$env_dir/uv/bin UV_NO_MODIFY_PATH=1 quietly sh "$env_dir/install-uv.sh"
}

# Debian's Python packages include pip.
uv_from_debian() {
    [ -x "$env_dir/python314" ] || (debian_python) || return 1
    pip_install "$env_dir/uv" uv "$env_dir/python314" "$(bundled_pip "$env_dir/debian/root")"
}

# Prints the path of the pip wheel. Python can run it without installation.
bundled_pip() { find "$1/usr/share/python-wheels" -name 'pip-*.whl' -printf '%p/pip\n' -quit; }
