import type { Run } from '../simulate.ts';

/** Once the weather is calm every engine is up and claims. */
export const checkEngines = ({ engines, plan, livelock }: Run): string[] => [
  ...(livelock === undefined ? [] : [`went round in circles: ${livelock}`]),
  ...(engines.length === plan.engines ? [] : [`${engines.length} of ${plan.engines} engines are up`]),
  ...engines.flatMap(({ engineId, state, why = '' }) =>
    state === 'claiming' ? [] : [`engine ${engineId} is ${state}: ${why}`],
  ),
];
