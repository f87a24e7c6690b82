import { audit, type Finding } from './books/index.ts';
import { drawPlan } from './draw-plan.ts';
import type { Plan } from './plan.ts';
import type { Sabotage } from './sabotage.ts';
import { shorten } from './shorten.ts';
import { type Run, simulate } from './simulate.ts';
import { tell } from './story.ts';

export type Found = { readonly run: Run; readonly findings: readonly Finding[] };

type Search = {
  readonly sabotage?: Sabotage;
  /** What is looked for among the findings; without it, anything. */
  readonly like?: RegExp;
  /** Told of each seed that was passed. */
  readonly passed?: (seed: number) => void;
};

/** The first of these seeds whose books don't balance; undefined where all do. */
export const findAmong = async (
  seeds: Iterable<number>,
  { sabotage = {}, like = /./, passed = () => {} }: Search = {},
): Promise<Found | undefined> => {
  for (const seed of seeds) {
    const run = await simulate(drawPlan(seed), sabotage);
    const findings = audit(run);
    if (findings.some(({ what }) => like.test(what))) return { run, findings };
    passed(seed);
  }
  return undefined;
};

export function* seedsFrom(first: number, count: number): Generator<number, void, undefined> {
  for (let seed = first; seed < first + count; seed++) yield seed;
}

const TRIES = 200;

/** The shortest plan that fails in the same way, and its story. */
export const explain = async (found: Found, sabotage: Sabotage = {}): Promise<{ plan: Plan; story: string }> => {
  const [finding] = found.findings;
  const plan =
    finding === undefined ? found.run.plan : await shorten(found.run.plan, finding, { sabotage, tries: TRIES });
  const run = await simulate(plan, sabotage);
  return { plan, story: tell(run, audit(run)) };
};
