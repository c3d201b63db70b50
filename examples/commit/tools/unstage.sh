# [FILE...]: takes the files out of git's index again. What they hold stays as it is.
source tools/lib.sh
files=("$@")
if git rev-parse -q --verify HEAD >/dev/null; then
  git reset --quiet -- "${files[@]}"
else
  git rm --quiet --cached -- "${files[@]}"
fi
printf '{"status": "success", "files_count": %d}\n' "${#files[@]}"
