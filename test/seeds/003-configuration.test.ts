import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { load, makeProject, said } from '../config/folder.ts';

/**
 * One of seed 003's blocks, as it is printed there unless its name says otherwise. The files are
 * called texts, so that nothing brings them into another form.
 */
function block(name: string): string {
  return readFileSync(new URL(`../fixtures/seed-003/${name}.txt`, import.meta.url), 'utf8');
}

/** Kinds and types that a later version brings are no fault of the form. */
function faults(findings: readonly string[]): string[] {
  return findings.filter((finding) => !/not supported by this version|warning: /.test(finding));
}

describe('003: "Configuration Schema", [[orchestrators]] module = "loop-event-driven"', () => {
  test('as printed is no TOML: the error shows where, and the valid form', async () => {
    const folder = makeProject({ 'signalbox.toml': block('as-printed.toml') });
    const findings = said(await load(folder, { file: 'signalbox.toml' }), folder);
    expect(findings).toEqual([
      'signalbox.toml:8:3: error: not TOML: expected comma or end of structure; ' +
        'in { } and [ ] commas part the entries, as in config = { mode = "daemon", ' +
        'webhook_port = 8080 }; or write [orchestrators.config] and below it one entry a line ' +
        '[config.syntax]',
    ]);
  });

  test('with its commas is read as it stands', async () => {
    const folder = makeProject({ 'signalbox.toml': block('with-commas.toml') });
    const options = { file: 'signalbox.toml', env: { WEBHOOK_SECRET: 's' } };
    const findings = said(await load(folder, options), folder);
    expect(faults(findings)).toEqual([]);
  });

  test('both forms that the error shows are valid', async () => {
    const head = '[[orchestrators]]\nmodule = "loop-event-driven"\n';
    const forms = [
      'config = { mode = "daemon", webhook_port = 8080 }',
      '[orchestrators.config]\nmode = "daemon"\nwebhook_port = 8080',
    ];
    for (const form of forms) {
      const folder = makeProject({ 'signalbox.toml': `${head}${form}\n` });
      const { configuration, findings } = await load(folder, { file: 'signalbox.toml' });
      expect(findings).toEqual([]);
      expect(configuration?.settings).toMatchObject({ mode: 'daemon', webhook_port: 8_080 });
    }
  });

  test('mode, queue_overflow, webhook_host, state_file, persist_last_run', async () => {
    const text = block('with-commas.toml');
    const settings = text
      .replace(/ {2}sources = \[[^]*?\n {2}\],\n/, '')
      .replace(/ {2}handlers = \{[^]*?\n {2}\},\n/, '');
    const folder = makeProject({ 'signalbox.toml': settings });
    const { configuration, findings } = await load(folder, { file: 'signalbox.toml' });
    expect(findings).toEqual([]);
    expect(configuration?.settings).toMatchObject({
      mode: 'daemon',
      max_concurrent_handlers: 3,
      queue_overflow: 'drop',
      webhook_port: 8_080,
      webhook_host: '0.0.0.0',
      state_file: '.amplifier/event-state.json',
      persist_last_run: true,
    });
  });
});

describe('003: the YAML blocks are read as they stand', () => {
  test.each(['file-watcher-for-docs.yaml', 'webhook-integration.yaml', 'scheduled-reports.yaml'])(
    '%s',
    async (name) => {
      const folder = makeProject({ 'signalbox.yaml': block(name) });
      expect(faults(said(await load(folder), folder))).toEqual([]);
    },
  );
});

describe('003: ".amplifier/profiles/pr-reviewer-daemon.md", "extends: dev"', () => {
  const path = '.amplifier/profiles/pr-reviewer-daemon.md';

  test('daemon --profile pr-reviewer-daemon reads it up to what later versions bring', async () => {
    const folder = makeProject({ [path]: block('pr-reviewer-daemon.md') });
    const findings = said(await load(folder, { profile: 'pr-reviewer-daemon' }), folder);
    expect(findings).not.toEqual([]);
    expect(faults(findings)).toEqual([]);
    expect(findings.every((finding) => finding.startsWith(`${path}:`))).toBe(true);
  });

  test('"session: orchestrator: config:" gives flows and settings', async () => {
    const text = block('pr-reviewer-daemon.md')
      .replace(/ {6}sources:[^]*?handler: review-pr\n/, '      max_concurrent_handlers: 2\n')
      .replace(/recipe: [^]*?require_approval: false/, 'emit: reviewed');
    const folder = makeProject({ [path]: text });
    const { configuration, findings } = await load(folder, { profile: 'pr-reviewer-daemon' });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(configuration?.settings.max_concurrent_handlers).toBe(2);
    expect([...(configuration?.catalog.flows.keys() ?? [])]).toEqual(['review-pr']);
  });
});
