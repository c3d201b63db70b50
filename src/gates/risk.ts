import type { ToolRisk } from '../flows/tool.ts';
import { type Act, acts, isTainted } from './act.ts';
import { type Command, commandsOf } from './command-words.ts';
import { COMMAND_RULES } from './risky-commands.ts';

/** How much harm an act could do, and why. */
export interface Risk {
  readonly level: ToolRisk;
  /** What each rule that applies says; none where nothing speaks against the act. */
  readonly reasons: readonly RiskReason[];
}

/** What one rule says of an act. */
export interface RiskReason {
  /** The rule's name, as the documentation lists it. */
  readonly rule: string;
  readonly level: ToolRisk;
  /** One sentence about the act. */
  readonly reason: string;
}

/** One rule: the sentence that makes an act as risky as that, or undefined. */
export interface RiskRule {
  readonly name: string;
  readonly level: ToolRisk;
  /** What it looks for, for whoever reads the table. */
  readonly summary: string;
  readonly why: (act: Act) => string | undefined;
}

/** From the least risky. */
export const RISK_LEVELS: readonly ToolRisk[] = ['low', 'medium', 'high'];

/** Lines that are a large change, and a very large one. */
const LINES_LARGE = 500;
const LINES_HUGE = 5_000;
/** Costs that are worth a look, and a decision. */
const COST_LARGE = 10;
const COST_HUGE = 100;

/** What runs later by itself, or says who may do what. */
const STEERING = new RegExp(
  [
    String.raw`^\.(?:git|github|circleci|husky)/`,
    String.raw`^\.(?:gitlab-ci\.yml|npmrc)$`,
    String.raw`^\.env(?:\.|$)`,
    String.raw`^(?:Jenkinsfile|Makefile|Dockerfile|package\.json)$`,
    String.raw`^signalbox\.(?:ya?ml|toml|json)$`,
    String.raw`^(?:flows|choreographies|playbooks|tools|hooks|profiles)/`,
  ].join('|'),
  'i',
);

/**
 * The table of rules. Those about commands are in `risky-commands.ts`, by what a command is called:
 * they decide whom to ask, and keep nobody from anything.
 */
export const RISK_RULES: readonly RiskRule[] = [
  ...COMMAND_RULES.map(({ name, level, does, test }) => ({
    name,
    level,
    summary: `A command that ${does}.`,
    why: (act: Act) => {
      const found = commandsOf(act.argv).find(test);
      return found && `"${textOf(found)}" ${does}.`;
    },
  })),
  {
    name: 'download-and-run',
    level: 'high',
    summary: 'A shell that runs what it downloads.',
    why: ({ argv }) =>
      argv.some((word) => /\b(?:curl|wget)\b[^;\n]*\|\s*(?:sudo\s+)?\S*\b\w*sh\b/.test(word))
        ? 'A shell runs what it downloads.'
        : undefined,
  },
  {
    name: 'http.delete',
    level: 'high',
    summary: 'A request with the method DELETE.',
    why: ({ method, host }) =>
      method === 'DELETE' ? `It deletes something at ${host}.` : undefined,
  },
  {
    name: 'http.write',
    level: 'medium',
    summary: 'A request with the method POST, PUT or PATCH.',
    why: ({ method, host }) =>
      /^(?:POST|PUT|PATCH)$/.test(method) ? `It sends something to ${host}.` : undefined,
  },
  {
    name: 'http.plain',
    level: 'medium',
    summary: 'A request without encryption to another machine.',
    why: ({ url, host }) =>
      url.startsWith('http:') && !/^(?:localhost|127\.|\[::1\])/.test(host)
        ? `What is sent to ${host} can be read on the way.`
        : undefined,
  },
  {
    name: 'path.steering',
    level: 'high',
    summary: 'A file that decides what runs later: of git, of CI, of Signalbox, of a build.',
    why: (act) => pathReason(act, (path) => STEERING.test(path), 'decides what runs later'),
  },
  {
    name: 'path.outside',
    level: 'high',
    summary: 'A file outside of the folder of the configuration.',
    why: (act) => pathReason(act, isOutside, 'is outside of the project'),
  },
  {
    name: 'diff.huge',
    level: 'high',
    summary: `${LINES_HUGE} lines or more.`,
    why: ({ lines }) => (lines >= LINES_HUGE ? `It writes ${lines} lines.` : undefined),
  },
  {
    name: 'diff.large',
    level: 'medium',
    summary: `${LINES_LARGE} lines or more.`,
    why: ({ lines }) =>
      lines >= LINES_LARGE && lines < LINES_HUGE ? `It writes ${lines} lines.` : undefined,
  },
  {
    name: 'cost.huge',
    level: 'high',
    summary: `A budget of ${COST_HUGE} or more, in the currency of the models' prices.`,
    why: ({ cost }) => (cost >= COST_HUGE ? `It may cost ${cost}.` : undefined),
  },
  {
    name: 'cost.large',
    level: 'medium',
    summary: `A budget of ${COST_LARGE} or more.`,
    why: ({ cost }) =>
      cost >= COST_LARGE && cost < COST_HUGE ? `It may cost ${cost}.` : undefined,
  },
  {
    name: 'effect.ask',
    level: 'medium',
    summary: 'A step of "effect: ask", which acts and must not be repeated.',
    why: (act) => (act.effect === 'ask' && acts(act) ? 'It must not be done twice.' : undefined),
  },
  {
    name: 'secrets',
    level: 'medium',
    summary: 'A step that is given secrets.',
    why: ({ secrets }) => (secrets ? 'It is given secrets.' : undefined),
  },
  {
    name: 'untrusted',
    level: 'high',
    summary: 'A step that reaches outside, or is given secrets, in a run whose event is untrusted.',
    why: (act) =>
      isTainted(act) ? 'What it works on came from somebody whom nobody vouches for.' : undefined,
  },
  ...RISK_LEVELS.map((level): RiskRule => ({
    name: `declared.${level}`,
    level,
    summary: `A gate, a tool or a tool's action that says "risk: ${level}".`,
    why: ({ declared }) =>
      declared === level ? `It is declared to be of ${level} risk.` : undefined,
  })),
];

/** What the rules say of an act: the highest of them counts, and what is declared lowers none. */
export function assess(act: Act): Risk {
  const reasons = RISK_RULES.flatMap(({ name, level, why }): RiskReason[] => {
    const reason = why(act);
    return reason === undefined ? [] : [{ rule: name, level, reason }];
  });
  const rank = Math.max(0, ...reasons.map(({ level }) => RISK_LEVELS.indexOf(level)));
  return { level: RISK_LEVELS[rank] ?? 'high', reasons };
}

/** Whether one level is below another. */
export function isBelow(level: ToolRisk, threshold: ToolRisk): boolean {
  return RISK_LEVELS.indexOf(level) < RISK_LEVELS.indexOf(threshold);
}

const TEXT_MAX = 60;

function textOf({ program, words }: Command): string {
  const text = [program, ...words].join(' ');
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text;
}

function pathReason(act: Act, test: (path: string) => boolean, what: string): string | undefined {
  const found = acts(act)
    ? act.paths.find((path) => test(path.replace(/^(?:\.\/)+/, '')))
    : undefined;
  return found === undefined ? undefined : `${found} ${what}.`;
}

function isOutside(path: string): boolean {
  return /^(?:[/~\\]|[A-Za-z]:)/.test(path) || path.split(/[\\/]/).includes('..');
}
