# COMMIT: takes back the last commit, where it is this one and nobody has it yet.
source tools/lib.sh
commit=$1
if [ "$(git rev-parse HEAD)" != "$commit" ]; then
  git merge-base --is-ancestor "$commit" HEAD ||
    { echo '{"status": "success", "undone": false}'; exit 0; }
  fail commit_not_last "$commit is not the last commit any more."
fi
[ -z "$(git branch --remotes --contains "$commit")" ] ||
  fail commit_pushed "$commit has been pushed; revert it instead."
if git rev-parse -q --verify HEAD~1 >/dev/null; then
  git reset --quiet --soft HEAD~1
else
  git update-ref -d HEAD
fi
echo '{"status": "success", "undone": true}'
