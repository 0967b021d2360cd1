#!/usr/bin/env bash
# Runs every test, and then the demonstration with the distribution as users run it, on the libraries that it ships.
# Installs JDK 17 and Maven where they are missing and may be installed (Debian, root).
# Usage: scripts/test.sh [maven arguments], for example: scripts/test.sh -Psoak
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh
mvn -B -ntp verify "$@"
exec scripts/metaq demo --messages 20000
