#!/usr/bin/env bash
# Runs every test. Installs JDK 17 and Maven where they are missing and may be installed (Debian, root).
# Usage: scripts/test.sh [maven arguments], for example: scripts/test.sh -Psoak
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/toolchain.sh
exec mvn -B -ntp verify "$@"
