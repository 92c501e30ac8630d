# prepare NAME: creates the virtual environment $env_dir/NAME from requirements/NAME.txt, unless it exists.
. scripts/lib/uv.sh
. scripts/lib/python.sh

prepare() {
    find_uv
    find_python
    local name=$1 target=$env_dir/$1 fingerprint started=$SECONDS
    fingerprint=$(cat "requirements/$1.txt" - <<<"$target $python" | sha256sum)
    [ "$(cat "$target/.prepared" 2>/dev/null)" = "$fingerprint" ] && return
    say "Preparing Home Assistant $(sed -nE 's/^homeassistant==([0-9.]+).*/\1/p' "requirements/$name.txt") in ${target#"$root"/} (once, a minute or two)"
    [ -w "${HOME:-/nowhere}" ] || export UV_CACHE_DIR=$env_dir/cache
    # Packages without a wheel are compiled and need Python's headers.
    export CPATH=${python%/bin/*}/include:${python%/bin/*}/include/python3.14${CPATH:+:$CPATH}
    quietly "$uv" venv --allow-existing --python "$python" "$target" || die "The environment could not be created in $target. Check the free disk space and your write permission."
    VIRTUAL_ENV=$target quietly "$uv" pip sync --require-hashes --compile-bytecode "requirements/$name.txt" ||
        die "The packages could not be installed. Connect to the internet, then run this again."
    echo "$fingerprint" >"$target/.prepared"
    say "Ready after $((SECONDS - started)) s"
}
