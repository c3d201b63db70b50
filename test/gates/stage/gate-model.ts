import type { Bound } from '../../../src/gates/content.ts';
import { decodeProposal, type ProposalEvent } from '../../../src/gates/proposal.ts';
import { canonicalJson, sha256 } from '../../../src/std/canonical-json.ts';
import type { Json } from '../../../src/std/json.ts';
import type { LogRecord } from '../../../src/store/contract.ts';
import type { WrittenPolicy, WrittenStep } from './gate-flows.ts';
import { type Call, proposedCommand } from './stage.ts';

/** What people and files say, as it stood when a step was called. */
export interface Levels {
  readonly written: number | undefined;
  readonly flows: Readonly<Record<string, number | undefined>>;
  readonly set: number | undefined;
  readonly setFor: Readonly<Record<string, number | undefined>>;
}

/** What decides who is asked, beside the step itself. */
export interface Terms {
  readonly steps: ReadonlyMap<string, WrittenStep>;
  readonly policies: readonly WrittenPolicy[];
  readonly threshold: Risk | undefined;
  readonly isInteractive: boolean;
  readonly isUntrusted: boolean;
}

type Risk = 'low' | 'medium' | 'high';
const RISKS: readonly Risk[] = ['low', 'medium', 'high'];

/** What may become of a call, by the documents: written apart from the engine's own rules. */
export function answerFor(
  call: Pick<Call, 'kind' | 'flow' | 'step' | 'input'>,
  terms: Terms,
  levels: Levels,
): 'approve' | 'ask' | 'reject' {
  const answer = plainAnswer(call, terms, levels);
  const isAskable = call.kind === 'run' || terms.steps.get(call.step)?.gate !== undefined;
  return terms.isInteractive && isAskable && answer === 'approve' ? 'ask' : answer;
}

function plainAnswer(
  { kind, flow, step, input }: Pick<Call, 'kind' | 'flow' | 'step' | 'input'>,
  { steps, policies, threshold, isUntrusted }: Terms,
  levels: Levels,
): 'approve' | 'ask' | 'reject' {
  const { gate, effect = 'idempotent' } = steps.get(step) ?? {};
  const isActing = kind === 'run';
  const level = levelOf(flow, levels);
  if (isActing && level === 0) return 'reject';
  const argv = (input as { readonly run?: readonly (string | number)[] }).run ?? [];
  const command = isActing ? argv.map(String).join(' ') : '';
  const isTainted = isActing && isUntrusted;
  const ranks = [
    0,
    RISKS.indexOf(gate?.risk ?? 'low'),
    command.startsWith('git push') || isTainted ? 2 : 0,
    isActing && effect === 'ask' ? 1 : 0,
  ];
  const risk = RISKS[Math.max(...ranks)] ?? 'high';
  const isBelow = (limit: Risk): boolean => RISKS.indexOf(risk) < RISKS.indexOf(limit);
  const holds: Readonly<Record<string, boolean>> = {
    pushes: command.startsWith('git '),
    high: risk === 'high',
    strangers: isUntrusted,
    undos: step.endsWith('.undo'),
    others: flow === 'other',
    edits: command.startsWith('edited'),
    rest: true,
  };
  const policy = policies.find(({ name }) => holds[name]);
  const knowsTrust = policy?.name === 'strangers';
  if (policy !== undefined && (policy.then !== 'approve' || !isTainted || knowsTrust)) {
    return policy.then;
  }
  if (isTainted) return 'ask';
  if (gate !== undefined) return threshold !== undefined && isBelow(threshold) ? 'approve' : 'ask';
  if (!isActing || level === 3) return 'approve';
  if (level === 1) return 'ask';
  return isBelow(threshold ?? 'high') ? 'approve' : 'ask';
}

function levelOf(flow: string, { written, flows, set, setFor }: Levels): number {
  const own = setFor[flow] ?? flows[flow] ?? set ?? written ?? 2;
  return set === undefined ? own : Math.min(own, set);
}

/** A yes of people: on what, and who said it. */
interface Approval {
  readonly seq: number;
  readonly run: string | null;
  readonly stream: number;
  readonly quorum: number;
  readonly proposers: readonly string[];
  readonly hash: string;
  readonly canonical: string;
  readonly voters: readonly string[];
}

