import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { explain, findAmong, seedsFrom } from '../test/simulation/find.ts';

/**
 * Simulates seed after seed. Exits with 1 at the first violated invariant, and prints a shortened plan.
 *   npm run simulate -- --seeds 10000            10,000 seeds
 *   npm run simulate -- --seeds 100 --seed 7     100 seeds, from 7
 *   npm run simulate -- --seed 7 --keep why      one seed; if it fails, its plan becomes a test with this name
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const REPORT_EVERY = 500;
const first = Number(values.seed);
const count = Number(values.seeds);

const startedMs = performance.now();
const found = await findAmong(seedsFrom(first, count), {
  passed: (seed) => {
    const done = seed - first + 1;
    if (done % REPORT_EVERY === 0) console.log(`${done} of ${count} seeds balance`);
  },
});
if (found === undefined) {
  console.log(`${count} seeds balance, in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
} else {
  const { plan, story } = await explain(found);
  console.log(story);
  if (values.keep !== undefined) {
    const file = new URL(`../test/simulation/found/${values.keep}.json`, import.meta.url);
    await writeFile(file, `${JSON.stringify(plan, null, 2)}\n`);
  }
  process.exitCode = 1;
}
