import { setImmediate } from 'node:timers/promises';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream, ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { type FakeLog, MAX_APPEND_BYTES, type NewRecord, type Outcome } from './fake-log.ts';
import type { Faults } from './faults.ts';
import {
  accessDenied,
  expectedIn,
  identifierOf,
  nameIn,
  notLeader,
  plainTrouble,
  recordIn,
  streamDeleted,
  type Trouble,
  tooLarge,
  uuidOf,
} from './wire.ts';

type Call = { readonly metadata: { get(name: string): unknown[] } };

/** What a call fails with instead of being served. */
export const troubleFor = (faults: Faults, call: Call, kind: 'append' | 'read' | 'subscribe'): Trouble | undefined => {
  if (faults.denied) return accessDenied();
  if (faults.failNext?.call === kind) {
    const { code } = faults.failNext;
    faults.failNext = undefined;
    return plainTrouble(code);
  }
  const elsewhere = faults.notLeader;
  if (elsewhere !== undefined && elsewhere.times > 0 && call.metadata.get('requires-leader').length > 0) {
    elsewhere.times -= 1;
    return notLeader(elsewhere);
  }
  return undefined;
};

const slow = async (faults: Faults): Promise<void> => {
  for (let turn = 0; turn < faults.slowTurns; turn++) await setImmediate();
};

export const unaryAppend =
  (log: FakeLog, faults: Faults) =>
  (call: ServerReadableStream<AppendReq, AppendResp>, answer: sendUnaryData<AppendResp>): void => {
    const events: NewRecord[] = [];
    let options: AppendReq.Options | undefined;
    call.on('data', (request: AppendReq) => {
      options ??= request.getOptions();
      const proposed = request.getProposedMessage();
      if (proposed !== undefined) events.push(recordIn(proposed));
    });
    call.on('end', async () => {
      const trouble = troubleFor(faults, call, 'append');
      if (trouble !== undefined) return answer(trouble);
      if (options === undefined) return answer(plainTrouble(3));
      await faults.silence;
      const stream = nameIn(options.getStreamIdentifier());
      const expected = expectedIn(options, options.hasRevision() ? options.getRevision() : undefined);
      const outcome = log.append(stream, expected, events);
      if (faults.loseAnswers > 0) {
        faults.loseAnswers -= 1;
        return;
      }
      await slow(faults);
      if (outcome.kind === 'deleted') return answer(streamDeleted(stream));
      if (outcome.kind === 'tooLarge') return answer(tooLarge(MAX_APPEND_BYTES));
      answer(null, unaryAnswer(outcome, options));
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

type BatchCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

/** @param calls those that are open, so that they can be dropped */
export const batchAppend =
  (log: FakeLog, faults: Faults, calls: Set<BatchCall>) =>
  (call: BatchCall): void => {
    const open = new Map<string, { options: BatchAppendReq.Options; events: NewRecord[] }>();
    calls.add(call);
    for (const event of ['close', 'cancelled', 'end'] as const) call.on(event, () => calls.delete(call));
    call.on('error', () => calls.delete(call));

    const judge = async (correlationId: string): Promise<void> => {
      const batch = open.get(correlationId);
      open.delete(correlationId);
      if (batch === undefined) return;
      const trouble = troubleFor(faults, call, 'append');
      if (trouble !== undefined) {
        call.emit('error', trouble);
        return;
      }
      if (faults.silence !== undefined) await faults.silence;
      const { options, events } = batch;
      const stream = nameIn(options.getStreamIdentifier());
      const expected = expectedIn(options, options.hasStreamPosition() ? options.getStreamPosition() : undefined);
      const outcome = log.append(stream, expected, events);
      if (faults.loseAnswers > 0) {
        faults.loseAnswers -= 1;
        return;
      }
      if (faults.slowTurns > 0) await slow(faults);
      if (!calls.has(call)) return;
      const response = batchAnswer(outcome);
      response.setCorrelationId(uuidOf(correlationId));
      response.setStreamIdentifier(identifierOf(stream));
      call.write(response);
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

const batchAnswer = (outcome: Outcome): BatchAppendResp => {
  const response = new streams.BatchAppendResp();
  switch (outcome.kind) {
    case 'appended':
    case 'repeated': {
      const success = new streams.BatchAppendResp.Success();
      success.setCurrentRevision(String(outcome.revision));
      if (outcome.kind === 'appended') {
        const position = new shared.AllStreamPosition();
        position.setCommitPosition(String(outcome.position));
        position.setPreparePosition(String(outcome.position));
        success.setPosition(position);
      } else success.setNoPosition(new empty.Empty());
      response.setSuccess(success);
      return response;
    }
    case 'wrong': {
      const wrong = new shared.WrongExpectedVersion();
      if (outcome.current === undefined) wrong.setCurrentNoStream(new empty.Empty());
      else wrong.setCurrentStreamRevision(String(outcome.current));
      return withError(response, 'WrongExpectedVersion', wrong.serializeBinary());
    }
    case 'deleted':
      return withError(response, 'StreamDeleted', new shared.StreamDeleted().serializeBinary());
    case 'tooLarge': {
      const exceeded = new shared.MaximumAppendSizeExceeded();
      exceeded.setMaxappendsize(MAX_APPEND_BYTES);
      return withError(response, 'MaximumAppendSizeExceeded', exceeded.serializeBinary());
    }
  }
};

const withError = (response: BatchAppendResp, name: string, bytes: Uint8Array): BatchAppendResp => {
  const details = new any.Any();
  details.pack(bytes, `event_store.client.${name}`);
  const error = new status.Status();
  error.setMessage(name);
  error.setDetails(details);
  response.setError(error);
  return response;
};
