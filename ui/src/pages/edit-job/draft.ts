/** A job as the user writes it: JSON that the API has not validated. */
export type Draft = Readonly<Record<string, unknown>>;

/** Fields that the API sets. */
const TOLD = [
  'id',
  'application',
  'nextRunAt',
  'lastExecution',
  'completed',
  'state',
  'createdAt',
  'createdBy',
  'updatedAt',
  'updatedBy',
];

/** The editable fields of an existing job. */
export const draftOf = (job: object & { readonly application: { readonly id: number } }): Draft => ({
  applicationId: job.application.id,
  ...Object.fromEntries(Object.entries(job).filter(([name]) => !TOLD.includes(name))),
});

/** The initial draft of a new job. */
export const newDraft = (timezone: string): Draft => ({
  enabled: true,
  pattern: '0 2 * * *',
  timezone,
  taskType: 'HttpInvokerTask',
  taskConfig: { method: 'POST' },
});

/** The initial draft of a copy. */
export const cloneOf = (job: Parameters<typeof draftOf>[0] & { readonly name: string }): Draft => ({
  ...draftOf(job),
  name: `${job.name}-copy`,
});

const stepsOf = (pointer: string): readonly string[] => pointer.split('/').slice(1);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a JSON pointer, through objects only. */
export const valueAt = (draft: Draft, pointer: string): unknown =>
  stepsOf(pointer).reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), draft);

/** Sets the value at a pointer; `undefined` removes it, and objects that become empty. */
export const withValue = (draft: Draft, pointer: string, value: unknown): Draft => put(draft, stepsOf(pointer), value);

const put = (draft: Draft, [step, ...rest]: readonly string[], value: unknown): Draft => {
  if (step === undefined) return draft;
  const inner = draft[step];
  const next = rest.length === 0 ? value : put(isObject(inner) ? inner : {}, rest, value);
  const { [step]: _, ...others } = draft;
  const isGone = next === undefined || (rest.length > 0 && isObject(next) && Object.keys(next).length === 0);
  return isGone ? others : step in draft ? { ...draft, [step]: next } : { ...others, [step]: next };
};

const isSealed = (value: unknown): boolean => isObject(value) && value.sealed === true;

/** Pointers of sealed values: they can't be read, so no other job can have them. */
export const sealedIn = (draft: Draft): readonly string[] =>
  ['/taskConfig', '/taskConfig/auth', '/taskConfig/headers'].flatMap((pointer) => {
    const inner = valueAt(draft, pointer);
    return Object.entries(isObject(inner) ? inner : {}).flatMap(([name, value]) =>
      isSealed(value) ? [`${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`] : [],
    );
  });

/** The request that changes a job to this draft: null removes a field. */
export const changeOf = (before: Draft, after: Draft): Draft => ({
  ...Object.fromEntries(Object.keys(before).flatMap((name) => (name in after ? [] : [[name, null]]))),
  ...after,
});

/** Applies the user's changes to the version that another user saved; in conflicts, the user's change wins. */
export const mergeOf = (before: Draft, theirs: Draft, mine: Draft): Draft => {
  const isSame = (name: string): boolean => JSON.stringify(before[name]) === JSON.stringify(mine[name]);
  const names = new Set([...Object.keys(theirs), ...Object.keys(mine)]);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const from = isSame(name) ? theirs : mine;
      return name in from ? [[name, from[name]]] : [];
    }),
  );
};
