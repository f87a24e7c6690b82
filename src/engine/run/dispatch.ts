import type { World } from '../../world.ts';
import type { Flow, Places, Ticket } from './places.ts';

/** Brings claims to their calls: not before they are due, and not before their ticket has a place. */
export type Dispatch<Claim> = {
  add(claim: Claim, ticket: Ticket, dueMs: number): void;
  /** No call comes of this ticket. */
  giveBack(ticket: Ticket): void;
  /** Claims that are not yet being called. */
  waiting(): number;
  running(): number;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
};

type Options<Claim> = {
  readonly world: Pick<World, 'clock' | 'timers'>;
  readonly places: Places;
  readonly run: (claim: Claim) => Promise<void>;
  /** A ticket was given back, after its call or without one. */
  readonly freed: () => void;
};

type TicketedClaim<Claim> = { readonly claim: Claim; readonly ticket: Ticket };

export const createDispatch = <Claim>({ world, places, run, freed }: Options<Claim>): Dispatch<Claim> => {
  /** Claims of slots to come, by when they are due: one timer for all of one instant. */
  const later = new Map<number, TicketedClaim<Claim>[]>();
  /** Claims that are due and have no place yet. */
  const due = new Map<Flow, TicketedClaim<Claim>[]>();
  let waiting = 0;
  let running = 0;
  let idlers: (() => void)[] = [];

  const start = ({ claim, ticket }: TicketedClaim<Claim>): void => {
    waiting--;
    running++;
    run(claim).finally(() => {
      running--;
      giveBack(ticket);
      if (running > 0 || waiting > 0) return;
      for (const resolve of idlers) resolve();
      idlers = [];
    });
  };

  const giveBack = (ticket: Ticket): void => {
    places.end(ticket);
    // Where one of the same flow takes the place, the others may have no more than before.
    if (!startNext(ticket.flow)) for (const flow of due.keys()) while (startNext(flow));
    freed();
  };

  const startNext = (flow: Flow): boolean => {
    const queue = due.get(flow);
    const next = queue?.[0];
    if (queue === undefined || next === undefined || !places.take(next.ticket)) return false;
    queue.shift();
    if (queue.length === 0) due.delete(flow);
    start(next);
    return true;
  };

  const startOrQueue = (ticketed: TicketedClaim<Claim>): void => {
    const { ticket } = ticketed;
    const queue = due.get(ticket.flow);
    if (places.take(ticket)) start(ticketed);
    else if (queue === undefined) due.set(ticket.flow, [ticketed]);
    else queue.push(ticketed);
  };

  const wait = (ticketed: TicketedClaim<Claim>, dueMs: number, delayMs: number): void => {
    const same = later.get(dueMs);
    if (same !== undefined) {
      same.push(ticketed);
      return;
    }
    later.set(dueMs, [ticketed]);
    wakeAt(dueMs, delayMs);
  };

  const wakeAt = (dueMs: number, delayMs: number): void => {
    world.timers.after(delayMs, () => {
      // A timer's milliseconds are not the common clock's: no slot is called before it is due.
      const leftMs = dueMs - world.clock.now();
      if (leftMs > 0) return wakeAt(dueMs, leftMs);
      const ticketed = later.get(dueMs) ?? [];
      later.delete(dueMs);
      ticketed.forEach(startOrQueue);
    });
  };

  return {
    add: (claim, ticket, dueMs) => {
      waiting++;
      const delayMs = dueMs - world.clock.now();
      if (delayMs > 0) wait({ claim, ticket }, dueMs, delayMs);
      else startOrQueue({ claim, ticket });
    },
    giveBack,
    waiting: () => waiting,
    running: () => running,
    idle: () =>
      running === 0 && waiting === 0 ? Promise.resolve() : new Promise((resolve) => void idlers.push(resolve)),
  };
};
