import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { startInPlace } from '../std/process.ts';
import type { ProposalView } from '../views/proposal-view.ts';
import type { Chain } from './chain.ts';
import type { Client, DecisionWords } from './client.ts';
import type { CliContext } from './context.ts';
import { decidedSentence, editedOf, noteAdvisory, showToDecide } from './decision.ts';
import type { Globals } from './globals.ts';
import { toJsonLines } from './output.ts';
import { shownCommand } from './shown-command.ts';
import { TypedLines } from './typed-lines.ts';

/** What a chain is asked about with. */
export interface PromptParts {
  readonly client: Client;
  readonly chain: Chain;
  /** Aborted where the person breaks it off. */
  readonly signal: AbortSignal;
}

/** A line that was typed, or why none is waited for any more. */
type Typed =
  | { readonly kind: 'line'; readonly line: string }
  /** Somebody else has decided meanwhile, or nobody needs to any more. */
  | { readonly kind: 'settled' }
  /** The person leaves, or their terminal is gone. */
  | { readonly kind: 'left' };

/** What came of asking: it is decided, left open, to be shown again, or the person has left. */
type Answered = 'decided' | 'later' | 'again' | 'left';

const QUESTION = '[a]pprove, [r]eject, re[t]urn, [e]dit or [l]ater? ';

/** What a person may say, by its first letter or whole; what is marked above. */
const ANSWERS: ReadonlyMap<string, 'approve' | 'reject' | 'return' | 'edit' | 'later'> = new Map([
  ['a', 'approve'],
  ['approve', 'approve'],
  ['r', 'reject'],
  ['reject', 'reject'],
  ['t', 'return'],
  ['return', 'return'],
  ['e', 'edit'],
  ['edit', 'edit'],
  ['l', 'later'],
  ['later', 'later'],
]);

/** Refusals after which what is open is shown again as it is then. */
const CHANGED: ReadonlySet<string> = new Set(['proposal.changed', 'proposal.busy']);

/**
 * Asks a person at a terminal about each proposal of a chain, one after the other. What they decide
 * on is the hash that they were shown; an answer counts for nothing that came up after they began
 * to type it. Somebody else may decide meanwhile, from anywhere: then the question goes away.
 */
export class ChainPrompt {
  readonly #context: CliContext;
  readonly #flags: Globals;
  readonly #parts: PromptParts;
  readonly #lines: TypedLines | undefined;
  /** What the person has decided or put off: they are not asked about it again. */
  readonly #asked = new Set<string>();
  /** What the person has put off, and was not yet told to be waited for. */
  readonly #putOffs = new Set<string>();
  /** Whether a line may be half typed that was meant for another question. */
  #isHalfTyped = false;

  constructor(context: CliContext, flags: Globals, parts: PromptParts) {
    this.#context = context;
    this.#flags = flags;
    this.#parts = parts;
    this.#lines = TypedLines.of(context.stdin);
  }

  /** True when all runs of the chain have ended; false where the person leaves before that. */
  async run(): Promise<boolean> {
    const { chain, client, signal } = this.#parts;
    await noteAdvisory(this.#context, client);
    void chain.follow();
    try {
      while (!chain.isOver) {
        await this.#goOn();
        if (signal.aborted) return false;
      }
      return true;
    } finally {
      this.#lines?.close();
    }
  }

  /** Asks about what is open, or waits until something has changed. */
  async #goOn(): Promise<void> {
    const { chain, signal } = this.#parts;
    const next = chain.open.find((id) => !this.#asked.has(id));
    if (next !== undefined) {
      await this.#ask(next);
      return;
    }
    if (chain.open.some((id) => this.#putOffs.has(id))) {
      this.#putOffs.clear();
      this.#context.terminal.note('Waiting for what stays open to be decided; Ctrl-C leaves it.\n');
    }
    await chain.changeUnless(signal);
  }

  async #ask(id: string): Promise<Answered> {
    const { client } = this.#parts;
    const { terminal } = this.#context;
    if (this.#isHalfTyped) {
      await terminal.print('Press Enter for the next question. ');
      const typed = await this.#typed(id);
      if (typed.kind !== 'line') return this.#unanswered(id, typed);
      this.#isHalfTyped = false;
    }
    const found = await client.proposals.find(id);
    if (found?.state !== 'open') return 'decided';
    await terminal.print('\n');
    await showToDecide(this.#context, found);
    for (;;) {
      await terminal.print(QUESTION);
      const typed = await this.#typed(id);
      if (typed.kind !== 'line') return this.#unanswered(id, typed);
      const answered = await this.#answer(found, typed.line.trim().toLowerCase());
      if (answered !== 'again') return answered;
    }
  }

  async #answer(found: ProposalView, word: string): Promise<Answered> {
    const { id, hash } = found;
    switch (ANSWERS.get(word)) {
      case 'approve':
        return this.#decide(id, { decision: 'approve', hash });
      case 'reject':
        return this.#withReason(found, 'reject', 'Why, for the log (or Enter): ');
      case 'return':
        return this.#withReason(found, 'return', 'What is to be different? ');
      case 'edit':
        return this.#edit(found);
      case 'later':
        return this.#putOff(id);
      case undefined:
        return 'again';
    }
  }

  async #withReason(
    found: ProposalView,
    decision: 'reject' | 'return',
    question: string,
  ): Promise<Answered> {
    const { id, hash } = found;
    await this.#context.terminal.print(question);
    const typed = await this.#typed(id);
    if (typed.kind !== 'line') return this.#unanswered(id, typed);
    const reason = typed.line.trim();
    // What is returned without a word would come back as it is.
    if (reason === '' && decision === 'return') return 'again';
    return this.#decide(id, { decision, hash, ...(reason === '' ? {} : { reason }) });
  }

