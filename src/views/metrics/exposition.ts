import type { Distribution, Family, Labels, Sample } from './family.ts';

/** How metrics are written: the text format of Prometheus 0.0.4, or OpenMetrics 1.0. */
export type Exposition = 'prometheus' | 'openmetrics';

/** The content type of each. */
export const EXPOSITION_TYPES: Readonly<Record<Exposition, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** The form that the header `Accept` of a request asks for. */
export function expositionOf(accept: string | undefined): Exposition {
  return accept?.includes('application/openmetrics-text') === true ? 'openmetrics' : 'prometheus';
}

/** The families as text. Those without a series are left out. */
export function expose(families: readonly Family[], form: Exposition): string {
  const lines: string[] = [];
  for (const family of families) {
    if (family.samples.length === 0) continue;
    const { name, help, type } = family;
    // In OpenMetrics a counter's samples end in `_total`, and its own name does not.
    const shown = form === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
    lines.push(`# HELP ${shown} ${escapedHelp(help)}`, `# TYPE ${shown} ${type}`);
    if (family.type === 'histogram') {
      for (const sample of family.samples) pushDistribution(lines, name, sample);
    } else {
      for (const sample of family.samples) lines.push(sampleLine(name, sample));
    }
  }
  if (form === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function pushDistribution(lines: string[], name: string, distribution: Distribution): void {
  const { labels = {}, bounds, counts, sum } = distribution;
  let count = 0;
  for (const [index, added] of counts.entries()) {
    count += added;
    const bound = bounds[index];
    const le = bound === undefined ? '+Inf' : canonical(bound);
    lines.push(sampleLine(`${name}_bucket`, { labels: { ...labels, le }, value: count }));
  }
  lines.push(sampleLine(`${name}_sum`, { labels, value: sum }));
  lines.push(sampleLine(`${name}_count`, { labels, value: count }));
}

/** OpenMetrics writes the bounds of buckets as floats. */
function canonical(bound: number): string {
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

function sampleLine(name: string, { labels, value }: Sample): string {
  return `${name}${labelText(labels)} ${value}`;
}

function labelText(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapedValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapedValue(value: string): string {
  return escapedHelp(value).replaceAll('"', '\\"');
}

function escapedHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
