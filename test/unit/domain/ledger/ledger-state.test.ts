import { expect } from 'chai';
import fc from 'fast-check';
import { NO_CLOSURES } from '../../../../src/domain/closure/closure.ts';
import { isJobEvent, isRunEvent, type JobEvent, type RunEvent } from '../../../../src/domain/events/index.ts';
import { explainSlot, type SlotOutcome } from '../../../../src/domain/ledger/explain-slot.ts';
import {
  type ExplainedSlots,
  explainRest,
  type Fault,
  type LedgerState,
  newLedgerState,
  takeRunEvent,
} from '../../../../src/domain/ledger/ledger-state.ts';
import { slotsOf } from '../../../../src/domain/ledger/periods.ts';
import type { RecordedEvent } from '../../../../src/event-store/port.ts';
import { recorded } from '../../../support/histories.ts';
import { anyLife, type JobLife } from '../../../support/job-life.ts';
import { at, slotHistory } from '../../../support/slot-histories.ts';
import { recordsOf } from '../../../support/slot-records.ts';

type Kept = { account: LedgerState; explained: ExplainedSlots[]; faults: Fault[] };
type JobEvents = readonly RecordedEvent<JobEvent | RunEvent>[];

const keep = (events: JobEvents): Kept => {
  const { periods } = recordsOf({ events });
  const kept: Kept = { account: newLedgerState, explained: [], faults: [] };
  for (const event of events) {
    if (!isRunEvent(event)) continue;
    const taken = takeRunEvent(kept.account, event, ({ jobRevision }) =>
      periods.find((period) => period.jobRevision === jobRevision),
    );
    kept.account = taken.account;
    if (taken.explained !== undefined) kept.explained.push(taken.explained);
    kept.faults.push(...taken.faults);
  }
  return kept;
};

const given = ({ entries }: ReturnType<typeof slotHistory>) => {
  const isOfJob = (event: RecordedEvent): event is RecordedEvent<JobEvent | RunEvent> =>
    isJobEvent(event) || isRunEvent(event);
  const { account, explained, faults } = keep(recorded(entries).filter(isOfJob));
  const rest = (clock: string) => {
    const nowMs = Date.parse(at(clock));
    const span = { afterMs: Number.NEGATIVE_INFINITY, untilMs: nowMs };
    return [...explainRest(account, { span, closures: NO_CLOSURES, nowMs })];
  };
  return {
    thenFaults: (...expected: string[]) => expect(faults.map(faultText)).to.deep.equal(expected),
    thenExplained: (...expected: string[]) => expect(explained.map(explainedText)).to.deep.equal(expected),
    thenRest: (clock: string, ...expected: string[]) => expect(rest(clock).map(explainedText)).to.deep.equal(expected),
  };
};

const clockOf = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
const spanText = ({ firstMs, lastMs, count }: Pick<Fault, 'firstMs' | 'lastMs' | 'count'>): string =>
  `${clockOf(firstMs)}-${clockOf(lastMs)} (${count})`;
const faultText = (fault: Fault): string => `${fault.kind} ${spanText(fault)}`;
const outcomeText = (outcome: SlotOutcome): string =>
  'reason' in outcome ? `${outcome.outcome} ${outcome.reason}` : outcome.outcome;
const explainedText = (slots: ExplainedSlots): string => `${outcomeText(slots.outcome)} ${spanText(slots)}`;

