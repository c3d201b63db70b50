#!/usr/bin/env node
// @ts-check
// The command line, as npm links it. It stands in the repository, unlike dist/, so that the link
// that `npm ci` and `npx` make in a fresh clone is never one to nothing.
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('signalbox: Signalbox is not built yet; run: npm run build');
  process.exitCode = 1;
}
