import { expect } from 'chai';
import type { OwnAppend } from '../../../../src/commands/command.ts';
import { activateNewJob } from '../../../../src/commands/loop/activate-definition.ts';
import { toAppend } from '../../../../src/commands/loop/handle-command.ts';
import { loadJob } from '../../../../src/commands/loop/load.ts';
import { createNamed, firstReservation } from '../../../../src/commands/loop/names.ts';
import type { DomainEvent, EventOf } from '../../../../src/domain/events/index.ts';
import { initialJob } from '../../../../src/domain/job/job.ts';
import { jobStream, runsStream } from '../../../../src/domain/streams.ts';
import { NO_STREAM } from '../../../../src/event-store/port.ts';
import { jobCreated } from '../../../support/jobs.ts';
import { NEVER_CLOSED } from '../../../support/none.ts';
import { aContext, createProcesses } from '../../../support/processes.ts';

const context = aContext();
const created = jobCreated({ jobId: 7, name: 'report' });
const name = { tenant: 'acme', applicationId: 3, name: 'report', ownerId: 7 };
const reservation = firstReservation(name);
const released: DomainEvent = { type: 'NameReleased', data: { ...name, ownerId: 6 } };
const forfeited: DomainEvent = { type: 'NameRevoked', data: { tenant: 'acme', ownerId: 7, name: 'report' } };

/** A log with streams of one event each, and job 7 to be created in it. `steps` has what is done, in order. */
const given = async (...streams: readonly { readonly stream: string; readonly event: DomainEvent }[]) => {
  const steps: string[] = [];
  const { log: bare } = createProcesses().start({
    before: (call) => {
      if (call.verb === 'append') {
        steps.push(`${call.append.events.map(({ type }) => type).join()} after ${call.append.expectedRevision}`);
      } else steps.push('read');
    },
  });
  const log = { ...bare, jobClosures: NEVER_CLOSED };
  for (const { stream, event } of streams) {
    await log.store.append(toAppend({ stream, revision: NO_STREAM, events: [event], context, world: log.world }));
  }
  steps.length = 0;
  const own: OwnAppend<EventOf<'JobCreated'>> = {
    plan: async ({ stream }) => void steps.push(`plan ${stream}`),
    lost: () => void steps.push('lost'),
  };
  const create = (repeat?: OwnAppend<EventOf<'JobCreated'>>) =>
    createNamed(log, {
      name,
      stream: jobStream(7),
      initial: initialJob,
      load: () => loadJob(log.store, 7),
      decide: ({ status }) => (status === 'absent' ? [created] : []),
      followUp: {
        ...activateNewJob(log, 7, context),
        catchUp: async () => {
          steps.push('catch up');
          return '99';
        },
      },
      context,
      own: repeat,
    });
  /** The steps without the reads. */
  const written = () => steps.filter((step) => step !== 'read');
  return { log, own, create, steps, written };
};

describe('creating under a name', () => {
  it('needs one request and no read if the name was never used', async () => {
    const { log, create, steps } = await given();
    const result = await create();
    expect(steps).to.deep.equal(['NameReserved after -1', 'JobCreated after -1', 'DefinitionActivated after -1']);
    expect(result).to.deep.equal({ created, revision: 0, position: await log.store.end() });
  });

  it('reads, and appends one after another, if the name was used before', async () => {
    const { create, written } = await given({ stream: reservation.stream, event: released });
    const result = await create();
    expect(written()).to.deep.equal([
      'NameReserved after -1',
      'NameReserved after 0',
      'JobCreated after -1',
      'catch up',
    ]);
    expect(result).to.deep.include({ created, revision: 0, position: '99' });
  });

  it('withdraws a plan that lost, and plans again', async () => {
    const { create, own, written } = await given({ stream: jobStream(7), event: forfeited });
    expect(await create(own)).to.deep.include({ created, revision: 1, position: '99' });
    expect(written()).to.deep.equal([
      'NameReserved after -1',
      'plan job-7',
      'JobCreated after -1',
      'lost',
      'NameReserved after 0',
      'plan job-7',
      'JobCreated after 0',
      'catch up',
    ]);
  });

  it('catches up with what follows if that lost alone', async () => {
    const [taken] = activateNewJob((await given()).log, 7, context).eventsAfter(created);
    if (taken === undefined) throw new Error('nothing follows');
    const { create, written } = await given({ stream: runsStream(7), event: taken });
    expect(await create()).to.deep.include({ created, revision: 0, position: '99' });
    expect(written()).to.deep.equal([
      'NameReserved after -1',
      'JobCreated after -1',
      'DefinitionActivated after -1',
      'catch up',
    ]);
  });

  it('appends nothing that an earlier attempt at the request made, and catches up with what follows', async () => {
    const { create, own, written } = await given();
    const made = { events: [created], revision: 0, position: '5' };
    expect(await create({ ...own, made })).to.deep.include({ created, revision: 0, position: '99' });
    expect(written()).to.deep.equal(['catch up']);
  });

  it('fails for an id that is in use', async () => {
    const { create } = await given({ stream: jobStream(7), event: created });
    const error = await create().catch((rejected: unknown) => rejected);
    expect(error).to.have.property('message', 'the new id 7 is in use already');
  });
});
