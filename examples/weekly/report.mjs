// Writes report.md about the commits since a time, or since a week ago, and prints what it found.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const [last = 'never'] = process.argv.slice(2);
const since = last === 'never' ? '1 week ago' : last;
const { status, stdout } = spawnSync('git', ['log', `--since=${since}`, '--format=- %s'], {
  encoding: 'utf8',
});
// Outside of a repository, or without Git, there is nothing to tell.
const commits = status === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
const lines = [`# Since ${since}`, '', ...(commits.length > 0 ? commits : ['Nothing happened.'])];
writeFileSync('report.md', `${lines.join('\n')}\n`);
console.log(JSON.stringify({ since, commits: commits.length }));
