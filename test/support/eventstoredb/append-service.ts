import { setImmediate } from 'node:timers/promises';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream, ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { batchAnswer, inBandError, inBandRejection } from './batch-answers.ts';
import { type FakeLog, MAX_APPEND_BYTES, type NewRecord, type Outcome } from './fake-log.ts';
import type { Faults } from './faults.ts';
import {
  accessDenied,
  expectedIn,
  identifierOf,
  NO_LEADER,
  NOT_READY,
  nameIn,
  noLeader,
  notLeader,
  notReady,
  plainTrouble,
  recordIn,
  streamDeleted,
  type Trouble,
  tooLarge,
  unknownUser,
  uuidOf,
} from './wire.ts';

type Call = { readonly metadata: { get(name: string): unknown[] } };

type CallKind = 'append' | 'read' | 'subscribe';
/** Number of received calls of each kind. */
export type CallCounts = Record<CallKind, number>;

/** The properties of a call that faults depend on. */
type Asked = { readonly kind: CallKind; readonly all?: boolean };

/** The failure of a call, if any. */
export const troubleFor = (faults: Faults, call: Call, { kind, all = false }: Asked): Trouble | undefined => {
  if (faults.unknownUser) return unknownUser();
  if (faults.denied === 'all streams' || (faults.denied === '$all' && all)) return accessDenied();
  if (faults.failNext?.call === kind) {
    const { code } = faults.failNext;
    faults.failNext = undefined;
    return plainTrouble(code);
  }
  if (faults.notReady) return notReady();
  if (call.metadata.get('requires-leader').length === 0) return undefined;
  if (faults.noLeader) return noLeader();
  return faults.leader && notLeader(faults.leader);
};

/** Resolves when a response to an earlier request can be sent. */
export const roundTrip = ({ roundTripMs }: Faults, timers: Pick<Runtime['timers'], 'after'>): Promise<void> =>
  new Promise((resolve) => {
    if (roundTripMs > 0) timers.after(roundTripMs, resolve);
    else resolve();
  });

const slow = async (faults: Faults): Promise<void> => {
  for (let turn = 0; turn < faults.slowTurns; turn++) await setImmediate();
};

export const unaryAppend =
  ({ log, faults, timers, counts }: Pick<AppendService, 'log' | 'faults' | 'timers' | 'counts'>) =>
  (call: ServerReadableStream<AppendReq, AppendResp>, response: sendUnaryData<AppendResp>): void => {
    const events: NewRecord[] = [];
    let options: AppendReq.Options | undefined;
    call.on('data', (request: AppendReq) => {
      options ??= request.getOptions();
      const proposed = request.getProposedMessage();
      if (proposed !== undefined) events.push(recordIn(proposed));
    });
    call.on('end', async () => {
      const trouble = troubleFor(faults, call, { kind: 'append' });
      counts.append += 1;
      if (trouble !== undefined) return response(trouble);
      if (options === undefined) return response(plainTrouble(3));
      await faults.silence;
      const stream = nameIn(options.getStreamIdentifier());
      const expected = expectedIn(options, options.hasRevision() ? options.getRevision() : undefined);
      const outcome = log.append(stream, expected, events);
      if (faults.loseAnswers > 0) {
        faults.loseAnswers -= 1;
        return;
      }
      await slow(faults);
      await roundTrip(faults, timers);
      if (outcome.kind === 'deleted') return response(streamDeleted(stream));
      if (outcome.kind === 'tooLarge') return response(tooLarge(MAX_APPEND_BYTES));
      response(null, unaryAnswer(outcome, options));
    });
  };

const unaryAnswer = (
  outcome: Extract<Outcome, { kind: 'appended' | 'repeated' | 'wrong' }>,
  options: AppendReq.Options,
): AppendResp => {
  const response = new streams.AppendResp();
  if (outcome.kind === 'wrong') {
    const wrong = new streams.AppendResp.WrongExpectedVersion();
    if (outcome.current === undefined) wrong.setCurrentNoStream(new shared.Empty());
    else wrong.setCurrentRevision(String(outcome.current));
    if (options.hasNoStream()) wrong.setExpectedNoStream(new shared.Empty());
    else if (options.hasStreamExists()) wrong.setExpectedStreamExists(new shared.Empty());
    else wrong.setExpectedRevision(options.getRevision());
    response.setWrongExpectedVersion(wrong);
    return response;
  }
  const success = new streams.AppendResp.Success();
  success.setCurrentRevision(String(outcome.revision));
  if (outcome.kind === 'appended') {
    const position = new streams.AppendResp.Position();
    position.setCommitPosition(String(outcome.position));
    position.setPreparePosition(String(outcome.position));
    success.setPosition(position);
  } else success.setNoPosition(new shared.Empty());
  response.setSuccess(success);
  return response;
};

