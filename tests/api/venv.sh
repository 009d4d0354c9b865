# venv FOLDER REQUIREMENTS: an environment for Python with these packages, made once, and again when their
# versions change. Ends the script with 3 where it cannot be had, and says why.
venv() {
  local folder=$1 requirements=$2
  if cmp -s "$requirements" "$folder/requirements.txt"; then return; fi
  rm -rf "$folder"
  python3 -c 'import venv, ensurepip' 2>/dev/null || {
    echo "python3 with venv is missing (python3-venv)" >&2
    exit 3
  }
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" >&2 || {
    echo "pip cannot get what ${requirements##*/} names" >&2
    exit 3
  }
  cp "$requirements" "$folder/requirements.txt"
}
