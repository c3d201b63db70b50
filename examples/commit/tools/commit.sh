# MESSAGE STAGED [FILE...]: commits these files, if what is staged of them is what that digest says;
# an empty one says nothing. Tried again with the same key, it finds its commit.
source tools/lib.sh
message=$1
staged=$2
shift 2
validate_git_state || fail git_state_invalid "Here is no git repository, or a merge is under way."
files=("$@")
key=${SIGNALBOX_IDEMPOTENCY_KEY-}
done_before() {
  [ -n "$key" ] && git rev-parse -q --verify HEAD >/dev/null &&
    git log -1 --format=%B | grep -qxF "Signalbox-Key: $key"
}
if ! done_before; then
  if [ -n "$staged" ]; then
    [ "$(staged_of "${files[@]}")" = "$staged" ] && git diff --quiet -- "${files[@]}" ||
      fail files_changed "The files are not what was staged any more."
    # Whoever said yes was shown this diff: no sender of the event may have made it up.
    shown="\"diff\":$(json_string "$(diff_of "${files[@]}")")"
    [[ $(cat) == *"$shown"* ]] || fail diff_wrong "The diff is not that of what is staged."
  fi
  trailer=()
  [ -z "$key" ] || trailer=(--trailer "Signalbox-Key: $key")
  git commit --quiet --message "$message" "${trailer[@]}" -- "${files[@]}"
fi
result "$message" commit_created ",
  \"commit\": \"$(git rev-parse HEAD)\""