/** How long the server waits for the replication of a write before it reports a timeout. */
const COMMIT_MS = 2_000;
/** Turns of the event loop that a write takes to be replicated. */
const REPLICATION_TURNS = 4;

type BatchCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

export type AppendService = {
  readonly log: FakeLog;
  readonly faults: Faults;
  readonly timers: Pick<Runtime['timers'], 'after'>;
  readonly counts: CallCounts;
  /** Open streams, so that they can be dropped. */
  readonly calls: Set<BatchCall>;
  /** Appends that are written but not replicated yet, by event ids, with the function that makes each. */
  readonly held: Map<string, () => void>;
};

export const batchAppend =
  ({ log, faults, timers, counts, calls, held }: AppendService) =>
  (call: BatchCall): void => {
    const open = new Map<string, { options: BatchAppendReq.Options; events: NewRecord[] }>();
    calls.add(call);
    for (const event of ['close', 'cancelled', 'end'] as const) call.on(event, () => calls.delete(call));
    call.on('error', () => calls.delete(call));

    const judge = async (correlationId: string): Promise<void> => {
      const batch = open.get(correlationId);
      open.delete(correlationId);
      if (batch === undefined) return;
      counts.append += 1;
      const result = (response: BatchAppendResp): void => {
        if (!calls.has(call)) return;
        response.setCorrelationId(uuidOf(correlationId));
        response.setStreamIdentifier(identifierOf(stream));
        call.write(response);
      };
      const stream = nameIn(batch.options.getStreamIdentifier());
      const rejection = inBand(faults);
      if (rejection !== undefined) return result(rejection);
      const trouble = troubleFor(faults, call, { kind: 'append' });
      if (trouble !== undefined) {
        call.emit('error', trouble);
        return;
      }
      if (faults.silence !== undefined) await faults.silence;
      const { options, events } = batch;
      const expected = expectedIn(options, options.hasStreamPosition() ? options.getStreamPosition() : undefined);
      const key = events.map(({ id }) => id).join();
      // The server drops a repeat whose first try is not replicated yet, and waits for the client to retry.
      if (held.has(key)) return;
      if (faults.noQuorum) {
        held.set(key, () => void log.append(stream, expected, events));
        timers.after(COMMIT_MS, () => result(inBandError('Timeout')));
        return;
      }
      const outcome = log.append(stream, expected, events);
      if (faults.loseAnswers > 0) {
        faults.loseAnswers -= 1;
        return;
      }
      if (outcome.kind === 'appended') {
        held.set(key, () => {});
        for (let turn = 0; turn < REPLICATION_TURNS; turn++) await setImmediate();
        held.delete(key);
      }
      if (faults.slowTurns > 0) await slow(faults);
      if (faults.roundTripMs > 0) await roundTrip(faults, timers);
      result(batchAnswer(outcome));
    };

    call.on('data', (request: BatchAppendReq) => {
      const correlationId = request.getCorrelationId()?.getString() ?? '';
      const options = request.getOptions();
      if (options !== undefined) open.set(correlationId, { options, events: [] });
      const batch = open.get(correlationId);
      for (const proposed of request.getProposedMessagesList()) batch?.events.push(recordIn(proposed));
      if (request.getIsFinal()) void judge(correlationId);
    });
    call.on('end', () => call.end());
  };

/** Errors inside a response, while the stream of appends continues. */
const inBand = (faults: Faults): BatchAppendResp | undefined => {
  if (faults.answerNext !== undefined) {
    const kind = faults.answerNext;
    faults.answerNext = undefined;
    return inBandError(kind);
  }
  if (faults.notReady) return inBandRejection(NOT_READY);
  return faults.noLeader ? inBandRejection(NO_LEADER) : undefined;
};
