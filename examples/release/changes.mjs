// Tells what is new in a version: one JSON document on standard output.
const CHANGES = {
  '1.2.0': ['conditions', 'choices'],
  '1.3.0': ['a mirror that is down'],
};

const changes = CHANGES[process.argv[2]];
if (changes === undefined) process.exit(10);
console.log(JSON.stringify(changes));
