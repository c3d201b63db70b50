// Checks one thing about a branch.
const [check, branch] = process.argv.slice(2);
const fine = check === 'names' ? /^[a-z-]+$/.test(branch) : branch.length < 20;
console.log(fine ? 'fine' : 'to be looked at');
