# COMMIT: takes back the last commit, where it is this one and nobody has it yet. As the undo of a
# step, it is told no commit where nobody knows of any: then the key of the step says which it is.
source tools/lib.sh
commit=$1
undone() {
  echo "{\"status\": \"success\", \"undone\": $1}"
  exit 0
}
head=$(git rev-parse -q --verify HEAD) || undone false
key=${SIGNALBOX_IDEMPOTENCY_KEY-}
if [ -z "$commit" ] && [ -n "$key" ]; then
  git log -1 --format=%B | grep -qxF "Signalbox-Key: ${key%.undo}" || undone false
  commit=$head
fi
if [ "$head" != "$commit" ]; then
  git merge-base --is-ancestor "$commit" HEAD || undone false
  fail commit_not_last "$commit is not the last commit any more."
fi
[ -z "$(git branch --remotes --contains "$commit")" ] ||
  fail commit_pushed "$commit has been pushed; revert it instead."
if git rev-parse -q --verify HEAD~1 >/dev/null; then
  git reset --quiet --soft HEAD~1
else
  git update-ref -d HEAD
fi
undone true
