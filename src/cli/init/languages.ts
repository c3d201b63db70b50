import type { Looked } from './project.ts';

/** A language, as far as flows have to know it. */
export interface Language {
  readonly name: string;
  /** What installs its packages, where something here says so. */
  readonly manager?: string;
  /** Which files are its sources. */
  readonly patterns: readonly string[];
  /** The command that runs the tests; undefined where there seem to be none. */
  readonly testOf: (looked: Looked) => readonly string[] | undefined;
}

/**
 * The language of a project by the file that its tools look for; the first that fits decides. A
 * command is one of those written here, never a text of the project.
 */
export function languageOf(looked: Looked): Language {
  const { paths } = looked;
  if (paths.has('package.json')) return nodeOf(looked);
  if (PYTHON_FILES.some((name) => paths.has(name)) || hasEnding(looked, '.py')) {
    return pythonOf(looked);
  }
  const known = OTHERS.find(({ files }) => files.some((name) => paths.has(name)));
  return known?.language ?? { ...UNKNOWN, testOf: makeTest };
}

const LOCK_FILES: readonly (readonly [file: string, manager: string])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
];

function nodeOf(looked: Looked): Language {
  const found = LOCK_FILES.find(([file]) => looked.paths.has(file));
  const manager = found?.[1] ?? 'npm';
  const isTyped = looked.paths.has('tsconfig.json');
  return {
    name: isTyped ? 'TypeScript' : 'JavaScript',
    manager,
    patterns: isTyped ? ['**/*.{ts,tsx,mts,cts,js,mjs}'] : ['**/*.{js,jsx,mjs,cjs}'],
    // Bun has a runner of its own by the shorter name.
    testOf: () => (hasNodeTest(looked) ? [manager, ...runTest(manager)] : undefined),
  };
}

function runTest(manager: string): string[] {
  return manager === 'bun' ? ['run', 'test'] : ['test'];
}

/** What `npm init` writes where nobody has tests. */
const NO_TEST = /no test specified/;

function hasNodeTest({ texts }: Looked): boolean {
  const { scripts } = readObject(texts.get('package.json') ?? '');
  const test = isRecord(scripts) ? scripts['test'] : undefined;
  return typeof test === 'string' && test.trim() !== '' && !NO_TEST.test(test);
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    // A file that its own tools cannot read has no tests to run.
    return {};
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const PYTHON_FILES = ['pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', 'Pipfile'];

function pythonOf(looked: Looked): Language {
  const { paths } = looked;
  const manager = paths.has('uv.lock') ? 'uv' : paths.has('poetry.lock') ? 'poetry' : 'pip';
  const prefix = manager === 'pip' ? ['python3', '-m'] : [manager, 'run', 'python', '-m'];
  const test = pythonTest(looked);
  return {
    name: 'Python',
    manager,
    patterns: ['**/*.py'],
    testOf: () => test && [...prefix, ...test],
  };
}

/** Pytest where a file names it, else what Python itself brings, else none. */
function pythonTest({ paths, texts }: Looked): readonly string[] | undefined {
  if ([...texts].some(([path, text]) => path !== 'package.json' && /\bpytest\b/.test(text))) {
    return ['pytest', '-q'];
  }
  const hasTests = [...paths].some((path) => /^(tests?\/|tests?\/.*\.py|test_.*\.py)$/.test(path));
  return hasTests ? ['unittest', 'discover'] : undefined;
}

interface Known {
  readonly files: readonly string[];
  readonly language: Language;
}

/** A language whose tests one command runs. */
function simple(name: string, patterns: readonly string[], test: readonly string[]): Language {
  return { name, patterns, testOf: () => test };
}

const OTHERS: readonly Known[] = [
  { files: ['go.mod'], language: simple('Go', ['**/*.go'], ['go', 'test', './...']) },
  { files: ['Cargo.toml'], language: simple('Rust', ['**/*.rs'], ['cargo', 'test', '--quiet']) },
  {
    files: ['mix.exs'],
    language: simple('Elixir', ['**/*.{ex,exs}'], ['mix', 'test']),
  },
  { files: ['Gemfile'], language: simple('Ruby', ['**/*.rb'], ['bundle', 'exec', 'rake', 'test']) },
  { files: ['pom.xml'], language: simple('Java', ['**/*.java'], ['mvn', '-q', 'test']) },
  {
    files: ['build.gradle', 'build.gradle.kts'],
    language: simple('Java', ['**/*.{java,kt}'], ['./gradlew', 'test']),
  },
];

const UNKNOWN: Language = { name: 'no known language', patterns: ['**/*'], testOf: makeTest };

function makeTest({ texts }: Looked): readonly string[] | undefined {
  const makefile = texts.get('Makefile') ?? '';
  return /^test:/m.test(makefile) ? ['make', 'test'] : undefined;
}

function hasEnding({ paths }: Looked, ending: string): boolean {
  return [...paths].some((path) => path.endsWith(ending));
}
