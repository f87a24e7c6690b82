import { createHash } from 'node:crypto';
import type { EventOf } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { applicationStream, jobStream } from '../../domain/streams.ts';
import { lastEventOf } from '../../event-store/last-event.ts';
import { NO_STREAM, type Revision } from '../../event-store/port.ts';
import type { CommandContext } from '../port.ts';
import { type EventLog, handleCommand, type LoadedState } from './handle-command.ts';
import { loadApplication, loadJob } from './load.ts';

export type NameClaim = {
  readonly tenant: string;
  /** A job's application; absent for an application's own name. */
  readonly applicationId?: number | undefined;
  readonly name: string;
  readonly ownerId: number;
};

/** A reservation younger than this counts as taken: its owner may be about to be created. */
const UNDER_WAY_MS = 10_000;

/**
 * Takes a name for its owner, right before the append that gives it the name, and at each try of it: an owner that
 * still has the name reserved reserves it anew. So each reservation belongs to one append, and whoever ends an older
 * one, to release the name or to take it over, loses against it.
 * @throws Refusal NAME_TAKEN while another living one has it, or may be about to
 */
export const reserveName = async (log: EventLog, claim: NameClaim, context: CommandContext): Promise<void> => {
  await handleCommand(log, {
    stream: nameStream(claim),
    context,
    load: () => loadName(log, claim, context),
    decide: (standing) => {
      switch (standing) {
        case 'taken':
          throw new Refusal('NAME_TAKEN', `the name "${claim.name}" is taken`, [
            { pointer: '/name', message: 'is taken' },
          ]);
        case 'free':
          return [nameEvent('NameReserved', claim)];
      }
    },
  });
};

/** A name being taken for the first time ever. */
export const firstReservation = (claim: NameClaim) => ({
  stream: nameStream(claim),
  events: [nameEvent('NameReserved', claim)],
});

/** The revision of the reservation that a name is held by; undefined where its owner doesn't hold it. */
export const reservationOf = async (log: EventLog, claim: NameClaim): Promise<Revision | undefined> => {
  const { state: last, revision } = await lastOf(log, claim);
  return isHeldBy(last, claim) ? revision : undefined;
};

/**
 * Gives a name back that a living owner has no longer, by the reservation that it held the name by. That one is read
 * while the owner still has the name, before the append that takes it away: a newer one is for an append to come.
 */
export const releaseReservation = async (
  log: EventLog,
  { reservation, ...claim }: NameClaim & { readonly reservation: Revision },
  context: CommandContext,
): Promise<void> => release(log, claim, { context, isEnded: (revision) => revision === reservation });

/** Gives back the name of an owner that is gone for good. */
export const releaseName = async (log: EventLog, claim: NameClaim, context: CommandContext): Promise<void> =>
  release(log, claim, { context, isEnded: () => true });

type ReleaseOptions = { readonly context: CommandContext; readonly isEnded: (reservation: Revision) => boolean };

const release = async (log: EventLog, claim: NameClaim, { context, isEnded }: ReleaseOptions): Promise<void> => {
  await handleCommand(log, {
    stream: nameStream(claim),
    context,
    load: () => lastOf(log, claim),
    decide: (last, revision) => (isHeldBy(last, claim) && isEnded(revision) ? [nameEvent('NameReleased', claim)] : []),
  });
};

type NameAvailability = 'free' | 'taken';

const loadName = async (
  log: EventLog,
  claim: NameClaim,
  context: CommandContext,
): Promise<LoadedState<NameAvailability>> => {
  const { state: last, revision } = await lastOf(log, claim);
  if (last === undefined || last.type === 'NameReleased' || last.data.ownerId === claim.ownerId) {
    return { state: 'free', revision };
  }
  const holder = { ...claim, ownerId: last.data.ownerId };
  const owner = await ownerOf(log, holder);
  if (owner.status === 'gone') return { state: 'free', revision };
  const isYoung = log.world.clock.now() - last.recordedAt < UNDER_WAY_MS;
  if (owner.name === claim.name || isYoung) return { state: 'taken', revision };
  await forfeit(log, holder, context);
  // The owner's own append may have come first: only a look after the forfeit tells.
  const after = await ownerOf(log, holder);
  return { state: after.status === 'living' && after.name === claim.name ? 'taken' : 'free', revision };
};

type OwnerState = { readonly status: 'absent' | 'living' | 'gone'; readonly name?: string };

const ownerOf = async ({ store }: EventLog, { applicationId, ownerId }: NameClaim): Promise<OwnerState> => {
  if (applicationId === undefined) {
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
const forfeit = async (log: EventLog, claim: NameClaim, context: CommandContext): Promise<void> => {
  const { tenant, applicationId, name, ownerId } = claim;
  const stream = applicationId === undefined ? applicationStream(ownerId) : jobStream(ownerId);
  const outOfTurn: EventLog = { ...log, lanes: { inTurn: (_stream, run) => run() } };
  await handleCommand(outOfTurn, {
    stream,
    context,
    load: async () => {
      // The revision first: what is appended after it makes the forfeit lose.
      const last = await lastEventOf(log.store, stream);
      return { state: await ownerOf(log, claim), revision: last?.revision ?? NO_STREAM };
    },
    decide: (owner) =>
      owner.name === name || owner.status === 'gone'
        ? []
        : [{ type: 'NameForfeited' as const, data: { tenant, ownerId, name } }],
  });
};

/** What stands in a name's own stream. */
type ReservationEvent = EventOf<'NameReserved' | 'NameReleased'>;

const lastOf = async ({ store }: EventLog, claim: NameClaim) => {
  const last = await lastEventOf(store, nameStream(claim));
  const state = last?.type === 'NameReserved' || last?.type === 'NameReleased' ? last : undefined;
  return { state, revision: last?.revision ?? NO_STREAM };
};

const isHeldBy = (last: ReservationEvent | undefined, { ownerId }: NameClaim): boolean =>
  last?.type === 'NameReserved' && last.data.ownerId === ownerId;

const nameEvent = (
  type: ReservationEvent['type'],
  { tenant, applicationId, name, ownerId }: NameClaim,
): ReservationEvent => ({
  type,
  data: { tenant, ...(applicationId === undefined ? {} : { applicationId }), name, ownerId },
});

const nameStream = ({ tenant, applicationId, name }: NameClaim): string => {
  const hash = createHash('sha256')
    .update(JSON.stringify([tenant, applicationId ?? null, name]))
    .digest('hex');
  return `${applicationId === undefined ? 'appname' : 'jobname'}-${hash}`;
};
