import { type Language, languageOf } from './languages.ts';

/** What a look at a folder has found: names and texts only, nothing of it was run. */
export interface Looked {
  /** Paths of files and folders, relative to the folder; those of folders end with a slash. */
  readonly paths: ReadonlySet<string>;
  /** The texts of those files that say what a project is, by path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Programs that this machine has. */
  readonly programs: ReadonlySet<string>;
}

/** What kind of project a folder holds. */
export interface Project {
  /** Whether git keeps the folder, and whether the repository begins here. */
  readonly git: 'none' | 'here' | 'above';
  /** Whether something was committed in the repository that begins here. */
  readonly hasCommits: boolean;
  /** The files that tell a CI what to do. */
  readonly ci: readonly CiFile[];
  readonly language: Language;
  /** The command that runs the tests; undefined where there seem to be none. */
  readonly test: readonly string[] | undefined;
  /** Agents that are installed, by the names of their programs. */
  readonly agents: readonly Agent[];
  /** Whether Signalbox is a dependency here, so that editors find its schema. */
  readonly hasSchema: boolean;
}

/** A file of a CI, and whose it is. */
export interface CiFile {
  readonly path: string;
  readonly service: string;
}

/** Agents that a flow can ask from a command line. */
export const AGENTS = ['claude', 'codex'] as const;
export type Agent = (typeof AGENTS)[number];

/** Where editors look for the schema, as the first line of a configuration says. */
export const SCHEMA_PATH = 'node_modules/signalbox/signalbox.schema.json';

const CI_FILES: readonly { readonly pattern: RegExp; readonly service: string }[] = [
  { pattern: /^\.github\/workflows\/[^/]+\.ya?ml$/, service: 'GitHub Actions' },
  { pattern: /^\.gitlab-ci\.yml$/, service: 'GitLab CI' },
  { pattern: /^\.(?:gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/, service: 'Gitea Actions' },
  { pattern: /^\.circleci\/config\.yml$/, service: 'CircleCI' },
  { pattern: /^azure-pipelines\.yml$/, service: 'Azure Pipelines' },
  { pattern: /^Jenkinsfile$/, service: 'Jenkins' },
];

/** What the found names and texts say of a project. */
export function describeProject(looked: Looked): Project {
  const { paths, programs } = looked;
  const language = languageOf(looked);
  return {
    git: gitOf(paths),
    hasCommits: paths.has(COMMITS_FILE),
    ci: ciOf(paths),
    language,
    test: language.testOf(looked),
    agents: AGENTS.filter((name) => programs.has(name)),
    hasSchema: paths.has(SCHEMA_PATH),
  };
}

/** What git writes a line to with each commit. */
export const COMMITS_FILE = '.git/logs/HEAD';
/** How a look says that a repository begins in a folder above. */
export const GIT_ABOVE = '../.git/';

function gitOf(paths: ReadonlySet<string>): Project['git'] {
  if (paths.has('.git/')) return 'here';
  return paths.has('.git') || paths.has(GIT_ABOVE) ? 'above' : 'none';
}

function ciOf(paths: ReadonlySet<string>): CiFile[] {
  return [...paths].toSorted().flatMap((path) => {
    const found = CI_FILES.find(({ pattern }) => pattern.test(path));
    return found === undefined ? [] : [{ path, service: found.service }];
  });
}
