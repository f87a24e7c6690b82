import { ownApplication } from '../domain/application/application.ts';
import type { Application, EventOf } from '../domain/events/index.ts';
import { loadApplicationOf } from './applications.ts';
import { changeApplication } from './change-application.ts';
import type { Log } from './handle-command.ts';
import type { JobDeps } from './job-deps.ts';
import type { Commands } from './port.ts';

type Erasing = { readonly applicationId: number; readonly tenant: string; readonly generation: number };

/** Says that a data key is about to go; nothing where that was said already. */
export const decideEraseSecrets = (
  { generation, ...of }: Erasing,
  existing: Application | undefined,
): EventOf<'SecretsErased'>[] => {
  const application = ownApplication(existing, of);
  if ((application.erasedGeneration ?? 0) >= generation) return [];
  return [{ type: 'SecretsErased', data: { ...application, erasedGeneration: generation, generation } }];
};

/** Said first, then done: where the process died in between, the key is still there and the next try deletes it. */
export const eraseSecrets =
  (deps: Log & Pick<JobDeps, 'secrets'>): Commands['eraseSecrets'] =>
  async (context, applicationId) => {
    const { tenant } = context;
    const of = { tenant, applicationId };
    const { erasedGeneration = 0 } = ownApplication(await loadApplicationOf(deps.store, applicationId, tenant), of);
    const left = erasedGeneration > 0 && (await deps.secrets.has({ ...of, generation: erasedGeneration }));
    const generation = left ? erasedGeneration : erasedGeneration + 1;
    const isThere = await deps.secrets.has({ ...of, generation });
    const { application: _, ...done } = await changeApplication(deps, {
      applicationId,
      context,
      decide: (existing) => (isThere ? decideEraseSecrets({ ...of, generation }, existing) : []),
    });
    if (isThere) await deps.secrets.erase({ ...of, generation });
    return { ...done, value: { applicationId, ...(isThere ? { generation } : {}) } };
  };
