// Writes a note about an occurrence of the schedule, which the watched folder then tells of.
import { mkdirSync, writeFileSync } from 'node:fs';

const [time, before] = process.argv.slice(2);
mkdirSync('notes', { recursive: true });
writeFileSync('notes/latest.md', `# ${time}\n\nThe one before: ${before}.\n`);
console.log(JSON.stringify({ file: 'notes/latest.md' }));
