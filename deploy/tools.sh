# Sourced by deploy/up and tests/run: are the tools here, and if not, can a package manager bring
# them without a question? What it cannot bring it names, with the command that does.

say() { printf '%s\n' "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# Runs a command as root, or fails without asking for a password.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 1
  fi
}

apt_updated=
# apt PACKAGE...: installs the first of these packages that exists.
apt() {
  command -v apt-get >/dev/null || return 1
  as_root true || return 1
  if [ -z "$apt_updated" ]; then
    as_root apt-get update -qq >&2 || say "apt-get update failed; trying with the lists that are here"
    apt_updated=yes
  fi
  local package
  for package in "$@"; do
    apt-cache show "$package" >/dev/null 2>&1 || continue
    say "installing $package"
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "$package" >&2 && return 0
  done
  return 1
}

need_rust() {
  [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ] && PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  command -v cargo >/dev/null || apt rustup ||
    die "Rust is missing. Install it: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal"
  # With rustup this also installs the toolchain that rust-toolchain.toml names, once.
  local wanted have
  wanted=$(sed -n 's/^channel = "\(.*\)"/\1/p' "$root/rust-toolchain.toml")
  if command -v rustup >/dev/null && ! (cd "$root" && cargo --version >/dev/null 2>&1); then
    say "installing Rust $wanted"
    (cd "$root" && rustup toolchain install "$wanted" --profile minimal -c clippy -c rustfmt >&2) ||
      die "Rust $wanted could not be installed. Try: rustup toolchain install $wanted"
  fi
  have=$(cd "$root" && cargo --version | awk '{print $2}')
  [ "$(printf '%s\n' "$wanted" "$have" | sort -V | head -n 1)" = "$wanted" ] ||
    die "Rust $wanted or newer is needed, here is $have. Install rustup (https://rustup.rs), which brings it"
}

need_cc() {
  command -v cc >/dev/null || apt build-essential ||
    die "a C compiler is missing. Install one: sudo apt-get install build-essential (Debian, Ubuntu), sudo dnf install gcc (Fedora), xcode-select --install (macOS)"
}

java_major() {
  java -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1
}

# `naap` itself looks in more places than PATH, and says what to do: here it is only tried.
try_java() {
  [ -n "${JAVA_HOME:-}" ] && return
  local major
  major=$(java_major)
  [ "${major:-0}" -ge 17 ] || apt openjdk-17-jre-headless openjdk-21-jre-headless ||
    say "no Java 17 or newer on PATH, and it could not be installed"
}

# Maven is needed for the first start alone; `naap` says so when it is.
try_maven() {
  [ -n "${NAAP_QUESTDB_JAR:-}" ] || command -v mvn >/dev/null || apt maven ||
    say "Maven is not here, and it could not be installed"
}
