import { checkClocks, checkProcesses, checkSql, checkTerminal } from './boundaries.ts';
import type { Rule } from './code.ts';
import { checkDocComments } from './documentation.ts';
import { checkComments, checkLanguage } from './language.ts';
import { checkBarrels, checkNames } from './names.ts';
import { checkImportOrder } from './rooms.ts';
import { checkFileLength, checkFunctionLength, checkLineLength } from './sizes.ts';
import { checkTests } from './tests.ts';

const EVERYWHERE = ['src', 'test', 'scripts', 'bench', 'bin'];
const SOURCE = ['src'];

/** The house rules that one file can be checked for by itself. */
export const RULES: readonly Rule[] = [
  { name: 'imports point to the left', folders: SOURCE, check: checkImportOrder },
  { name: 'a file has at most 400 lines', folders: EVERYWHERE, check: checkFileLength },
  { name: 'a function has at most 70 lines', folders: EVERYWHERE, check: checkFunctionLength },
  { name: 'a line has at most 100 columns', folders: EVERYWHERE, check: checkLineLength },
  { name: 'only std knows clocks and randomness', folders: SOURCE, check: checkClocks },
  { name: 'only std/process.ts starts processes', folders: SOURCE, check: checkProcesses },
  { name: 'only the store speaks SQL', folders: SOURCE, check: checkSql },
  { name: 'only the command line prints and exits', folders: SOURCE, check: checkTerminal },
  { name: 'the language is used without its traps', folders: SOURCE, check: checkLanguage },
  { name: 'no comment puts off or silences', folders: EVERYWHERE, check: checkComments },
  { name: 'names are kebab-case and say something', folders: EVERYWHERE, check: checkNames },
  { name: 'no barrel but the index', folders: SOURCE, check: checkBarrels },
  { name: 'every export is explained', folders: SOURCE, check: checkDocComments },
  { name: 'tests run, for real, without sleeping', folders: ['test'], check: checkTests },
];
