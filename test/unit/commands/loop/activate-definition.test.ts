import { expect } from 'chai';
import type { CommandContext } from '../../../../src/commands/command.ts';
import { activateChange, activateDefinition, MAX_AHEAD_MS } from '../../../../src/commands/loop/activate-definition.ts';
import { toAppend } from '../../../../src/commands/loop/handle-command.ts';
import type { DomainEvent, EventOf } from '../../../../src/domain/events/index.ts';
import { jobStream, runsStream } from '../../../../src/domain/streams.ts';
import { toInstant } from '../../../../src/domain/values.ts';
import { createStreamQueues } from '../../../../src/event-store/append-with-retry.ts';
import { codec } from '../../../support/codec.ts';
import { aJob, jobCreated } from '../../../support/jobs.ts';
import { createMemoryEventStore } from '../../../support/memory-store.ts';
import { NEVER_CLOSED } from '../../../support/none.ts';
import { manualWorld } from '../../../support/world.ts';

const context: CommandContext = { tenant: 'acme', actor: { type: 'user', name: 'ann' }, correlationId: 'c1' };
const NINE = Date.parse('2026-03-01T09:00:30Z');
const MINUTE_MS = 60_000;
const created = jobCreated({ createdAt: toInstant(NINE) });

const start = () => {
  const world = manualWorld({ nowMs: NINE });
  const store = createMemoryEventStore({ codec, now: world.clock.now });
  const log = { store, lanes: createStreamQueues(), world, jobClosures: NEVER_CLOSED };
  const append = (revision: number, event: DomainEvent) =>
    store.append(toAppend({ stream: jobStream(7), revision, events: [event], context, world }));
  const runs = async () => {
    const events: DomainEvent[] = [];
    for await (const event of store.readStream(runsStream(7))) events.push(event);
    return events;
  };
  return { world, log, append, runs };
};

const edited: EventOf<'JobUpdated'> = {
  type: 'JobUpdated',
  data: aJob({ pattern: '0 * * * *', scheduleSince: '2026-03-01T09:02:30.000Z' }),
};

/** A slot that is due soon, claimed by the first definition. */
const claimOf = (nowMs: number): EventOf<'ExecutionStarted'> => {
  const [createdAt, scheduledAt] = [toInstant(nowMs), toInstant(nowMs + 200)];
  const execution = {
    executionId: 1,
    trigger: 'schedule' as const,
    scheduledAt,
    createdAt,
    attempt: 1,
    engineId: 'e1',
  };
  const open = [{ ...execution, state: 'running' as const }];
  const job = { tenant: 'acme', applicationId: 3, jobId: 7, jobRevision: 0 };
  return {
    type: 'ExecutionStarted',
    data: { ...job, ...execution, tail: { jobRevision: 0, cursor: scheduledAt, runs: 1, open } },
  };
};

describe('binding a definition', () => {
  it('explains what the older one left, also if a name was forfeited in between', async () => {
    const { world, log, append, runs } = start();
    await append(-1, created);
    await append(0, { type: 'NameRevoked', data: { tenant: 'acme', ownerId: 7, name: 'other' } });
    await activateDefinition(log, 7, context);
    await activateDefinition(log, 7, context);
    await world.advance(2 * MINUTE_MS);
    await append(1, edited);
    await activateDefinition(log, 7, context);
    const recorded = await runs();
    expect(recorded.map(({ type }) => type)).to.deep.equal([
      'DefinitionActivated',
      'OccurrencesMissed',
      'DefinitionActivated',
    ]);
    expect(recorded[0]).to.have.nested.property('data.jobRevision', 0);
    expect(recorded[1]).to.deep.nested.include({ 'data.count': 2, 'data.reason': 'EDITED' });
    expect(recorded[2]).to.have.nested.property('data.jobRevision', 2);
  });

  it('explains slots that a blackout window left out by that, and requests blackout windows only where slots are unsettled', async () => {
    const { world, log, append, runs } = start();
    const requested: number[] = [];
    const closure = { fromMs: NINE + MINUTE_MS, untilMs: NINE + 2 * MINUTE_MS, reason: 'PAUSED' as const };
    const closedFor = async (_: unknown, afterMs: number) => {
      requested.push(afterMs);
      return () => [closure];
    };
    const paused = { ...log, jobClosures: { ...NEVER_CLOSED, closuresOf: closedFor } };
    await append(-1, created);
    await activateDefinition(paused, 7, context);
    await world.advance(2 * MINUTE_MS);
    await append(0, edited);
    await activateDefinition(paused, 7, context);
    expect(requested).to.deep.equal([NINE]);
    const explained = (await runs()).map(({ type, data }) => [type, 'reason' in data && data.reason]);
    expect(explained).to.deep.equal([
      ['DefinitionActivated', false],
      ['OccurrencesMissed', 'EDITED'],
      ['OccurrencesSkipped', 'PAUSED'],
      ['DefinitionActivated', false],
    ]);
  });

  it('delays the response to a change while calls can use the older definition, whichever process activated the newer one', async () => {
    const { world, log, append } = start();
    await append(-1, created);
    await activateDefinition(log, 7, context);
    const claim = claimOf(world.clock.now());
    await log.store.append(toAppend({ stream: runsStream(7), revision: 0, events: [claim], context, world }));
    await append(0, edited);
    const other = activateDefinition(log, 7, context);
    let isAnswered = false;
    const response = activateChange(log, 7, context).then(() => {
      isAnswered = true;
    });
    await world.advance(MAX_AHEAD_MS - 1);
    expect(isAnswered).to.equal(false);
    await world.advance(1);
    await Promise.all([response, other]);
  });

  it('begins with the creation if the process that created the job died before it, also if the job was edited since', async () => {
    const { world, log, append, runs } = start();
    await append(-1, created);
    await world.advance(2 * MINUTE_MS);
    await append(0, edited);
    await activateChange(log, 7, context);
    const [first, left, second, ...more] = await runs();
    expect(first).to.deep.nested.include({ type: 'DefinitionActivated', 'data.jobRevision': 0 });
    expect(first).to.have.nested.property('data.from', created.data.createdAt);
    expect(left).to.deep.nested.include({ type: 'OccurrencesMissed', 'data.reason': 'EDITED' });
    expect(second).to.deep.nested.include({ type: 'DefinitionActivated', 'data.jobRevision': 1 });
    expect(more).to.deep.equal([]);
  });

  it('does nothing for a job that never came to be', async () => {
    const { log, runs } = start();
    expect(await activateChange(log, 7, context)).to.equal(undefined);
    expect(await runs()).to.deep.equal([]);
  });
});
