import type { TaskInput } from '../commands/job-input.ts';
import type { TaskEdge } from '../commands/task-edge.ts';
import { checkTemplates } from '../domain/parameters/index.ts';
import { Refusal } from '../domain/refusal.ts';
import { checkTarget, type Resolve, type TargetPolicy, TargetRefused, targetUrl } from '../domain/targets/index.ts';
import { sealTask } from '../secrets/seal-task.ts';
import type { Sealer } from '../secrets/sealer.ts';

type Edge = { readonly policy: TargetPolicy; readonly resolve: Resolve; readonly sealer: Sealer };

/** Joins the judges of targets and parameters and the sealer to what commands ask of a task. */
export const createTaskEdge = ({ policy, resolve, sealer }: Edge): TaskEdge => ({
  check: async (task, known) => {
    const { refusals, staticTarget } = checkTemplates(clearParts(task), known);
    if (refusals.length > 0) {
      throw new Refusal(
        'BAD_PARAMETER',
        refusals.map(({ refusal }) => refusal.message).join('; '),
        refusals.map(({ pointer, refusal }) => ({ pointer: `/taskConfig${pointer}`, message: refusal.message })),
      );
    }
    if (staticTarget === undefined) return [];
    const checked = await checkTarget(urlOf(staticTarget), policy, resolve);
    if (!checked.ok) throw refused(checked.refusal);
    return checked.warning === undefined ? [] : [checked.warning];
  },
  sealOf: async (tenant, applicationId) => {
    const keys = await sealer.freshKeysOf(tenant, applicationId);
    return (task, of) => sealTask(task, { ...of, keys });
  },
});

/** What can hold a parameter; a value that stands for a stored secret holds none. */
const clearParts = ({ headers, auth, ...task }: TaskInput) => ({
  ...task,
  headers: Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  ),
  ...(auth?.authMethod === 'bearer' && typeof auth.token === 'string' ? { auth: { ...auth, token: auth.token } } : {}),
  ...(auth?.authMethod === 'basic' && typeof auth.password === 'string'
    ? { auth: { ...auth, password: auth.password } }
    : {}),
});

const urlOf = (target: Parameters<typeof targetUrl>[0]): URL => {
  const url = targetUrl(target);
  if (url instanceof TargetRefused) throw refused(url);
  return url;
};

const refused = ({ code, message }: TargetRefused): Refusal =>
  new Refusal(code, message, [{ pointer: '/taskConfig', message }]);