  /** Has the person's own editor change what the step is given. */
  async #edit(found: ProposalView): Promise<Answered> {
    const { env, terminal } = this.#context;
    const editor = (env['VISUAL'] || env['EDITOR'])?.split(/\s+/).filter((word) => word !== '');
    if (editor === undefined || editor.length === 0) {
      terminal.note('Set VISUAL or EDITOR to your editor, or use: approve ID --with FILE\n');
      return 'again';
    }
    const edited = await this.#inEditor(editor, found);
    if (edited === undefined) return 'again';
    await terminal.print('Approve it as you have edited it? [y/N] ');
    const typed = await this.#typed(found.id);
    if (typed.kind !== 'line') return this.#unanswered(found.id, typed);
    if (!/^y(?:es)?$/i.test(typed.line.trim())) return 'again';
    return this.#decide(found.id, { decision: 'approve', hash: found.hash, edited });
  }

  /** What the person makes of a proposal's input; undefined, and said, where that is nothing. */
  async #inEditor(editor: readonly string[], found: ProposalView): Promise<string | undefined> {
    const { terminal } = this.#context;
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-edit-'));
    const file = join(folder, 'input.json');
    const before = `${toJsonLines(found.input).join('\n')}\n`;
    try {
      writeFileSync(file, before, { mode: 0o600 });
      this.#lines?.pause();
      const end = await startInPlace([...editor, file]).ended;
      if (end.kind !== 'exited' || end.code !== 0) {
        terminal.note('The editor did not end well, so nothing was changed.\n');
        return undefined;
      }
      if (readFileSync(file, 'utf8') !== before) return editedOf(this.#context, file);
      terminal.note('Nothing was changed.\n');
    } catch (error) {
      terminal.note(`${escapeText(messageOf(error))}\n`);
    } finally {
      this.#lines?.resume();
      rmSync(folder, { recursive: true, force: true });
    }
    return undefined;
  }

  async #decide(id: string, words: DecisionWords): Promise<Answered> {
    const { terminal } = this.#context;
    try {
      const after = await this.#parts.client.proposals.decide(id, words);
      await terminal.print(`${decidedSentence(after)}\n`);
      // A quorum waits for others.
      if (after.state === 'open') return this.#putOff(id);
      this.#asked.add(id);
      return 'decided';
    } catch (error) {
      if (!(error instanceof SignalboxError)) throw error;
      if (CHANGED.has(error.code)) {
        terminal.note(`${escapeText(error.message)} This is what it is now:\n`);
        return 'decided';
      }
      terminal.note(`${escapeText(error.message)}\n`);
      // What one edit has spoilt, another may mend; what somebody may not decide stays open.
      return error.code === 'proposal.invalid' ? 'again' : this.#putOff(id);
    }
  }

  /** Leaves a proposal to others, or to a later hour. */
  #putOff(id: string): Answered {
    this.#asked.add(id);
    this.#putOffs.add(id);
    const approve = shownCommand(this.#context, this.#flags, 'approve', id);
    this.#context.terminal.note(`It stays open; decide with: ${approve}\n`);
    return 'later';
  }

  async #unanswered(id: string, typed: Exclude<Typed, { kind: 'line' }>): Promise<Answered> {
    const { terminal } = this.#context;
    if (typed.kind === 'settled') {
      const found = await this.#parts.client.proposals.find(id);
      if (found !== undefined) await terminal.print(`\n${decidedSentence(found)}\n`);
      this.#isHalfTyped = true;
      return 'decided';
    }
    if (!this.#parts.signal.aborted) {
      await terminal.print('\n');
      this.#putOff(id);
    }
    return 'left';
  }

  /** The next line, as long as the proposal is open that it is about. */
  async #typed(id: string): Promise<Typed> {
    const { chain, signal } = this.#parts;
    const line = this.#lines?.next() ?? Promise.resolve(undefined);
    const typed = line.then((text): Typed =>
      text === undefined ? { kind: 'left' } : { kind: 'line', line: text },
    );
    const settled = async (): Promise<Typed> => {
      while (chain.isOpen(id)) {
        if (!(await chain.changeUnless(signal))) return { kind: 'left' };
      }
      return { kind: 'settled' };
    };
    const first = await Promise.race([typed, settled()]);
    if (first.kind !== 'line') this.#lines?.forget();
    return first;
  }
}
