import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { BENCH_SIZES, type Bench, report } from './harness.ts';

/**
 * npm run bench -- <name> [--quick | --smallest]: runs bench/<name>.ts. The last line on standard output is one JSON object
 * with figures, targets and whether they hold. Exits with 0 if the bench ran, whatever the figures.
 */
const NOT_BENCHES = ['harness', 'run'];

const files = await readdir(import.meta.dirname);
const names = files.filter((file) => file.endsWith('.ts')).map((file) => path.basename(file, '.ts'));
const benches = names.filter((name) => !NOT_BENCHES.includes(name)).sort();
const requested = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? '';

if (benches.includes(requested)) {
  const { bench }: { readonly bench: Bench } = await import(`./${requested}.ts`);
  const size = BENCH_SIZES.find((each) => process.argv.includes(`--${each}`)) ?? 'full';
  report(requested, await bench({ size, say: (line) => console.error(line) }));
} else {
  console.error(`Usage: npm run bench -- <name> [--quick | --smallest], where <name> is one of: ${benches.join(', ')}`);
  process.exitCode = 2;
}