/** What the log says, for whoever judges calls by it. */
export class GateLog {
  readonly approvals: readonly Approval[];
  /** When runs were begun anew by a person, by the seq of the run. */
  readonly #retried = new Map<number, number[]>();

  constructor(records: readonly LogRecord[]) {
    const proposals = new Map<number, { readonly seq: number; readonly event: ProposalEvent }[]>();
    for (const record of records) {
      const { seq, stream } = record;
      const event = decodeProposal(record);
      const of = event?.type === 'proposal.opened' ? seq : stream;
      if (event !== undefined && of !== null) {
        proposals.set(of, [...(proposals.get(of) ?? []), { seq, event }]);
      } else if (record.type === 'run.retried' && of !== null) {
        this.#retried.set(of, [...(this.#retried.get(of) ?? []), seq]);
      }
    }
    const causes = new Map(records.map(({ seq, causation }) => [seq, causation]));
    this.approvals = [...proposals].flatMap(([id, events]) =>
      approvalOf(events, causes.get(id) ?? 0),
    );
  }

  /** Why a call had no leave to be made; undefined where people have said yes to exactly it. */
  problemOf(call: Call): string | undefined {
    const { key, run, input, head } = call;
    const digest = sha256(canonicalJson(input));
    const of = this.approvals.filter((approval) => approval.run === run && approval.seq <= head);
    const own = of.filter(({ canonical }) => boundOf(canonical).key === key);
    if (own.length === 0) return 'nobody approved it';
    const same = own.filter(({ canonical }) => boundOf(canonical).input === digest);
    if (same.length === 0) return 'what was approved is something else';
    const bound = same.filter(({ canonical, hash }) => sha256(canonical) === hash);
    if (bound.length === 0) return 'the hash is not that of the content';
    const shown = bound.filter(({ canonical }) => isShown(call, boundOf(canonical)));
    if (shown.length === 0) return 'people were shown something else';
    const many = shown.filter(({ voters, quorum }) => new Set(voters).size >= quorum);
    if (many.length === 0) return 'too few approved it';
    const others = many.filter(({ voters, proposers }) =>
      voters.every((who) => !proposers.includes(who) && who !== 'agent'),
    );
    if (others.length === 0) return 'somebody approved it who may not';
    const fresh = others.filter(({ seq, stream }) => !this.#isRetriedSince(stream, seq, head));
    return fresh.length === 0 ? 'it was approved before the run was retried' : undefined;
  }

  #isRetriedSince(run: number, approved: number, called: number): boolean {
    return (this.#retried.get(run) ?? []).some((seq) => seq > approved && seq <= called);
  }
}

function approvalOf(
  events: readonly { readonly seq: number; readonly event: ProposalEvent }[],
  stream: number,
): Approval[] {
  const [first] = events;
  const end = events.find(({ event }) => event.type === 'proposal.approved');
  if (first?.event.type !== 'proposal.opened' || end?.event.type !== 'proposal.approved') return [];
  const { run, quorum, proposers } = first.event;
  const { hash, who } = end.event;
  const forms = events.flatMap(({ event }) =>
    'edited' in event && event.edited !== undefined ? [event.edited] : [],
  );
  const canonical = forms.at(-1)?.canonical ?? first.event.canonical;
  const votes = events.flatMap(({ event }) =>
    event.type === 'proposal.voted' && event.hash === hash ? [event.who] : [],
  );
  const voters = who === null ? votes : [...votes, who];
  return [{ seq: end.seq, run, stream, quorum, proposers, hash, canonical, voters }];
}

function boundOf(canonical: string): Bound {
  return JSON.parse(canonical) as Bound;
}

/** Whether people saw what was done: a command and its script, the data of an event, a text. */
function isShown({ kind, input, script }: Call, { content, files }: Bound): boolean {
  const { data = null, proposal = '' } = input as { readonly [name: string]: Json };
  if (kind === 'gate') return content.kind === 'plan' && content.text === proposal;
  if (kind === 'emit') {
    return content.kind === 'message' && canonicalJson(content.body) === canonicalJson(data);
  }
  const wanted = proposedCommand(input, script);
  const [shown, done] = [
    { content, files },
    { content: wanted.content, files: wanted.files },
  ].map((each) => canonicalJson(each as unknown as Json));
  return shown === done;
}
