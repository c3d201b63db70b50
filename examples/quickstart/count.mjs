// Counts the greetings that stand in greetings.log.
import { readFileSync } from 'node:fs';

const lines = readFileSync('greetings.log', 'utf8').split('\n');
console.log(JSON.stringify({ greetings: lines.length - 1 }));
