# MESSAGE [FILE...]: puts the files into git's index.
source tools/lib.sh
message=$1
shift
validate_git_state || fail git_state_invalid "Here is no git repository, or a merge is under way."
files_of "$@"
if [ "${MODE:-interactive}" = interactive ]; then
  echo "Staging ${#files[@]} files..."
fi
git add --all -- "${files[@]}"
result "$message" files_staged ",
  \"files_count\": ${#files[@]},
  \"staged\": \"$(staged_of "${files[@]}")\",
  \"diff\": $(json_string "$(diff_of "${files[@]}")")"
