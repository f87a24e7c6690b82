import { audit, type Finding } from './books/index.ts';
import type { Plan } from './plan.ts';
import type { Sabotage } from './sabotage.ts';
import { simulate } from './simulate.ts';

type Options = {
  readonly sabotage?: Sabotage;
  /** Runs at the most. */
  readonly tries: number;
};

/** A plan with as little in it as still fails like this: faults, commands, processes and time are left out. */
export const shorten = async (plan: Plan, like: Finding, { sabotage = {}, tries }: Options): Promise<Plan> => {
  let shortest = plan;
  let left = tries;

  const keep = async (shorter: Plan): Promise<boolean> => {
    if (left-- <= 0) return false;
    const findings = audit(await simulate(shorter, sabotage));
    if (!findings.some((finding) => kindOf(finding) === kindOf(like))) return false;
    shortest = shorter;
    return true;
  };

  /** Leaves out half, then quarters, and so on down to single ones. */
  const thin = async <T>(listOf: (plan: Plan) => readonly T[], having: (plan: Plan, list: T[]) => Plan) => {
    for (let size = Math.ceil(listOf(shortest).length / 2); size > 0; size = Math.floor(size / 2)) {
      for (let from = 0; from < listOf(shortest).length; ) {
        const kept = listOf(shortest).toSpliced(from, size);
        if (!(await keep(having(shortest, kept)))) from += size;
      }
    }
  };

  await thin(
    ({ faults }) => faults,
    (of, faults) => ({ ...of, faults }),
  );
  await thin(
    ({ commands }) => commands,
    (of, commands) => ({ ...of, commands }),
  );
  for (let engines = 1; engines < shortest.engines; engines++) if (await keep({ ...shortest, engines })) break;
  for (let callers = 0; callers < shortest.callers; callers++) if (await keep({ ...shortest, callers })) break;
  await keep({ ...shortest, weather: { ...shortest.weather, slowPercent: 0, failPercent: 0 } });
  for (const share of SHARES) await keep(earlier(shortest, Math.round(shortest.calmFromMs * (1 - share))));
  return shortest;
};

/** Other ids and instants make no other kind. */
const kindOf = ({ book, what }: Finding): string => `${book}: ${what.replaceAll(/[0-9][0-9a-fTZ:.-]*/g, '#')}`;

const SHARES = [0.25, 0.5, 0.75];

/** Calm comes earlier, and lasts as long. */
const earlier = (plan: Plan, byMs: number): Plan => ({
  ...plan,
  calmFromMs: plan.calmFromMs - byMs,
  endMs: plan.endMs - byMs,
});
