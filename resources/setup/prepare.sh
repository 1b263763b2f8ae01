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

[ -x .venv/bin/python ] || [ -x .venv/Scripts/python.exe ] || "$python" -m venv .venv
bin=.venv/bin
[ -d "$bin" ] || bin=.venv/Scripts
"$bin/python" -m pip install --quiet --upgrade pip
echo "Installing Winnow and what it needs (several GB with PyTorch; minutes the first time)."
"$bin/python" -m pip install --quiet --prefer-binary -e ".[postgres,umap,dev]"
"$bin/python" -m pip check
