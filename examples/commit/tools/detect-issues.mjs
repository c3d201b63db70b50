/** Finds the issues that a commit names: `#7`, `fixes #8`. */
export default function detectIssues({ message, commit }, { emit }) {
  const issues = [...message.matchAll(/(?:\b(clos|fix|resolv)(?:e|es|ed)?:?\s+)?#(\d+)/gi)].map(
    ([, verb, number]) => ({ number: Number(number), closes: verb !== undefined }),
  );
  emit('issues_detected', { commit, issues });
  return { commit, issues };
}
