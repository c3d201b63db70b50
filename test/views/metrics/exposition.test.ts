import * as fc from '../../properties.ts';
import { describe, expect, test } from 'vitest';
import { expose, expositionOf } from '../../../src/views/metrics/exposition.ts';
import { counterBy, type Family, gauge } from '../../../src/views/metrics/family.ts';
import { Histogram } from '../../../src/views/metrics/histogram.ts';

const took = new Histogram([0.5, 1]);
for (const seconds of [0.1, 0.5, 0.75, 4, -1]) took.observe(seconds);

const FAMILIES: readonly Family[] = [
  gauge('depth', 'What waits.', 3),
  counterBy(['runs_total', 'flow'], 'Runs.', [['a', 1]]),
  { name: 'took_seconds', help: 'Time.', type: 'histogram', samples: [took.distribution()] },
  { name: 'nothing', help: 'None.', type: 'gauge', samples: [] },
];

describe('metrics as text', () => {
  test('are those of Prometheus, family by family', () => {
    expect(expose(FAMILIES, 'prometheus')).toBe(
      [
        '# HELP depth What waits.',
        '# TYPE depth gauge',
        'depth 3',
        '# HELP runs_total Runs.',
        '# TYPE runs_total counter',
        'runs_total{flow="a"} 1',
        '# HELP took_seconds Time.',
        '# TYPE took_seconds histogram',
        'took_seconds_bucket{le="0.5"} 3',
        'took_seconds_bucket{le="1.0"} 4',
        'took_seconds_bucket{le="+Inf"} 5',
        'took_seconds_sum 5.35',
        'took_seconds_count 5',
        '',
      ].join('\n'),
    );
  });

  test('are those of OpenMetrics where that is asked for', () => {
    expect(expositionOf('text/plain')).toBe('prometheus');
    expect(expositionOf(undefined)).toBe('prometheus');
    const form = expositionOf('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
    const lines = expose(FAMILIES, form).split('\n');
    expect(lines).toContain('# TYPE runs counter');
    expect(lines).toContain('runs_total{flow="a"} 1');
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
  });

  test('keep a sample on its line, whatever its label holds', () => {
    const text = (value: string): string =>
      expose([counterBy(['a_total', 'b'], 'C.', [[value, 1]])], 'prometheus');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const [, , sample = '', ...rest] = text(value).split('\n');
        const written = /^a_total\{b="(.*)"\} 1$/s.exec(sample)?.[1] ?? '';
        const read = written.replaceAll(/\\(.)/gs, (_, of) => (of === 'n' ? '\n' : String(of)));
        return rest.join('') === '' && read === value;
      }),
    );
  });
});
