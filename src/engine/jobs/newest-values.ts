import { loadApplicationState } from '../../commands/loop/load.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { World } from '../../runtime/world.ts';
import { readSurely } from '../read-surely.ts';
import { type ApplicationValues, loadedApplication, type ValueTable } from './application-values.ts';

type Options = {
  readonly store: EventStore;
  readonly table: ValueTable;
  readonly world: Pick<World, 'timers' | 'log'>;
  /** Aborts when the engine stops waiting for calls. */
  readonly signal: AbortSignal;
};

type ValueRead = { readonly underWay: Promise<ApplicationValues>; next: Promise<ApplicationValues> | undefined };

/**
 * Creates the function that reads an application's values from the log. The subscription may lag behind changes that
 * were already answered, so the table alone does not do. Requests during a read share the next read.
 */
export const createNewestValues = ({ store, table, world, signal }: Options) => {
  const reads = new Map<number, ValueRead>();

  const read = async (applicationId: number): Promise<ApplicationValues> => {
    const { state, revision } = await readSurely(world, () => loadApplicationState(store, applicationId), { signal });
    if (state.status !== 'absent') table.load({ ...loadedApplication(state), revision });
    return table.valuesOf(applicationId);
  };

  const begin = (applicationId: number): Promise<ApplicationValues> => {
    const current: ValueRead = { underWay: read(applicationId), next: undefined };
    reads.set(applicationId, current);
    const over = (): void => {
      if (current.next === undefined) reads.delete(applicationId);
    };
    current.underWay.then(over, over);
    return current.underWay;
  };

  return (applicationId: number): Promise<ApplicationValues> => {
    const current = reads.get(applicationId);
    if (current === undefined) return begin(applicationId);
    const again = () => begin(applicationId);
    current.next ??= current.underWay.then(again, again);
    return current.next;
  };
};
