// Stands for a mirror that takes every version but one.
if (process.argv[2] === '1.3.0') {
  console.error('the mirror is closed for maintenance');
  process.exit(65);
}
