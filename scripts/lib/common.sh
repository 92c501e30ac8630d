# Shared by the scripts: where things are, how they speak, how they give up.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
env_dir=${TEXTING_ENV:-$root/.env}
cd "$root"
mkdir -p "$env_dir"

say() { printf '\033[36m▸\033[0m %s\n' "$*" >&2; }
die() {
    printf '\033[31m✗\033[0m %s\n' "$*" >&2
    exit 1
}
# Runs quietly; shows the command's own output only when it fails.
quietly() {
    local log
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
    else
        local status=$?
        tail -n 25 "$log" >&2
        rm -f "$log"
        return "$status"
    fi
}
