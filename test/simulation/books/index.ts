import type { Run } from '../simulate.ts';
import { checkAcknowledged } from './acknowledged.ts';
import { checkAttempts } from './attempts.ts';
import { checkBackfills } from './backfills.ts';
import { checkBeside } from './beside.ts';
import { checkCallbacks } from './callbacks.ts';
import { checkCalls } from './calls.ts';
import { checkCancels } from './cancels.ts';
import { checkCatchUps } from './catch-ups.ts';
import { checkClosures } from './closures.ts';
import { checkDefinitions } from './definitions.ts';
import { checkEngines } from './engines.ts';
import { checkExecutions } from './executions.ts';
import { checkExplained } from './explained.ts';
import { checkFailures } from './failures.ts';
import { checkKeys } from './keys.ts';
import { checkLateness } from './lateness.ts';
import { checkLeaving } from './leaving.ts';
import { checkLedger } from './ledger.ts';
import { checkLimits } from './limits.ts';
import { checkLost } from './lost.ts';
import { checkNames } from './names.ts';
import { checkOperations } from './operations.ts';
import { checkOverlaps } from './overlaps.ts';
import { checkParked } from './parked.ts';
import { checkPauses } from './pauses.ts';
import { checkReadModels } from './read-models.ts';
import { checkRepeats } from './repeats.ts';
import { checkRetention } from './retention.ts';
import { checkSchedules } from './schedules.ts';
import { checkSetBack } from './set-back.ts';
import { checkShifts } from './shifts.ts';
import { checkStops } from './stops.ts';
import { checkStorms } from './storms.ts';
import { checkTakes } from './takes.ts';

const BOOKS: readonly (readonly [book: string, check: (run: Run) => string[]])[] = [
  ['engines', checkEngines],
  ['ledger', checkLedger],
  ['explained', checkExplained],
  ['schedules', checkSchedules],
  ['lateness', checkLateness],
  ['calls', checkCalls],
  ['executions', checkExecutions],
  ['attempts', checkAttempts],
  ['failures', checkFailures],
  ['callbacks', checkCallbacks],
  ['takes', checkTakes],
  ['backfills', checkBackfills],
  ['beside', checkBeside],
  ['cancels', checkCancels],
  ['operations', checkOperations],
  ['overlaps', checkOverlaps],
  ['storms', checkStorms],
  ['stops', checkStops],
  ['lost', checkLost],
  ['limits', checkLimits],
  ['closures', checkClosures],
  ['shifts', checkShifts],
  ['definitions', checkDefinitions],
  ['acknowledged', checkAcknowledged],
  ['repeats', checkRepeats],
  ['names', checkNames],
  ['keys', checkKeys],
  ['leaving', checkLeaving],
  ['parked', checkParked],
  ['pauses', checkPauses],
  ['catch-ups', checkCatchUps],
  ['retention', checkRetention],
  ['read models', checkReadModels],
];

/** What was told of such a log before is no longer in it. */
const BOOKS_OF_A_SET_BACK_LOG: typeof BOOKS = [
  ['set back', checkSetBack],
  ['stops', checkStops],
  ['storms', checkStorms],
];

export type Finding = { readonly book: string; readonly what: string };

/** Everything that doesn't balance after a run; nothing where all is well. */
export const audit = (run: Run): Finding[] =>
  (run.plan.faults.some(({ kind }) => kind === 'setBack') ? BOOKS_OF_A_SET_BACK_LOG : BOOKS).flatMap(([book, check]) =>
    check(run).map((what) => ({ book, what })),
  );
