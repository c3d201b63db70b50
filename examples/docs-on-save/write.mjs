// Writes a page for each source file of the list given as JSON: its leading comment lines, under its name.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

mkdirSync('docs', { recursive: true });
const files = JSON.parse(process.argv[2]);
const pages = files.map((file) => {
  const lines = readFileSync(file, 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const text = lines.slice(0, end).map((line) => line.slice(2).trim());
  const name = basename(file, '.mjs');
  writeFileSync(`docs/${name}.md`, `# ${name}\n\n${text.join('\n')}\n`);
  return `docs/${name}.md`;
});
console.log(JSON.stringify(pages));
