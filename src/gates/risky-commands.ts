import type { ToolRisk } from '../flows/tool.ts';
import { type Command, verbsOf } from './command-words.ts';

/** What commands of one kind do, and how they are known. */
export interface CommandRule {
  readonly name: string;
  readonly level: ToolRisk;
  /** What such a command does, as the end of "it …". */
  readonly does: string;
  readonly test: (command: Command) => boolean;
}

/** Options of these programs that take a value, which is then no word of what they are told. */
const VALUED: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['git', new Set(['-C', '-c', '--git-dir', '--work-tree', '--namespace', '--exec-path'])],
  ['npm', new Set(['--prefix', '-w', '--workspace', '--registry', '--tag'])],
  ['pnpm', new Set(['-C', '--dir', '--filter', '-F'])],
  ['yarn', new Set(['--cwd'])],
  ['cargo', new Set(['--manifest-path', '--config', '-C', '-Z'])],
  ['docker', new Set(['-H', '--host', '--context', '-c', '--config', '-l', '--log-level'])],
  ['podman', new Set(['--url', '--connection', '-c', '--log-level'])],
  ['kubectl', new Set(['-n', '--namespace', '--context', '--kubeconfig', '--cluster', '-s'])],
  ['helm', new Set(['-n', '--namespace', '--kube-context', '--kubeconfig'])],
  ['gh', new Set(['-R', '--repo'])],
  ['glab', new Set(['-R', '--repo'])],
  ['aws', new Set(['--profile', '--region', '--output', '--endpoint-url'])],
]);

/** Whether a command's words begin as one of these: `a b` is `b` told to `a`. */
function told(...lines: readonly string[]): CommandRule['test'] {
  const wanted = lines.map((line) => line.split(' '));
  return (command) => {
    const said = [command.program, ...verbsOf(command, VALUED.get(command.program))];
    return wanted.some((words) =>
      words.every((word, at) => word.split('|').includes(said[at] ?? '')),
    );
  };
}

/** Whether a program is given one of these options, also where several letters are one word. */
function given(programs: string, options: RegExp): CommandRule['test'] {
  return ({ program, words }) =>
    programs.split('|').includes(program) && words.some((word) => options.test(word));
}

function both(...tests: readonly CommandRule['test'][]): CommandRule['test'] {
  return (command) => tests.every((test) => test(command));
}

function either(...tests: readonly CommandRule['test'][]): CommandRule['test'] {
  return (command) => tests.some((test) => test(command));
}

const PACKAGERS = 'npm|pnpm|yarn|bun|cargo|poetry|uv|gem|hex';

