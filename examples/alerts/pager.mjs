// A pager that keeps what it was told; a real one would call somebody.
import { appendFileSync } from 'node:fs';

const [to, message, dedupeId] = process.argv.slice(2);
appendFileSync('box/pager.txt', `${to} is paged: ${message} (${dedupeId})\n`);
