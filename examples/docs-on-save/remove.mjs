// Removes the page of each source file of the list given as JSON.
import { rmSync } from 'node:fs';
import { basename } from 'node:path';

for (const file of JSON.parse(process.argv[2])) {
  rmSync(`docs/${basename(file, '.mjs')}.md`, { force: true });
}
