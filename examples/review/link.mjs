// Says where the review of a branch can be read.
console.log(`reviews/${process.argv[2]}`);
