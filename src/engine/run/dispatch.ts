import { type FairCapacity, type Flow, finish, type Permit } from '../../runtime/fair-capacity.ts';
import type { Runtime } from '../../runtime/runtime.ts';

/** Starts the call of each claim as soon as the slot is due and its ticket has a place. */
export type Dispatch<Claim> = {
  /** @param freed called after each ticket that comes back, with or without a call */
  start(freed: () => void): void;
  add(claim: Claim, ticket: Permit, dueMs: number): void;
  /** Returns a ticket for which no call is made. */
  giveBack(ticket: Permit): void;
  /** The number of claims whose call has not started. */
  waiting(): number;
  running(): number;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
};

type Options<Claim> = {
  readonly world: Pick<Runtime, 'clock' | 'timers'>;
  readonly places: FairCapacity;
  /** What a claim that is due waits for before it takes a place; undefined for nothing. */
  readonly untilTurn?: (claim: Claim) => Promise<void> | undefined;
  /** Makes the call. @param over called once, when its outcome is recorded */
  readonly run: (claim: Claim, over: () => void) => void;
};

type TicketedClaim<Claim> = { readonly claim: Claim; readonly ticket: Permit };

/** A timer never sleeps longer, so that claims that a clock put forward makes due are called soon. */
const MAX_SLEEP_MS = 1_000;

export const createDispatch = <Claim>({ world, places, untilTurn, run }: Options<Claim>): Dispatch<Claim> => {
  /** Claims that are not due yet, by due time (epoch ms). All claims of one instant share a timer. */
  const later = new Map<number, TicketedClaim<Claim>[]>();
  /** Claims that are due and wait for a place. */
  const due = new Map<Flow, TicketedClaim<Claim>[]>();
  let waiting = 0;
  let running = 0;
  let idlers: (() => void)[] = [];
  let freed = (): void => {};

  const startCall = ({ claim, ticket }: TicketedClaim<Claim>): void => {
    waiting--;
    running++;
    run(claim, () => {
      running--;
      giveBack(ticket);
      if (running > 0 || waiting > 0) return;
      for (const resolve of idlers) resolve();
      idlers = [];
    });
  };

  const giveBack = (ticket: Permit): void => {
    places.end(ticket);
    // If one call takes the place of another, there are no more free places than before. The flow itself is not offered it
    // first: while it has claims that wait, it would keep a place that others wait for.
    if (!startNextInRotation() && !startNext(ticket.flow)) startWaiting();
    freed();
  };

  /** Offers a place to one flow, which then comes after all others. */
  const startNextInRotation = (): boolean => {
    const [flow] = due.keys();
    if (flow === undefined) return false;
    finish(due, flow);
    return startNext(flow);
  };

  /** Gives the places that are free to claims that wait for one. */
  const startWaiting = (): void => {
    for (const flow of due.keys()) while (startNext(flow));
  };

  const startNext = (flow: Flow): boolean => {
    const queue = due.get(flow);
    const next = queue?.[0];
    if (queue === undefined || next === undefined || !places.take(next.ticket)) return false;
    queue.shift();
    if (queue.length === 0) due.delete(flow);
    startCall(next);
    return true;
  };

  /** A claim that waits for another call gives up its place, since that call may need it. */
  const startInTurn = (ticketed: TicketedClaim<Claim>): void => {
    const turn = untilTurn?.(ticketed.claim);
    if (turn === undefined) {
      startOrQueue(ticketed);
      return;
    }
    places.putBack(ticketed.ticket);
    void turn.then(() => startOrQueue(ticketed));
    startWaiting();
  };

  const startOrQueue = (ticketed: TicketedClaim<Claim>): void => {
    const { ticket } = ticketed;
    const queue = due.get(ticket.flow);
    if (places.take(ticket)) startCall(ticketed);
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
    world.timers.after(Math.min(delayMs, MAX_SLEEP_MS), () => {
      // Timers run on the process's own clock, slots on the common one: a slot must not be called before it is due.
      const remainingMs = dueMs - world.clock.now();
      if (remainingMs > 0) return wakeAt(dueMs, remainingMs);
      const ticketed = later.get(dueMs) ?? [];
      later.delete(dueMs);
      ticketed.forEach(startInTurn);
    });
  };

  return {
    start: (listener) => {
      freed = listener;
    },
    add: (claim, ticket, dueMs) => {
      waiting++;
      const delayMs = dueMs - world.clock.now();
      if (delayMs > 0) wait({ claim, ticket }, dueMs, delayMs);
      else startInTurn({ claim, ticket });
    },
    giveBack,
    waiting: () => waiting,
    running: () => running,
    idle: () =>
      running === 0 && waiting === 0 ? Promise.resolve() : new Promise((resolve) => void idlers.push(resolve)),
  };
};