/** What commands do, by what they are called. */
export const COMMAND_RULES: readonly CommandRule[] = [
  {
    name: 'git.push',
    level: 'high',
    does: 'pushes commits to where others have them',
    test: told('git push', 'git send-pack', 'hg push', 'svn commit', 'jj git push', 'gh repo sync'),
  },
  {
    name: 'git.merge',
    level: 'high',
    does: 'merges or rewrites a branch',
    test: told(
      'git merge|rebase|cherry-pick|revert|filter-branch|filter-repo|am',
      'gh pr merge',
      'glab mr merge',
    ),
  },
  {
    name: 'git.discard',
    level: 'high',
    does: 'throws away what git holds',
    test: either(
      told('git clean|gc|prune|update-ref', 'git stash drop|clear', 'git reflog expire|delete'),
      told('git worktree remove', 'git branch delete', 'gh repo|release|issue delete'),
      both(told('git reset'), given('git', /^--(?:hard|merge)$/)),
      both(told('git branch|tag'), given('git', /^(?:-[a-z]*[dD][a-z]*|--delete)$/)),
      both(told('git checkout|switch|restore'), given('git', /^(?:-f|--force|--discard-changes)$/)),
      told('git restore'),
    ),
  },
  {
    name: 'delete',
    level: 'high',
    does: 'deletes',
    test: either(
      told('rm', 'rmdir', 'unlink', 'shred', 'del', 'erase', 'rd', 'rimraf', 'trash', 'truncate'),
      told('git rm', 'docker|podman rm|rmi', 'docker|podman system|volume|image|network prune|rm'),
      told('kubectl delete|drain', 'helm uninstall|delete', 'terraform|tofu|pulumi|cdk destroy'),
      told('aws s3 rm|rb', 'gcloud storage rm', 'dropdb', 'gh api delete'),
      given('find', /^-delete$/),
      both(given('find', /^-exec(?:dir)?$/), given('find', /^(?:.*\/)?(?:rm|unlink|shred)$/)),
      given('rsync', /^--(?:delete|remove-source-files)/),
      given('psql|mysql|mariadb|sqlite3|sqlcmd', /\b(?:drop|truncate|delete\s+from)\b/i),
    ),
  },
  {
    name: 'publish',
    level: 'high',
    does: 'publishes',
    test: either(
      told(`${PACKAGERS} publish|unpublish|deprecate|push|yank`, 'twine upload', 'npm dist-tag'),
      told('docker|podman push', 'docker buildx bake', 'helm push', 'vsce|ovsx publish'),
      told('gh release create|upload|edit', 'glab release create|upload', 'mvn|gradle deploy'),
      told('mvn|gradle|gradlew publish', 'dotnet nuget push', 'nuget push', 'changeset publish'),
    ),
  },
  {
    name: 'deploy',
    level: 'high',
    does: 'changes what runs for others',
    test: either(
      told('kubectl apply|create|replace|patch|edit|scale|rollout|set|exec|run|cordon'),
      told(
        'helm install|upgrade|rollback',
        'terraform|tofu apply|import',
        'pulumi up',
        'cdk deploy',
      ),
      told('ansible', 'ansible-playbook', 'flyctl|fly|vercel|netlify|wrangler|firebase deploy'),
      told('serverless|sls|sam|eb|cf deploy|push', 'gcloud app|run|functions deploy', 'vercel'),
    ),
  },
  {
    name: 'privilege',
    level: 'high',
    does: 'takes the rights of somebody else',
    test: told('sudo', 'doas', 'su', 'pkexec', 'runas', 'nsenter', 'chroot'),
  },
  {
    name: 'machine',
    level: 'high',
    does: 'changes the machine itself',
    test: either(
      told('shutdown', 'reboot', 'halt', 'poweroff', 'dd', 'mount', 'umount', 'iptables', 'nft'),
      told('systemctl', 'service', 'launchctl', 'crontab', 'useradd', 'userdel', 'passwd'),
      ({ program }) => program.startsWith('mkfs'),
    ),
  },
  {
    name: 'remote',
    level: 'medium',
    does: 'reaches another machine',
    test: either(
      told('ssh', 'scp', 'sftp', 'telnet', 'nc', 'ncat', 'netcat', 'socat', 'ftp'),
      told('gh pr|issue create|edit|close|reopen|comment|review', 'gh api', 'glab api'),
      told('git pull|fetch|clone', 'aws', 'gcloud', 'az'),
      given('rsync', /^[^/]+:/),
      given('curl', /^(?:-[a-z]*[XdFT]|--(?:request|data|form|upload-file|json))/),
      given('wget', /^--(?:post|method|body)/),
    ),
  },
  {
    name: 'install',
    level: 'medium',
    does: 'brings in code of others',
    test: either(
      told('npm|pnpm|yarn|bun install|i|ci|add|update|upgrade|dlx|x', 'npx', 'uvx', 'pipx'),
      told('pip|pip3|uv|gem|cargo|go|brew|apt|apt-get|dnf|yum|apk install|add|get'),
    ),
  },
  {
    name: 'permissions',
    level: 'medium',
    does: 'changes who may use files',
    test: told('chmod', 'chown', 'chgrp', 'setfacl', 'icacls'),
  },
  {
    name: 'kill',
    level: 'medium',
    does: 'ends processes',
    test: told('kill', 'pkill', 'killall', 'taskkill'),
  },
];
