import { withStoredBody } from '../commands/job/task-as-given.ts';
import type { TaskEdge } from '../commands/job/task-edge.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import { sealTask, withoutSecrets } from '../secrets/seal-task.ts';
import type { Sealer } from '../secrets/sealer.ts';

type TaskSealingDeps = { readonly sealer: Sealer; readonly names: SensitiveNames };

/** Builds what seals tasks for commands. */
export const createTaskSealing = ({ sealer, names }: TaskSealingDeps): Pick<TaskEdge, 'seal' | 'sealOf'> => ({
  seal: async (task, { tenant, applicationId, ...sealOptions }) => {
    const whole = withStoredBody(task, sealOptions.previous);
    return (
      withoutSecrets(whole, { ...sealOptions, names }) ??
      sealTask(whole, { ...sealOptions, names, keys: await sealer.freshKeysOf(tenant, applicationId) })
    );
  },
  sealOf: async (tenant, applicationId) => {
    const keys = await orError(sealer.freshKeysOf(tenant, applicationId));
    return (task, sealOptions) => {
      const whole = withStoredBody(task, sealOptions.previous);
      const open = withoutSecrets(whole, { ...sealOptions, names });
      if (open !== undefined) return open;
      if (keys instanceof Error) throw keys;
      return sealTask(whole, { ...sealOptions, names, keys });
    };
  },
});

/** Returns an error as a value, so that it is thrown only where a secret must be sealed. */
const orError = async <T>(value: Promise<T>): Promise<T | Error> => {
  try {
    return await value;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};
