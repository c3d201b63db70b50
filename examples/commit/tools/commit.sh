# MESSAGE [FILE...]: commits these files. Tried again with the same key, it finds its commit.
source tools/lib.sh
message=$1
shift
validate_git_state || fail git_state_invalid "Here is no git repository, or a merge is under way."
files=("$@")
key=${SIGNALBOX_IDEMPOTENCY_KEY-}
done_before() {
  [ -n "$key" ] && git rev-parse -q --verify HEAD >/dev/null &&
    git log -1 --format=%B | grep -qxF "Signalbox-Key: $key"
}
if ! done_before; then
  trailer=()
  [ -z "$key" ] || trailer=(--trailer "Signalbox-Key: $key")
  git commit --quiet --message "$message" "${trailer[@]}" -- "${files[@]}"
fi
result "$message" commit_created ",
  \"commit\": \"$(git rev-parse HEAD)\""
