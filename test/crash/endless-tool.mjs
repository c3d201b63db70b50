// Writes two texts in turn into one file by the filesystem tool, and says so before each. It never
// ends by itself.
import { filesystemTool } from '../../dist/steps/tools/filesystem.js';

const [directory = '', length = '', key = ''] = process.argv.slice(2);
const tool = filesystemTool({ closed: [] });
const { signal } = new AbortController();
/** @type {import('../../src/runs/step-kind.ts').StepContext} */
const context = /** @type {any} */ ({ directory, key, signal });

for (;;) {
  for (const letter of 'ab') {
    process.stdout.write(`${letter}\n`);
    const content = letter.repeat(Number(length));
    const result = await tool.run('write', context, { path: 'file', content });
    if (result.kind !== 'done') throw new Error(JSON.stringify(result));
  }
}
