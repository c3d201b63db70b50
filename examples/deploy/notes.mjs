// Writes the release notes of a version that was deployed, and says where.
import { mkdirSync, writeFileSync } from 'node:fs';

const CHANGES = {
  '1.2.0': ['Deployments are heard by webhook.', 'Each has its notes.'],
  '1.2.1': ['Notes are written once, however often a deployment is told.'],
};

const [version, environment] = process.argv.slice(2);
const changes = CHANGES[version];
if (changes === undefined) {
  console.error(`Nobody knows what is new in version ${JSON.stringify(version)}.`);
  // To try again is in vain.
  process.exit(65);
}
const lines = changes.map((change) => `- ${change}`);
const file = `notes/${version}.md`;
mkdirSync('notes', { recursive: true });
writeFileSync(file, `# ${version}, in ${environment}\n\n${lines.join('\n')}\n`);
console.log(JSON.stringify({ file, changes: changes.length }));
