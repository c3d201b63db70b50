// Deploys a service as soon as there is a file "green" beside this one, and prints what it did.

import { existsSync } from 'node:fs';

const [service] = process.argv.slice(2);
const green = new URL('green', import.meta.url);
const LOOK_MS = 50;

const timer = setInterval(() => {
  if (!existsSync(green)) return;
  clearInterval(timer);
  console.log(JSON.stringify({ deployed: service }));
}, LOOK_MS);
