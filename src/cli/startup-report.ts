/** What a daemon in the background tells who started it. */
export type StartupReport =
  /** It takes events; `line` is the ready line. */
  | { readonly kind: 'ready'; readonly line: string }
  /** It waits for another daemon's end, and will take over. */
  | { readonly kind: 'standby'; readonly text: string }
  /** It ends at once; `text` says why. */
  | { readonly kind: 'failed'; readonly text: string };

/** Whether somebody waits for what this process tells of its start. */
export function isAwaited(): boolean {
  return process.connected;
}

/** Resolves when the report is sent, or nobody is there to hear it. */
export async function reportStartup(report: StartupReport): Promise<void> {
  if (!isAwaited()) return;
  await new Promise<void>((done) => process.send?.(report, undefined, undefined, () => done()));
}

/** The report that a message of a starting daemon is; undefined for any other message. */
export function readReport(message: unknown): StartupReport | undefined {
  const { kind, line, text } = (message ?? {}) as Readonly<Record<string, unknown>>;
  if (kind === 'ready' && typeof line === 'string') return { kind, line };
  if ((kind === 'standby' || kind === 'failed') && typeof text === 'string') return { kind, text };
  return undefined;
}
