# MESSAGE [FILE...]: whether there is something to commit, and nothing that must not be.
source tools/lib.sh
message=$1
shift
validate_git_state || fail git_state_invalid "Here is no git repository, or a merge is under way."
files_of "$@"
[ "${#files[@]}" -gt 0 ] || fail nothing_changed "There is nothing to commit."
for file in "${files[@]}"; do
  if [ ! -e "$file" ] && ! git ls-files --error-unmatch -- "$file" >/dev/null 2>&1; then
    fail file_missing "There is no file $file."
  fi
  if [ -f "$file" ] && grep -qE '^(<<<<<<<|>>>>>>>) ' -- "$file"; then
    fail conflict "$file holds the marks of a conflict."
  fi
done
echo "Looked at ${#files[@]} files."
result "$message" changes_validated
