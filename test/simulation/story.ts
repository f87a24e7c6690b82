import type { Finding } from './books/index.ts';
import type { Plan } from './plan.ts';
import type { Run } from './simulate.ts';
import type { Noted } from './trace.ts';

const SHOWN_FINDINGS = 10;

/** A failed run for a person to read: what doesn't balance, what was planned, what happened. */
export const tell = (run: Run, findings: readonly Finding[]): string =>
  [
    `seed ${run.plan.seed}: ${findings.length} findings`,
    ...findings.slice(0, SHOWN_FINDINGS).map(({ book, what }) => `  ${book}: ${what}`),
    '',
    ...tellPlan(run.plan),
    '',
    ...upToTheTrouble(run.trace.map(lineOf), findings),
  ].join('\n');

const lineOf = ({ atMs, who, what, fields }: Noted): string => {
  const shown = Object.entries(fields).map(([name, value]) => ` ${name}=${short(value)}`);
  return `${seconds(atMs)}  ${who.padEnd(9)} ${what}${shown.join('')}`;
};

/** What comes after the last line that tells of what the findings name says nothing more. */
const upToTheTrouble = (lines: readonly string[], findings: readonly Finding[]): string[] => {
  const named = findings.flatMap(({ what }) => [
    ...[...what.matchAll(/execution (\d+)/g)].map(([, id]) => `executionId=${id} `),
    ...[...what.matchAll(/runs-\d+\/\d+/g)].map(([place]) => `${place} `),
  ]);
  const last = lines.findLastIndex((line) => named.some((name) => line.includes(name)));
  const shown = last === -1 ? lines.length : last + 1;
  return [...lines.slice(0, shown), ...(shown < lines.length ? [`… and ${lines.length - shown} lines more`] : [])];
};

const tellPlan = ({ engines, callers, weather, calmFromMs, endMs, commands, faults }: Plan): string[] => [
  `${engines} engines, ${callers} other callers, calm from ${seconds(calmFromMs)} s, over at ${seconds(endMs)} s`,
  `weather: ${Object.entries(weather)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}`,
  ...commands.map(
    ({ atMs, process, job, ask: request }) => `  ${seconds(atMs)}  ${process}: ${sentence(request)}, job ${job}`,
  ),
  ...faults.map(({ kind, process, ...rest }) => `  ${kind} ${process}: ${sentence(rest)}`),
];

const sentence = (fields: object): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const seconds = (ms: number): string => (ms / 1_000).toFixed(3).padStart(8);

const short = (value: unknown): string => {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'string') return value.replace('2026-01-01T', '').replace(/^([0-9a-f]{4})[0-9a-f-]{32}$/, '$1…');
  return JSON.stringify(value);
};
