import { createHash } from 'node:crypto';
import type { NameEvent } from '../domain/events/index.ts';
import { Refusal } from '../domain/refusal.ts';
import { applicationStream, jobStream } from '../domain/streams.ts';
import { NO_STREAM } from '../event-store/port.ts';
import { beside, handleCommand, type Loaded, type Log } from './handle-command.ts';
import { loadApplication, loadJob } from './load.ts';
import type { CommandContext } from './port.ts';

export type NameOf = {
  readonly tenant: string;
  /** A job's application; absent for an application's own name. */
  readonly applicationId?: number | undefined;
  readonly name: string;
  readonly ownerId: number;
};

/** A reservation younger than this counts as taken: its owner may be about to be created. */
const UNDER_WAY_MS = 10_000;

/**
 * Takes a name for its owner.
 * @throws Refusal NAME_TAKEN while another living one has it, or may be about to
 */
export const reserveName = async (log: Log, of: NameOf, context: CommandContext): Promise<void> => {
  await handleCommand(log, {
    stream: nameStream(of),
    context: beside(context),
    load: () => loadName(log, of, context),
    decide: (holder) => {
      switch (holder.status) {
        case 'own':
          return [];
        case 'taken':
          throw new Refusal('NAME_TAKEN', `the name "${of.name}" is taken`, [
            { pointer: '/name', message: 'is taken' },
          ]);
        case 'free':
          return [nameEvent('NameReserved', of)];
      }
    },
  });
};

/** A name being taken for the first time ever. */
export const firstReservation = (of: NameOf) => ({
  stream: nameStream(of),
  events: [nameEvent('NameReserved', of)],
});

/** Gives a name back; nothing where its owner doesn't hold it. */
export const releaseName = async (log: Log, of: NameOf, context: CommandContext): Promise<void> => {
  await handleCommand(log, {
    stream: nameStream(of),
    context: beside(context),
    load: async () => lastOf(log, of),
    decide: (last) =>
      last?.type === 'NameReserved' && last.data.ownerId === of.ownerId ? [nameEvent('NameReleased', of)] : [],
  });
};

type Holder = { readonly status: 'own' | 'taken' | 'free' };

const loadName = async (log: Log, of: NameOf, context: CommandContext): Promise<Loaded<Holder>> => {
  const { state: last, revision } = await lastOf(log, of);
  const as = (status: Holder['status']): Loaded<Holder> => ({ state: { status }, revision });
  if (last === undefined || last.type === 'NameReleased') return as('free');
  if (last.data.ownerId === of.ownerId) return as('own');
  const owner = await ownerOf(log, of, last.data.ownerId);
  if (owner.status === 'gone') return as('free');
  if (owner.name === of.name || log.world.clock.now() - last.recordedAt < UNDER_WAY_MS) return as('taken');
  await forfeit(log, { ...of, ownerId: last.data.ownerId }, context);
  // The owner's own append may have come first: only a look after the forfeit tells.
  const after = await ownerOf(log, of, last.data.ownerId);
  return as(after.status === 'living' && after.name === of.name ? 'taken' : 'free');
};

type Owner = { readonly status: 'absent' | 'living' | 'gone'; readonly name?: string };

const ownerOf = async ({ store }: Log, of: NameOf, ownerId: number): Promise<Owner> => {
  if (of.applicationId === undefined) {
    const { state } = await loadApplication(store, ownerId);
    return state === undefined ? { status: 'absent' } : { status: 'living', name: state.name };
  }
  const { state: job } = await loadJob(store, ownerId);
  switch (job.status) {
    case 'absent':
      return { status: 'absent' };
    case 'deleted':
      return { status: 'gone' };
    case 'enabled':
    case 'disabled':
      return { status: 'living', name: job.definition.name };
  }
};

/**
 * Moves the owner's stream on, so that whatever it was about to append under this name is lost.
 * Not in the owner's turn, as another process would: the owner may hold its turn while it waits for this name.
 */
const forfeit = async (log: Log, of: NameOf, context: CommandContext): Promise<void> => {
  const stream = of.applicationId === undefined ? applicationStream(of.ownerId) : jobStream(of.ownerId);
  const outOfTurn: Log = { ...log, lanes: { inTurn: (_stream, run) => run() } };
  await handleCommand(outOfTurn, {
    stream,
    context: beside(context),
    load: async () => {
      const owner = await ownerOf(log, of, of.ownerId);
      const [last] = await log.store.readLast([stream]);
      return { state: owner, revision: last?.revision ?? NO_STREAM };
    },
    decide: (owner) =>
      owner.name === of.name || owner.status === 'gone'
        ? []
        : [{ type: 'NameForfeited' as const, data: { tenant: of.tenant, ownerId: of.ownerId, name: of.name } }],
  });
};

const lastOf = async ({ store }: Log, of: NameOf) => {
  const [last] = await store.readLast([nameStream(of)]);
  const state = last?.type === 'NameReserved' || last?.type === 'NameReleased' ? last : undefined;
  return { state, revision: last?.revision ?? NO_STREAM };
};

const nameEvent = (type: NameEvent['type'], { tenant, applicationId, name, ownerId }: NameOf): NameEvent => ({
  type,
  data: { tenant, ...(applicationId === undefined ? {} : { applicationId }), name, ownerId },
});

const nameStream = ({ tenant, applicationId, name }: NameOf): string => {
  const hash = createHash('sha256')
    .update(JSON.stringify([tenant, applicationId ?? null, name]))
    .digest('hex');
  return `${applicationId === undefined ? 'appname' : 'jobname'}-${hash}`;
};
