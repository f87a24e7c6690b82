import { createUndecodedRuns } from '../../src/engine/jobs/undecoded-runs.ts';

/** For tables of jobs that leave no event undecoded, or only such as can be read. */
export const noUndecoded = () => createUndecodedRuns({ parked: () => {}, failed: () => {} });
