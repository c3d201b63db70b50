import type { Event, EventDraft } from '../../../events/event.ts';
import type { Admission } from '../../../routing/admission.ts';
import { RetryableError, SignalboxError } from '../../../std/errors.ts';
import type { Json } from '../../../std/json.ts';
import type { Store } from '../../../store/contract.ts';
import type { EntityRow } from '../../../store/entity.ts';
import { type IncidentView, readIncidents } from '../../../views/incident-view.ts';
import { type ProposalView, readProposals } from '../../../views/proposal-view.ts';
import type { RunView } from '../../../views/run-view.ts';
import {
  type Answer,
  type Answers,
  EFFECT_KINDS,
  type TestEffect,
  OWN_TOOL,
  toolOf,
} from '../answers.ts';
import { ITEMS_MAX, type Testbox, testbox } from '../testbox.ts';
import { decideGiven } from './decide-given.ts';
import type { Given, Scenario, Unmet, WrittenAnswers } from './scenario.ts';
import { deliveryDraft, savedDrafts } from './sources.ts';

/** What came of a scenario. */
export interface Played {
  /** When it began, in milliseconds. */
  readonly began: number;
  readonly events: readonly Event[];
  readonly runs: readonly RunView[];
  readonly effects: readonly TestEffect[];
  readonly proposals: readonly ProposalView[];
  readonly incidents: readonly IncidentView[];
  readonly notifications: readonly EntityRow[];
  /** What somebody said of a proposal, and was not heard. */
  readonly unheard: readonly Unmet[];
}

export interface PlayOptions {
  /** The configuration file. */
  readonly config: string;
  /** What `${NAME}` stands for beside what the scenario says itself. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The source of events that name none. */
const SOURCE = 'test';

/**
 * Plays a scenario on a fresh log, under a clock of its own.
 *
 * @throws SignalboxError `config.invalid` for the configuration, and `test.invalid` for what it
 *   cannot be given.
 */
export async function play(scenario: Scenario, options: PlayOptions): Promise<Played> {
  const { at, seed, given, untilMs } = scenario;
  const test = await testbox({
    config: options.config,
    env: { ...options.env, ...scenario.env },
    seed,
    answers: answersOf(scenario.answers),
    ...(at === undefined ? {} : { at }),
  });
  try {
    const began = Date.parse(test.now());
    const passTo = async (ms: number): Promise<void> => {
      const leftMs = began + ms - Date.parse(test.now());
      await test.advance(`${Math.max(0, leftMs)}ms`);
    };
    const unheard: Unmet[] = [];
    for (const each of given) {
      await passTo(each.atMs);
      const unmet = await giving(test, each);
      if (unmet !== undefined) unheard.push(unmet);
    }
    await passTo(untilMs);
    const [events, runs] = [await test.events(), await test.runs()];
    if (Math.max(events.length, runs.length) >= ITEMS_MAX) throw tooMuch();
    const told = await readTold(test.engine.store);
    return { began, events, runs, effects: [...test.effects], ...told, unheard };
  } finally {
    await test.stop();
  }
}

/** What people were asked and told, oldest first. */
async function readTold(
  store: Store,
): Promise<Pick<Played, 'proposals' | 'incidents' | 'notifications'>> {
  const { items: proposals } = await readProposals(store, { limit: ITEMS_MAX });
  const { items: incidents } = await readIncidents(store, { limit: ITEMS_MAX });
  const notifications = await store.entities({ kind: 'notification', limit: ITEMS_MAX });
  return {
    proposals: proposals.toReversed(),
    incidents: incidents.toReversed(),
    notifications: notifications.toReversed(),
  };
}

function tooMuch(): SignalboxError {
  const message = `More than ${ITEMS_MAX} events or runs came of it; let less time pass.`;
  return new SignalboxError('test.invalid', message);
}

/** What cannot be given is told with its place. */
async function giving(test: Testbox, given: Given): Promise<Unmet | undefined> {
  try {
    if (given.kind === 'decide') return await decideGiven(test, given);
    await give(test, given);
    return undefined;
  } catch (error) {
    if (!(error instanceof SignalboxError) || error.code !== 'test.invalid') throw error;
    throw new SignalboxError('test.invalid', `${given.place}: ${error.message}`, { cause: error });
  }
}

type Happening = Exclude<Given, { kind: 'decide' }>;

async function give(test: Testbox, given: Happening): Promise<void> {
  if (given.kind === 'restart') return test.restart(`${given.downMs}ms`);
  if (given.kind === 'trigger') return trigger(test, given);
  const catalog = await test.engine.catalog();
  const sources = catalog.sources?.values() ?? [];
  for (const draft of draftsOf(given, [...sources])) {
    const admission = test.engine.emit(draft);
    await test.advance('0ms');
    const admitted = await admission;
    if (admitted.kind !== 'accepted') throw notTaken(`The event ${draft.type}`, admitted);
  }
}

async function trigger(
  test: Testbox,
  { flow, data, interactive }: Extract<Given, { kind: 'trigger' }>,
): Promise<void> {
  const start = test.engine.trigger({ flow, data: JSON.stringify(data), by: SOURCE, interactive });
  await test.advance('0ms');
  const started = await start;
  if (started.kind === 'unknown') throw new SignalboxError('test.invalid', started.message);
  if (started.kind !== 'accepted') throw notTaken(`The start of ${flow}`, started);
}

function notTaken(what: string, refused: Exclude<Admission, { kind: 'accepted' }>): SignalboxError {
  const why = refused.kind === 'invalid' ? refused.problem : `it is a ${refused.kind}`;
  return new SignalboxError('test.invalid', `${what} is not taken: ${why}`);
}

function draftsOf(
  given: Exclude<Happening, { kind: 'restart' | 'trigger' }>,
  sources: Parameters<typeof savedDrafts>[1],
): readonly EventDraft[] {
  switch (given.kind) {
    case 'emit': {
      const { type, data, attributes } = given;
      const { source = SOURCE, ...rest } = attributes;
      return [{ ...rest, type, source, data: JSON.stringify(data) }];
    }
    case 'webhook':
      return [deliveryDraft(given, sources)];
    case 'file':
      return savedDrafts(given, sources);
  }
}

/** A step finds its own answer first, then that of its tool, then that of its kind. */
function answersOf({ byName, bySteps, failing }: WrittenAnswers): Answers {
  const kinds = EFFECT_KINDS.map((kind) => {
    const answer: Answer = (effect) => {
      const { step } = effect;
      if (Object.hasOwn(failing, step)) throw new RetryableError(failing[step] ?? '');
      const found = answerOf(effect, byName, bySteps);
      if (found !== undefined || toolOf(effect) === OWN_TOOL) return found;
      const remedy = `give it one: answers: { ${kind}: … }, or answers: { steps: { ${step}: … } }`;
      throw new SignalboxError('test.unanswered', `Nothing answers the step "${step}"; ${remedy}.`);
    };
    return [kind, answer] as const;
  });
  return Object.fromEntries(kinds);
}

function answerOf(
  effect: TestEffect,
  byName: WrittenAnswers['byName'],
  bySteps: WrittenAnswers['bySteps'],
): Json | undefined {
  const names = [toolOf(effect), effect.kind].filter((name) => name !== undefined);
  if (Object.hasOwn(bySteps, effect.step)) return bySteps[effect.step];
  const name = names.find((each) => Object.hasOwn(byName, each));
  return name === undefined ? undefined : byName[name];
}
