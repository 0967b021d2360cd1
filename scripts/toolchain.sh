# Sourced by the other scripts: makes sure that a JDK of at least 17 and Maven are on the PATH.

metaq_java_version() {
    javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p'
}

metaq_toolchain_missing() {
    local version
    version=$(command -v javac >/dev/null && metaq_java_version || true)
    if [ -z "$version" ] || [ "$version" -lt 17 ]; then
        echo "openjdk-17-jdk-headless"
    fi
    if ! command -v mvn >/dev/null; then
        echo "maven"
    fi
}

metaq_missing=$(metaq_toolchain_missing)
if [ -n "$metaq_missing" ]; then
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        echo "Installing" $metaq_missing "..." >&2
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >&2
        # Newer releases have no JDK 17; any later one does.
        if ! apt-cache show openjdk-17-jdk-headless >/dev/null 2>&1; then
            metaq_missing=${metaq_missing/openjdk-17-jdk-headless/default-jdk-headless}
        fi
        # shellcheck disable=SC2086
        apt-get install -y -qq --no-install-recommends $metaq_missing >&2
    else
        echo "MetaQ needs a JDK of at least 17 and Maven; please install:" $metaq_missing >&2
        exit 2
    fi
fi
