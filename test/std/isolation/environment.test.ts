import { expect, test } from 'vitest';
import { partEnvironment } from '../../../src/std/isolation/environment.ts';

test('what makes a program run other code is for the command alone', () => {
  const own = {
    LD_PRELOAD: './own.so',
    LD_LIBRARY_PATH: '.',
    BASH_ENV: './own.sh',
    'BASH_FUNC_mount%%': '() { id; }',
    ENV: './own.sh',
    LIBMOUNT_FSTAB: './own',
    GCONV_PATH: '.',
    IFS: '/',
  };
  const common = { PATH: '/bin', HOME: '/', MOULD: '1', ENVIRONMENT: 'test', API_KEY: 'k' };
  expect(partEnvironment({ ...own, ...common })).toEqual({ common, own });
});
