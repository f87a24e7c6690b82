import { expect } from 'chai';
import { findAmong, seedsFrom } from '../../simulation/find.ts';
import * as bugs from '../../simulation/planted-bugs.ts';
import * as closureBugs from '../../simulation/planted-closure-bugs.ts';
import * as runBugs from '../../simulation/planted-run-bugs.ts';
import * as turnBugs from '../../simulation/planted-turn-bugs.ts';
import type { Sabotage } from '../../simulation/sabotage.ts';

/** Within so many seeds each has to be found. */
const SEEDS = 500;

/** The search begins at the seed `from`, by default at the first, near the first one that finds the bug. */
const PLANTED: readonly (readonly [name: string, sabotage: Sabotage, like: RegExp, from?: number])[] = [
  [
    'a claim that is appended at any revision',
    bugs.claimAtAnyRevision,
    /was settled already|while another of its job was open/,
    19,
  ],
  [
    'ids of events that two claimants share',
    bugs.idsOfStreamAndRevision,
    /second for the slot|no claim in the log/,
    41,
  ],
  ['a cursor that a missed range does not move', bugs.cursorLeftBehind, /has its cursor at/],
  ['a late call that does not say so', bugs.latenessUntold, /says nothing of it/],
  ['a reaper that was forgotten', bugs.reaperForgotten, /is still open/, 9],
  ['events that are gone once they are decoded late', bugs.undecodedLost, /is still open/, 39],
  ['a lost table of engines that tells of deaths', bugs.absentIsGone, /taken from an engine that lived/, 187],
  ['heartbeats in the log that nobody hears', bugs.deafToTheLog, /taken from an engine that lived/],
  ['a limit that is forgotten after a change of owner', bugs.limitsForgotten, /more calls of the limit/, 26],
  ['a late outcome that overwrites', bugs.lateOutcomeOverwrites, /ended twice/, 20],
  ['a count of runs that goes down twice', bugs.countedDownTwice, /counts -\d+ runs/, 7],
  ['a call without a look at the log before', bugs.calledWithoutALook, /answered long before/, 44],
  ['claims of a limit that is forgotten', bugs.limitsForgotten, /is claim \d+ of .* for a limit of/],
  ['a take at any revision', bugs.takeAtAnyRevision, /is taken twice|which is not offered/],
  ['a lost call that goes on', bugs.lostCallGoesOn, /was called beside execution/, 204],
  ['an engine that stops at a newer event', bugs.stoppedByNewerEvents, /is not settled at the end/, 5],
  ['parked streams that nobody is told of', bugs.passedOverParked, /differ from a fresh fold/, 16],
  ['a cancelling that is forgotten', bugs.cancelForgotten, /after it was to be cancelled/],
  ['a queue that skips its first', bugs.firstInQueueSkipped, /of a queue in which none waits/, 15],
  ['items of a bulk that are forgotten', bugs.itemsForgotten, /asked for an execution twice/, 20],
  ['a retry that is counted twice', runBugs.retryCountedTwice, /counts \d+ attempts of execution/, 8],
  ['a retry that does not wait', runBugs.retryWithoutPause, /but not after \d+ ms/, 8],
  ['attempts that count as failures', runBugs.attemptsCountedAsFailures, /failures in a row, not/, 8],
  ['a silence that nobody ends', runBugs.silenceForgotten, /is still open|long after the deadline/, 5],
  ['a failure that is taken for success', runBugs.failureTakenForSuccess, /was reported as failed, and ended as/, 5],
  [
    'a heartbeat that nobody hears',
    runBugs.heartbeatUnheard,
    /while the target was heard of|leaves its target unheard/,
    49,
  ],
  ['a cancel lost on failover', runBugs.cancelLostOnFailover, /failed by OUTCOME_UNKNOWN after it was to be cancelled/],
  ['a backfill that is repeated after a crash', runBugs.backfillRepeated, /which its backfill has not left/, 5],
  ['a horizon that is forgotten', runBugs.horizonForgotten, /has lost the horizon/, 29],
  ['executions that expire while they are open', runBugs.openExpired, /has something open expire|counts \{/],
  ['pauses that nobody is told of', runBugs.deafToPauses, /was called at \d+ ms, in pause/, 58],
  ['a pause that one engine does not see', closureBugs.pauseUnseenByOne, /was called at \d+ ms, though pause \d+/, 49],
  ['a calendar that is taken for a pause', closureBugs.calendarTakenForPause, /as PAUSED, and nothing says so/, 31],
  ['slots that a pause holds back in vain', closureBugs.heldBackInVain, /is passed over by/, 65],
  ['a slot that is called twice after a pause', closureBugs.caughtUpTwice, /keeps \d+ late slots, and/, 47],
  ['slots that are forgotten after a pause', closureBugs.catchUpForgotten, /keeps 0 late slots, and|passes over/],
  ['a moved slot that is called twice', closureBugs.movedTwice, /is the second for the slot/, 3],
  ['a slot that is called on a closed day', closureBugs.calledOnClosedDays, /where its calendar does not move it/, 7],
  ['a slot that is moved out of sight', closureBugs.movedOutOfSight, /due .* is not settled at the end/, 19],
  ['an outcome that is dropped when rejected', bugs.rejectedOutcomeDropped, /is still open/],
  ['a batch that goes on after a lost append', turnBugs.lossOverlooked, /has no claim in the log/],
  ['a batch that is called before it is appended', turnBugs.actedOnTooEarly, /was made before its claim/],
  ["an outcome in another job's stream", turnBugs.outcomesSwapped, /the log explains its slots otherwise/],
  ['a batch that is taken in twice', turnBugs.outcomesTakenTwice, /ended twice/],
];

describe('a planted bug', () => {
  for (const [name, sabotage, like, from = 1] of PLANTED) {
    it(`is found: ${name}`, async () => {
      expect(await findAmong(seedsFrom(from, SEEDS), { sabotage, like })).not.to.equal(undefined);
    });
  }

  it('that would have slots claimed twice is stopped by the engine: it parks the job, and continues with the others', async () => {
    const found = await findAmong(seedsFrom(100, SEEDS), {
      sabotage: closureBugs.closedElsewhere,
      like: /engine-\d parks job/,
    });
    const { run, findings = [] } = found ?? {};
    expect(run?.livelock).to.equal(undefined);
    expect(findings.filter(({ what }) => what.includes('settled already'))).to.deep.equal([]);
    const parked = run?.trace.filter(({ what }) => what.startsWith('scheduler: a job is parked')) ?? [];
    const jobIds = new Set(parked.map(({ fields }) => fields.jobId));
    const [{ atMs } = { atMs: Number.POSITIVE_INFINITY }] = parked;
    expect(run?.calls.some((call) => call.atMs > atMs && !jobIds.has(call.jobId))).to.equal(true);
  });
});
