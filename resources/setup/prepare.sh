#!/bin/sh
# Makes .venv and installs Winnow with all that its tests need. On Debian and Ubuntu it adds the system packages that
# Qt, PostgreSQL and the walk under a window manager want: as root or with passwordless sudo, else it prints the line.
set -eu

python=${PYTHON:-python3}
packages="python3-venv libgl1 libegl1 libglib2.0-0 libxkbcommon0 libdbus-1-3 libfontconfig1 libpulse0 libxext6
 libxrandr2 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0
 libxcb-xkb1 libxkbcommon-x11-0 xvfb xauth openbox postgresql"

missing_packages() {
    for package in $packages; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || printf '%s ' "$package"
    done
}

if command -v apt-get >/dev/null 2>&1; then
    # Newer Ubuntus renamed libglib2.0-0; what provides it counts.
    missing=$(missing_packages)
    if [ -n "$missing" ]; then
        run=""
        if [ "$(id -u)" -ne 0 ]; then run="sudo -n"; fi
        if [ -z "$run" ] || sudo -n true 2>/dev/null; then
            echo "Installing system packages: $missing"
            export DEBIAN_FRONTEND=noninteractive
            $run apt-get update -qq || echo "apt-get update failed; going on with what is there."
            for package in $missing; do
                echo "  $package"
                $run apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
                    $run apt-get install -y -qq --no-install-recommends "${package}t64" >/dev/null 2>&1 ||
                    echo "Could not install $package; what needs it will say so."
            done
        else
            echo "Some system packages are missing. Install them with this line, then run make again:"
            echo "  sudo apt-get install -y" $missing
        fi
    fi
fi

"$python" - <<'END' || exit 1
import sys
if sys.version_info < (3, 11):
    sys.exit(f"Winnow needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
             "Name another one: make demo PYTHON=python3.12")
END

# What is fetched in tens of megabytes or more, and how many packages there are in the end.
brief() {
    awk '/(Downloading|Using cached) .*\(([0-9][0-9.]+ MB|[0-9.]+ GB)\)/ {
             sub(/^ *(Downloading|Using cached) +/, ""); sub(/.*\//, ""); print "  fetching " $0; fflush() }
         /^Installing collected packages:/ { print "  unpacking " NF - 3 " packages"; fflush() }'
}

tick() {
    waited=0
    # Without our output, so that nobody who reads it waits for the last sleep.
    while sleep 2 >/dev/null 2>&1; do
        waited=$((waited + 2))
        [ $((waited % 30)) -ne 0 ] || echo "  still at it after $waited s"
    done
}

# On a terminal pip shows its own bars. Elsewhere (a log, a pipe) what is large gets a line, and a line every half
# minute says that it goes on: unpacking alone takes minutes.
bring() {
    if [ -t 1 ]; then
        "$bin/python" -m pip install --progress-bar on "$@"
        return
    fi
    failed=.venv/.failed
    rm -f "$failed"
    tick &
    ticker=$!
    trap 'kill $ticker 2>/dev/null' EXIT
    trap 'exit 130' INT TERM
    { "$bin/python" -m pip install --progress-bar off "$@" || touch "$failed"; } | brief
    kill $ticker 2>/dev/null || true
    trap - EXIT INT TERM
    [ ! -e "$failed" ]
}

echo "Step 1 of 3: a Python environment in .venv"
[ -x .venv/bin/python ] || [ -x .venv/Scripts/python.exe ] || "$python" -m venv .venv
bin=.venv/bin
[ -d "$bin" ] || bin=.venv/Scripts
"$bin/python" -m pip install --quiet --upgrade pip

echo "Step 2 of 3: Winnow and what it needs (PyTorch, Qt and others: several GB, 5 to 10 minutes the first time)"
bring --prefer-binary -e ".[postgres,umap,audio,nwb,onnx,serve,mlflow,cluster,dev]"

echo "Step 3 of 3: whether all fits together"
"$bin/python" -m pip check
