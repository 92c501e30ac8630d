# Paths and functions that all scripts share.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
env_dir=${TEXTING_ENV:-$root/.env}
cd "$root"
mkdir -p "$env_dir"

# say TEXT: prints a progress message.
say() { printf '\033[36m▸\033[0m %s\n' "$*" >&2; }
# die TEXT: prints an error and exits.
die() {
    printf '\033[31m✗\033[0m %s\n' "$*" >&2
    exit 1
}
# quietly COMMAND: runs a command and shows its output only if it fails.
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
