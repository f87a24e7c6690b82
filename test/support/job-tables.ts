import type { EngineContext, EngineSetup } from '../../src/engine/context.ts';
import { createValueTable } from '../../src/engine/jobs/application-values.ts';
import { createClosureTable } from '../../src/engine/jobs/closures.ts';
import { createJobTable, type JobTable } from '../../src/engine/jobs/job-table.ts';
import { createParking } from '../../src/engine/jobs/parking.ts';
import type { Clock } from '../../src/runtime/runtime.ts';
import { stub } from './stub.ts';

/** The parts of an engine that a test of its table of jobs may give. */
type Given = Partial<Pick<EngineContext, 'closures' | 'parking' | 'state' | 'values'>> & {
  readonly owns?: () => boolean;
  /** Called with a job's runs after each event that changed them. */
  readonly runsKnown?: EngineContext['calls']['abortNoLongerWanted'];
};

/** The table of jobs of the engine `mine`. Nothing in it is held to a limit. */
export const aJobTable = (
  { now, monotonic }: Clock,
  {
    owns = () => true,
    runsKnown = () => {},
    closures = createClosureTable(),
    parking = createParking(),
    state = stub<EngineContext['state']>({}),
    values = createValueTable(),
  }: Given = {},
): JobTable =>
  createJobTable(stub<EngineSetup>({ engineId: 'mine', time: { now, monotonic, observe: () => {} }, closures }), {
    members: stub<EngineContext['members']>({ owns }),
    limits: stub<EngineContext['limits']>({
      take: () => {},
      forget: () => {},
      heard: () => {},
      waits: () => false,
    }),
    parking,
    state,
    values,
    calls: stub<EngineContext['calls']>({ abortNoLongerWanted: runsKnown }),
  });
