import type { AllowedTargets } from '../../packages/client/src/schema.ts';
import { nearestName } from '../runtime/nearest-name.ts';
import type { CommandCall } from './command.ts';
import { ifUnchanged, ServerRejected } from './server.ts';

/** `carillon targets add`: keeps the other entries. */
export const addTarget = (call: CommandCall): Promise<void> =>
  changeTargets(call, {
    done: 'Added',
    after: (targets, entry) => (targets.includes(entry) ? undefined : [...targets, entry]),
  });

/** `carillon targets remove`: keeps the other entries. @throws Error if the list has no such entry */
export const removeTarget = (call: CommandCall): Promise<void> =>
  changeTargets(call, {
    done: 'Removed',
    after: (targets, entry) => {
      if (targets.includes(entry)) return targets.filter((each) => each !== entry);
      const meant = nearestName(entry, targets);
      const advice = meant === undefined ? 'To see the entries: `carillon targets get`.' : `Did you mean ${meant}?`;
      throw new Error(`The list of internal targets has no entry ${entry}. ${advice}`);
    },
  });

type TargetsChange = {
  readonly done: string;
  /** The list afterwards; `undefined` if it stays. */
  readonly after: (targets: readonly string[], entry: string) => readonly string[] | undefined;
};

/** The change is made again on the newer list, if another user changed the list at the same time. */
const MAX_TRIES = 10;
const STALE = 412;

const changeTargets = async (call: CommandCall, { done, after }: TargetsChange): Promise<void> => {
  const { subject, send, say, note } = call;
  const entry = subject.trim().toLowerCase();
  for (let tries = 1; ; tries++) {
    const { data: list, headers } = await send('getAllowedTargets', { params: [] });
    const targets = after(list.targets, entry);
    if (targets === undefined) return say(`${entry} is already in the list`, list);
    try {
      const request = { params: [], body: { targets }, headers: ifUnchanged(headers) };
      const { data } = await send('setAllowedTargets', request);
      if (isSetting(list)) note('carillon: The list now applies instead of the setting ALLOWED_TARGETS.');
      return say(`${done} ${entry}`, data);
    } catch (error) {
      if (!(error instanceof ServerRejected) || error.status !== STALE || tries === MAX_TRIES) throw error;
    }
  }
};

const isSetting = ({ updatedAt }: AllowedTargets): boolean => updatedAt === undefined;
