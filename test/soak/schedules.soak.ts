import { expect, test } from 'vitest';
import { differences, ZONES } from '../sources/schedule/oracle.ts';

test.each(ZONES)('crons in %s come as its clock says, each minute of 2020 to 2040', (zone) => {
  const years = Array.from({ length: 21 }, (_, index) => 2020 + index);
  const found = years.flatMap((year) =>
    differences(zone, Date.UTC(year, 0), Date.UTC(year + 1, 0)),
  );
  expect(found).toEqual([]);
});
