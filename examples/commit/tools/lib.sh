# What the tools have in common. They are run in the folder of the repository.
set -euo pipefail
# A file is named by its name, whatever that holds.
export GIT_LITERAL_PATHSPECS=1

# Where Signalbox runs a tool, bash finds emit_event in its environment.
if ! declare -F emit_event >/dev/null; then
  emit_event() {
    local log=${SIGNALBOX_EVENT_LOG:-claude/project/events/event.log}
    mkdir -p -- "$(dirname -- "$log")"
    printf '%s|EVENT|%s|%s|%s|%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
      "$1" "${2-}" "${3-}" "${4-}" >>"$log"
  }
fi

# An error event fails the tool, and nothing follows it.
fail() {
  emit_event error "$1" "" "$2"
  echo "$2" >&2
  exit 1
}

validate_git_state() {
  local folder
  folder=$(git rev-parse --git-dir 2>/dev/null) || return 1
  [ ! -e "$folder/MERGE_HEAD" ] && [ ! -d "$folder/rebase-merge" ] && [ ! -e "$folder/index.lock" ]
}

# Sets `files` to its arguments, or, where there are none, to all that has changed.
files_of() {
  files=("$@")
  [ "$#" -eq 0 ] || return 0
  mapfile -d '' -t files < <(git ls-files -z --modified --others --deleted --exclude-standard)
  local -a staged
  mapfile -d '' -t staged < <(git diff --cached --name-only -z)
  mapfile -d '' -t files < <(printf '%s\0' "${files[@]}" "${staged[@]}" | sort -zu | grep -zv '^$')
}

json_string() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\r'/\\r}
  text=${text//$'\t'/\\t}
  printf '"%s"' "$text"
}

json_list() {
  local separator='' item
  printf '['
  for item; do
    printf '%s' "$separator"
    json_string "$item"
    separator=', '
  done
  printf ']'
}

# What is staged of the files, as a digest: whatever differs has another one.
staged_of() {
  git ls-files --stage -z -- "$@" | git hash-object --stdin
}

# What is staged of the files, for people: of a long diff the beginning. What no JSON holds as it
# is, such as the colours of a terminal, is shown as "?".
diff_of() {
  local diff
  diff=$(git -c core.quotePath=false diff --cached --no-color --no-ext-diff --no-textconv -- "$@" |
    tr '\000-\010\013\014\016-\037\177' '?')
  # Nor does it hold half a character, or what is none in UTF-8.
  printf '%s' "${diff:0:30000}" | iconv -c -f UTF-8 -t UTF-8 || true
  [ "${#diff}" -le 30000 ] || printf '\n... %d characters more: git diff --cached' "$((${#diff} - 30000))"
}

# Prints the result of a tool: MESSAGE NEXT_EVENT [MORE_JSON], and the files.
result() {
  printf '{\n  "status": "success",\n  "message": '
  json_string "$1"
  printf ',\n  "files": '
  json_list "${files[@]}"
  printf '%s,\n  "next_events": ["%s"]\n}\n' "${3-}" "$2"
}
