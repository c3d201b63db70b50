// Writes a text into a file by the filesystem tool, once.
import { filesystemTool } from '../../dist/steps/tools/filesystem.js';

const [directory = '', path = ''] = process.argv.slice(2);
const { signal } = new AbortController();
/** @type {import('../../src/runs/step-kind.ts').StepContext} */
const context = /** @type {any} */ ({ directory, key: 'sb00000000-8/publish', signal });
const result = await filesystemTool({ closed: [] }).run('write', context, { path, content: 'x' });
if (result.kind !== 'done') throw new Error(JSON.stringify(result));