describe('the account of a job', () => {
  it('has each slot once, with its outcome', () => {
    given(
      slotHistory()
        .created('09:00')
        .claimed('09:01', 1)
        .succeeded('09:01', 1)
        .passed('OccurrencesMissed', ['09:02', '09:04'], 'ENGINE_DOWN')
        .claimed('09:05', 2, 'ENGINE_DOWN')
        .passed('OccurrencesSkipped', ['09:06', '09:07'], 'OVERLAP')
        .succeeded('09:07', 2)
        .claimed('09:08', 3)
        .superseded('09:08', 3, 'disabled')
        .edited('09:08', { enabled: false })
        .edited('09:20', { enabled: true }),
    ).thenExplained(
      'fired 09:01-09:01 (1)',
      'missed ENGINE_DOWN 09:02-09:04 (3)',
      'skipped OVERLAP 09:06-09:07 (2)',
      'late ENGINE_DOWN 09:05-09:05 (1)',
      'skipped DISABLED 09:08-09:08 (1)',
    );
  });

  it('predicts at the end of the log what will be recorded for open slots', () => {
    const history = slotHistory().created('09:00').claimed('09:01', 1);
    given(history).thenRest(
      '09:03',
      'fired 09:01-09:01 (1)',
      'skipped OVERLAP 09:02-09:02 (1)',
      'skipped OVERLAP 09:03-09:03 (1)',
    );
    given(history.succeeded('09:01', 1)).thenRest('09:03', 'due 09:02-09:02 (1)', 'due 09:03-09:03 (1)');
    given(history.deleted('09:03')).thenRest('09:05');
  });

  it('finds slots that a claim, a range or a change of the schedule passes over', () => {
    given(slotHistory().created('09:00').claimed('09:04', 1)).thenFaults('unexplained 09:01-09:03 (3)');
    given(
      slotHistory().created('09:00').claimed('09:01', 1).passed('OccurrencesSkipped', ['09:03', '09:05'], 'OVERLAP'),
    ).thenFaults('unexplained 09:02-09:02 (1)');
    given(slotHistory().created('09:00').edited('09:02', { pattern: '*/5 * * * *' })).thenFaults(
      'unexplained 09:01-09:02 (2)',
    );
  });

  it('finds slots that are settled twice', () => {
    given(slotHistory().created('09:00').claimed('09:01', 1).claimed('09:01', 2)).thenFaults(
      'duplicated 09:01-09:01 (1)',
    );
    given(
      slotHistory()
        .created('09:00')
        .passed('OccurrencesMissed', ['09:01', '09:05'], 'ENGINE_DOWN')
        .passed('OccurrencesMissed', ['09:04', '09:07'], 'ENGINE_DOWN'),
    ).thenFaults('duplicated 09:04-09:05 (2)');
  });

  it('finds calls at instants that are no slots, and of jobs that have none', () => {
    given(slotHistory({ pattern: '*/5 * * * *' }).created('09:00').claimed('09:05', 1).claimed('09:07', 2)).thenFaults(
      'notDue 09:07-09:07 (1)',
    );
    given(slotHistory().created('09:00').edited('09:00', { enabled: false }).claimed('09:01', 1)).thenFaults(
      'notDue 09:01-09:01 (1)',
    );
    given(slotHistory({ maxRuns: 0 }).created('09:00').claimed('09:01', 1)).thenFaults('notDue 09:01-09:01 (1)');
  });

  it('finds it if any event that settles slots is forgotten', () => {
    fc.assert(
      fc.property(anyLife, ({ events }) => {
        const last = events.findLast(isRunEvent);
        for (const forgotten of events.filter(settlesSlots)) {
          if (forgotten === last) continue;
          const { faults } = keep(events.filter((event) => event !== forgotten));
          expect(
            faults.map(({ kind }) => kind),
            `without ${forgotten.position}`,
          ).to.include('unexplained');
        }
      }),
    );
  });

  it('explains each slot of any life as the ledger does, and finds nothing wrong', () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        const { bornMs, nowMs, runs, closures, events } = life;
        const { account, explained, faults } = keep(events);
        expect(faults.map(faultText)).to.deep.equal([]);
        const span = { afterMs: bornMs, untilMs: nowMs };
        const counted = new Map<string, number>();
        for (const { outcome, count = 0 } of [...explained, ...explainRest(account, { span, closures, nowMs })]) {
          counted.set(outcomeText(outcome), (counted.get(outcomeText(outcome)) ?? 0) + count);
        }
        expect(counted).to.deep.equal(countedByRecords(life));
        expect(counted.has('skipped CANCELLED'), 'nobody cancels in these lives').to.equal(false);
        expect(account.runs).to.deep.equal(runs);
      }),
      { numRuns: 300 },
    );
  });
});

/** The claim of a slot that was queued settles nothing; without the request it would. */
const settlesSlots = (event: JobEvents[number], _place: number, events: JobEvents): boolean => {
  if (event.type === 'OccurrencesSkipped' || event.type === 'OccurrencesMissed') return true;
  if (event.type !== 'ExecutionStarted' || event.data.trigger !== 'schedule') return false;
  const { executionId } = event.data;
  return events.find(({ data }) => 'executionId' in data && data.executionId === executionId) === event;
};

/** How many slots have each outcome, slot by slot. */
const countedByRecords = (life: JobLife): Map<string, number> => {
  const { bornMs, nowMs, runs, closures } = life;
  const { periods, ranges, executions } = recordsOf(life);
  const counted = new Map<string, number>();
  for (const { slotMs, period } of slotsOf(periods, { afterMs: bornMs, untilMs: nowMs + 200 })) {
    const range = ranges.find(({ firstMs, lastMs }) => firstMs <= slotMs && slotMs <= lastMs);
    const execution = executions.get(slotMs);
    if (slotMs > nowMs && execution === undefined && range === undefined) continue;
    const records = { ...(range && { range }), ...(execution && { execution }) };
    // What is not settled is judged by the definition in force now.
    const outcome = explainSlot(slotMs, records, { period: periods.at(-1) ?? period, runs, closures, nowMs });
    if (outcome === undefined) continue;
    counted.set(outcomeText(outcome), (counted.get(outcomeText(outcome)) ?? 0) + 1);
  }
  return counted;
};
