// Reads the notes that have changed; one that is gone again has no title.
import { existsSync, readFileSync } from 'node:fs';

// A list that is a whole argument comes as JSON.
const files = JSON.parse(process.argv[2] ?? '[]');
const titles = files.map((file) =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n', 1)[0] : '',
);
console.log(JSON.stringify({ titles }));
