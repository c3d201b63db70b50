#!/usr/bin/env bash
# commit.sh MESSAGE [FILE...]: the whole workflow as one command, as it was before it was taken
# apart, with Signalbox or without. It asks before it commits, unless MODE=automated.
#
# It tells what it does as events of its own (workflow_started, workflow_step, ...): those of the
# choreography would ask the tools to do it all once more.
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
source tools/lib.sh
[ "$#" -gt 0 ] || { echo "usage: commit.sh MESSAGE [FILE...]" >&2; exit 2; }
export MODE=${MODE:-interactive}
message=$1
shift
files_of "$@"

step() {
  emit_event workflow_step "$1" commit "${#files[@]} files"
}
stop() {
  emit_event workflow_failed commit "$1" ""
  exit 1
}

emit_event workflow_started commit "" "$message"
bash tools/validate.sh "$message" "${files[@]}" >/dev/null || stop validate
step validate
bash tools/stage.sh "$message" "${files[@]}" >/dev/null || stop stage
step stage
if [ "$MODE" = interactive ]; then
  git --no-pager diff --cached -- "${files[@]}"
  read -r -p "Commit these ${#files[@]} files? [y/N] " answer || answer=''
  if [ "$answer" != y ]; then
    bash tools/unstage.sh "${files[@]}" >/dev/null
    emit_event workflow_cancelled commit "" ""
    echo "Nothing is committed."
    exit 1
  fi
fi
bash tools/commit.sh "$message" "" "${files[@]}" >/dev/null || stop commit
step commit
issues=$(grep -oE '#[0-9]+' <<<"$message" | paste -sd ' ' || true)
emit_event workflow_step detect_issues commit "$issues"
mkdir -p claude/project/audit
printf '{"commit":"%s","message":%s}\n' "$(git rev-parse HEAD)" "$(json_string "$message")" \
  >>claude/project/audit/commits.jsonl
step audit
emit_event workflow_completed commit "" "$(git rev-parse HEAD)"
git --no-pager log -1 --format='Committed %h: %s'
