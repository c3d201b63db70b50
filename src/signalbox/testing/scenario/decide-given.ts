import { deciderNamed, OWNER_NAME } from '../../../gates/decide.ts';
import { personOf } from '../../../identity/people.ts';
import { didYouMean } from '../../../std/diagnostics.ts';
import { SignalboxError } from '../../../std/errors.ts';
import { seqOf } from '../../../views/log-reader.ts';
import { type ProposalView, readProposals } from '../../../views/proposal-view.ts';
import type { Testbox } from '../testbox.ts';
import type { Given, GivenDecision, Unmet } from './scenario.ts';

/** Proposals that are open at once, as far as they are looked at. */
const OPEN_MAX = 1_000;

/**
 * Has somebody say what a scenario says of the oldest open proposal that it means. Where there is
 * none, or they are not heard, it says so in place of it.
 *
 * @throws SignalboxError `test.invalid` where nobody is called so.
 */
export async function decideGiven(
  test: Testbox,
  given: Extract<Given, { kind: 'decide' }>,
): Promise<Unmet | undefined> {
  const { engine } = test;
  const { place, decision, by, reason = null, edited } = given;
  const decider = deciderNamed(known(test, by), { by }, engine.identity.people);
  const { items } = await readProposals(engine.store, { limit: OPEN_MAX, state: 'open' });
  const proposal = items.findLast(({ flow, step }) => isMeant(given, flow, step));
  const expected = `${decision} of ${meant(given)} by ${by}`;
  if (proposal === undefined)
    return { place, expected, instead: noneOpen(given, items), nearest: [] };
  const { id, hash } = proposal;
  const saying = { decision, hash, reason, edited };
  const said = engine.deciding.decide(seqOf(engine.store.identity, id) ?? 0, saying, decider);
  await test.advance('0ms');
  const outcome = await said;
  if (outcome.kind !== 'refused') return undefined;
  return { place, expected, instead: `it was refused: ${outcome.message}`, nearest: [] };
}

/** @throws SignalboxError `test.invalid` */
function known({ engine }: Testbox, by: string): string {
  const { people } = engine.identity;
  if (by === OWNER_NAME || personOf(people, by) !== undefined) return by;
  const names = [...Object.keys(people), OWNER_NAME];
  const near = didYouMean(by, names);
  const tail = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`;
  throw new SignalboxError('test.invalid', `Nobody is called "${by}"; ${tail}`);
}

function isMeant(given: GivenDecision, flow: string, step: string): boolean {
  return flow === given.flow && (given.step === undefined || step === given.step);
}

function meant({ flow, step }: GivenDecision): string {
  return step === undefined ? `a proposal of ${flow}` : `a proposal of ${flow}, step ${step}`;
}

function noneOpen(given: GivenDecision, open: readonly ProposalView[]): string {
  const there = [...new Set(open.map(({ flow, step }) => `${flow}, step ${step}`))];
  if (there.length > 0) return `none is open; open are those of ${there.join('; ')}`;
  return `none is open of ${given.flow}, nor of any other flow`;
}
